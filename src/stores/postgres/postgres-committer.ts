import { setTimeout } from "node:timers/promises";
import { fail, SpecStarError } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { MetaResult, MetaUnit } from "../../storage/meta-store.ts";
import type { Guard } from "../../storage/rows.ts";
import { askedForMs, wasCommitted } from "./commit-tokens.ts";
import { decideUnits, type Refused } from "./decide-units.ts";
import { type Leftovers, PostgresBatch, type Writers } from "./postgres-batch.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { isLockTimeout, isRefusal, isRivalry, postgresError } from "./postgres-errors.ts";
import { Pipeline } from "./postgres-pipeline.ts";
import type { PostgresResourceWriter } from "./postgres-resource-writer.ts";

/** How often a batch is tried against rivals before it is halved, and a unit alone before it is given up. */
const tries = { batch: 4, unit: 12 };
/** After a batch that met rivals, so many look first. */
const cautiousFor = 8;

interface How {
  /** Reads and decides first, instead of failing as a whole. */
  readonly looking: boolean;
  /** Somebody holds a lock for long: its units are found without waiting so long for each. */
  readonly hurried: boolean;
}

/** What a transaction came to: per unit, or the reason why the database refused all of it. */
type Outcome = { readonly results: readonly MetaResult[] } | { readonly refused: unknown };

/**
 * Writes units of work. A batch is one transaction of a few statements, sent without waiting for answers, that fails as a
 * whole where anything is not as its units expect. Then it is tried again by looking first: the rows are locked and read,
 * what fails is decided here, unit by unit, and the rest is written. What still does not go is halved, until the unit that
 * is in the way stands alone.
 */
export class PostgresCommitter {
  readonly #connection: PostgresConnection;
  readonly #writers: ReadonlyMap<string, PostgresResourceWriter>;
  readonly #context: Context;
  #cautious = 0;

  constructor(connection: PostgresConnection, writers: ReadonlyMap<string, PostgresResourceWriter>, context: Context) {
    this.#connection = connection;
    this.#writers = writers;
    this.#context = context;
  }

  async commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]> {
    crashPoint("before-transaction");
    const blind = this.#cautious === 0 && areIndependent(units);
    if (this.#cautious > 0) this.#cautious -= 1;
    return this.#run(units, { looking: !blind, hurried: false });
  }

  async #run(units: readonly MetaUnit[], how: How): Promise<readonly MetaResult[]> {
    const most = units.length > 1 ? tries.batch : tries.unit;
    for (let attempt = 1; ; attempt++) {
      const looking = how.looking || attempt > 1;
      const outcome = await this.#transaction(units, { ...how, looking, oneByOne: units.length === 1 && attempt > 2 });
      if ("results" in outcome) return outcome.results;
      const { refused } = outcome;
      if (!looking) this.#cautious = cautiousFor;
      if (isRivalry(refused) && attempt < most) {
        if (looking) await setTimeout(2 ** Math.min(attempt, 6) * this.#context.random());
      } else if (units.length === 1) {
        return [{ ok: false, error: givenUp(refused) }];
      } else {
        const middle = Math.ceil(units.length / 2);
        const halved: How = { looking: true, hurried: how.hurried || isLockTimeout(refused) };
        return [...(await this.#run(units.slice(0, middle), halved)), ...(await this.#run(units.slice(middle), halved))];
      }
    }
  }

  async #transaction(units: readonly MetaUnit[], how: How & { readonly oneByOne: boolean }): Promise<Outcome> {
    const token = this.#context.uuid();
    const at = this.#context.now();
    const stopwatch = this.#stopwatch();
    let committing: readonly MetaResult[] | undefined;
    try {
      return await this.#connection.write(async (client) => {
        const pipeline = new Pipeline(this.#connection, client);
        try {
          if (how.hurried) pipeline.hurry();
          const refused = how.looking ? await this.#look(pipeline, units, at) : units.map(() => undefined);
          const accepted = units.filter((_, i) => !refused[i]);
          if (accepted.length === 0) {
            await pipeline.rollback();
            return { results: resultsOf(units, refused) };
          }
          const batch = this.#batch(accepted, at);
          if (!how.looking) batch.insist(pipeline);
          const left = batch.write(pipeline, token, how.oneByOne);
          if (!how.looking) batch.insistAfterwards(pipeline);
          crashPoint("before-commit");
          committing = resultsOf(units, refused);
          await pipeline.commit();
          crashPoint("after-commit");
          return { results: resultsOf(units, refused, await left) };
        } catch (thrown) {
          if (!isRefusal(thrown)) throw thrown;
          if (!pipeline.committing) await pipeline.rollback();
          return { refused: thrown };
        }
      });
    } catch (thrown) {
      if (!committing || thrown instanceof SpecStarError) throw thrown;
      return this.#lost(token, stopwatch, committing, thrown);
    }
  }

  async #look(pipeline: Pipeline, units: readonly MetaUnit[], at: number): Promise<readonly (Refused | undefined)[]> {
    const seen = await this.#batch(units, at).look(pipeline);
    await this.#checkDefinitions(pipeline, units);
    return decideUnits(units, seen, (type) => this.#writer(type).rows.spec);
  }

  async #checkDefinitions(pipeline: Pipeline, units: readonly MetaUnit[]): Promise<void> {
    const rows = await pipeline.send({ text: "select name, hash from specstar_spec", values: [] });
    const hashes = new Map(rows.map(([name, hash]) => [name, hash]));
    for (const { type } of units.flatMap(({ changes }) => changes)) {
      const { table, hash } = this.#writer(type).rows;
      if (hashes.get(table) !== hash)
        throw fail(
          "UNAVAILABLE",
          `Another process has opened this store with other indexed fields of ${type}. Restart this one with the same resources`,
          { resource: type },
        );
    }
  }

  /** Milliseconds from here on. A process that is stopped misses them on no clock, a machine that sleeps on one of the two. */
  #stopwatch(): () => number {
    const [from, at] = [performance.now(), this.#context.now()];
    return () => Math.max(performance.now() - from, this.#context.now() - at);
  }

  /** The connection broke while it was being committed: the database says what came of it, as long as it remembers. */
  async #lost(token: string, stopwatch: () => number, committed: readonly MetaResult[], reason: unknown): Promise<Outcome> {
    const deadline = performance.now() + 2 * this.#connection.settings.timeouts.connectMs;
    for (let waitMs = 10; performance.now() < deadline; waitMs = Math.min(2 * waitMs, 500)) {
      try {
        if (await wasCommitted(this.#connection, token)) return { results: committed };
        if (stopwatch() > askedForMs) break;
        throw fail("UNAVAILABLE", "The connection to the database broke, and nothing was written. Try again", {}, reason);
      } catch (thrown) {
        if (thrown instanceof SpecStarError) throw thrown;
      }
      await setTimeout(waitMs * (0.5 + this.#context.random()));
    }
    throw fail(
      "UNAVAILABLE",
      "The database was out of reach, and the outcome of this write is unknown: read before writing again",
      { reason: "outcome unknown" },
      reason,
    );
  }

  #batch(units: readonly MetaUnit[], at: number): PostgresBatch {
    const writer: Writers = (type) => this.#writer(type);
    return new PostgresBatch(units, writer, at);
  }

  #writer(type: string): PostgresResourceWriter {
    const writer = this.#writers.get(type);
    if (!writer) throw fail("INTERNAL", `The store was opened without the resource ${type}`, { resource: type });
    return writer;
  }
}

function givenUp(refused: unknown): unknown {
  const error = postgresError(refused);
  return isRivalry(refused) && !(error instanceof SpecStarError)
    ? fail("UNAVAILABLE", "Other writers were in the way for too long. Try again", {}, refused)
    : error;
}

function resultsOf(units: readonly MetaUnit[], refused: readonly (Refused | undefined)[], left?: Leftovers): readonly MetaResult[] {
  return units.map(({ changes }, i) => {
    const refusal = refused[i];
    if (refusal) return refusal;
    const ids = new Set(changes.map(({ meta }) => meta.id));
    const of = (kept: ReadonlyMap<string, readonly string[]> | undefined) => [...ids].flatMap((id) => kept?.get(id) ?? []);
    return { ok: true, orphans: of(left?.orphans), released: of(left?.released) };
  });
}

/** Whether it makes no difference in which order the units are committed, as far as that can be told without looking. */
function areIndependent(units: readonly MetaUnit[]): boolean {
  if (units.length === 1) return true;
  const keys = units.flatMap(({ reply }) => reply?.key ?? []);
  if (new Set(keys).size < keys.length) return false;
  const guards = units.flatMap((unit) => (unit.guards ?? []).map((guard) => ({ unit, guard })));
  return guards.every(({ unit, guard }) => units.every((other) => other === unit || !touches(other, guard)));
}

const touches = ({ changes }: MetaUnit, guard: Guard): boolean =>
  changes.some(({ type, meta }) => type === guard.type && (guard.kind === "noReferrers" || meta.id === guard.id));
