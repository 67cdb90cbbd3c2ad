import type { Column } from "../../spec/column.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { keysOf } from "../../storage/held-up.ts";
import type { MetaUnit } from "../../storage/meta-store.ts";
import type { Change, Guard, PlacedRevision } from "../../storage/rows.ts";
import { encode, type Row, replyOf } from "../sql/resource-rows.ts";
import type { Bind } from "../sql/sql-text.ts";
import { claimKey, referrersKey, rowKey, type Seen, type SeenRow } from "./decide-units.ts";
import type { Pipeline } from "./postgres-pipeline.ts";
import {
  emptyStatement,
  insistOnBlobs,
  keepRepliesStatement,
  lookAtBlobs,
  lookAtReplies,
  purgeStatement,
  recordStatement,
  replaceStatement,
  useBlobsStatement,
} from "./postgres-records.ts";
import { type Held, heldByChange, heldByGuard, insist, type PostgresResourceWriter } from "./postgres-resource-writer.ts";
import { holdKeys, insistOnUnswept, lookAtSwept } from "./postgres-swept-keys.ts";

type Placed = Change<PlacedRevision>;

/** What a written batch leaves behind, per id. */
export interface Leftovers {
  readonly orphans: ReadonlyMap<string, readonly string[]>;
  readonly released: ReadonlyMap<string, readonly string[]>;
}

/** The writers of all resources, by type. */
export type Writers = (type: string) => PostgresResourceWriter;

/** Some units in one transaction: what has to be sent for them, always in the same order of tables. */
export class PostgresBatch {
  readonly #units: readonly MetaUnit[];
  readonly #changes: readonly Placed[];
  readonly #guards: readonly Guard[];
  readonly #keys: readonly string[];
  readonly #writer: Writers;
  readonly #now: number;

  constructor(units: readonly MetaUnit[], writer: Writers, now: number) {
    this.#units = units;
    this.#changes = units.flatMap(({ changes }) => changes);
    this.#guards = units.flatMap(({ guards = [] }) => guards);
    this.#keys = units.flatMap(keysOf);
    this.#writer = writer;
    this.#now = now;
  }

  /** Locks what the units build upon, and ends the transaction where anything is not as they expect. */
  insist(pipeline: Pipeline): void {
    if (this.#keys.length > 0) {
      void pipeline.send(holdKeys);
      void pipeline.send(insistOnUnswept(this.#keys));
    }
    this.#lockTables(pipeline);
    this.#insistOnRows(pipeline);
    const blobs = this.#blobs();
    if (blobs.length > 0) void pipeline.send(insistOnBlobs(blobs));
  }

  /** What has to hold once the changes are made. Whoever adds a referrer waits for the rows that are locked, or was faster and is seen here. */
  insistAfterwards(pipeline: Pipeline): void {
    for (const [type, column, ids] of this.#referred()) {
      const { text, values } = this.#writer(type).referrers(column, ids, 1);
      void pipeline.send({ text: `select ${insist("count(*) = 0")} from (${text}) r`, values });
    }
  }

  /** What is built upon is looked at when the rows to be changed are locked. Where there is none of it, each update compares and locks by itself. */
  #insistOnRows(pipeline: Pipeline): void {
    if (this.#guards.length === 0 && this.#blobs().length === 0) return;
    // What is changed twice is expected as it is before the first time.
    const first = new Map(this.#changes.toReversed().map((change) => [rowKey(change.type, change.meta.id), change]));
    const changed = [...first.values()].filter(({ expected }) => expected > 0);
    for (const [type, held] of this.#held(changed)) void pipeline.send(this.#writer(type).insist(held));
  }

  /** Locks the same, and answers what there is. */
  async look(pipeline: Pipeline): Promise<Seen> {
    const swept = this.#lookAtSwept(pipeline);
    this.#lockTables(pipeline);
    const keys = this.#units.flatMap(({ reply }) => reply?.key ?? []);
    const blobs = this.#blobs();
    const [rows, present, holders, referrers, replies] = await Promise.all([
      Promise.all(this.#held(this.#changes).map(([type, held]) => this.#lookAtRows(pipeline, type, held))),
      pipeline.sendIf(blobs.length > 0 ? lookAtBlobs(blobs) : undefined),
      Promise.all(this.#claims().map(([type, column, values]) => this.#lookAtHolders(pipeline, type, column, values))),
      Promise.all(this.#referred().map(([type, column, ids]) => this.#lookAtReferrers(pipeline, type, column, ids))),
      pipeline.sendIf(keys.length > 0 ? lookAtReplies(this.#now, keys) : undefined),
    ]);
    return {
      rows: new Map(rows.flat()),
      holders: new Map(holders.flat()),
      referrers: new Map(referrers.flat()),
      replies: new Map(replies.map(replyOf).map((reply) => [reply.key, reply])),
      blobs: new Set(present.map(([id]) => String(id))),
      swept: new Set((await swept).map(([key]) => String(key))),
    };
  }

  #lookAtSwept(pipeline: Pipeline): Promise<readonly Row[]> {
    if (this.#keys.length === 0) return Promise.resolve([]);
    void pipeline.send(holdKeys);
    return pipeline.send(lookAtSwept(this.#keys));
  }

  async #lookAtRows(pipeline: Pipeline, type: string, held: readonly Held[]): Promise<(readonly [string, SeenRow])[]> {
    const writer = this.#writer(type);
    return (await pipeline.send(writer.look(held))).map((row) => [rowKey(type, String(row[0])), seenOf(writer, row)] as const);
  }

  async #lookAtHolders(pipeline: Pipeline, type: string, column: Column, values: readonly Bind[]): Promise<(readonly [string, string])[]> {
    const found = await pipeline.send(this.#writer(type).holders(column, values));
    return found.map(([value, id]) => [claimKey(type, column.name, bindOf(value ?? null)), String(id)] as const);
  }

  async #lookAtReferrers(pipeline: Pipeline, type: string, column: string, ids: readonly string[]) {
    const found = await pipeline.send(this.#writer(type).referrers(column, ids, this.#changes.length + 1));
    const of = (id: string) => new Set(found.filter(([referred]) => referred === id).map(([, referrer]) => String(referrer)));
    return ids.map((id) => [referrersKey(type, column, id), of(id)] as const);
  }

  /**
   * Sends all changes, before it returns. Those of one resource follow one another, and `oneByOne` all of them do: unique values may go from
   * hand to hand.
   */
  write(pipeline: Pipeline, token: string, oneByOne: boolean): Promise<Leftovers> {
    const waves = oneByOne ? this.#changes.map((change) => [change]) : wavesOf(this.#changes);
    const left = waves.flatMap((changes, i) => this.#sendWave(pipeline, i === 0 ? token : `${token}.${i}`, changes, i === 0));
    void pipeline.sendIf(
      keepRepliesStatement(
        this.#now,
        this.#units.flatMap(({ reply }) => reply ?? []),
      ),
    );
    const whole = Promise.all(left).then((rows) => leftoversOf(rows.flat()));
    // Whoever sent this asks for the outcome of the transaction first.
    whole.catch(() => {});
    return whole;
  }

  /** Answers what will come of it: rows of what is left behind. */
  #sendWave(pipeline: Pipeline, token: string, changes: readonly Placed[], first: boolean): readonly Promise<readonly Row[]>[] {
    const byType = [...Map.groupBy(changes, ({ type }) => type)].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const [type, of] of byType) {
      const writer = this.#writer(type);
      const [existing, created] = [of.filter(({ expected }) => expected > 0), of.filter(({ expected }) => expected === 0)];
      const [replaced, updated] = [existing.filter(({ imported }) => imported), existing.filter(({ imported }) => !imported)];
      if (updated.length > 0) void pipeline.send(writer.update(updated));
      if (replaced.length > 0) void pipeline.send(writer.replace(replaced));
      if (created.length > 0) void pipeline.send(writer.insert(created));
      void pipeline.sendIf(writer.followModified(updated));
      void pipeline.sendIf(writer.purgePast(existing));
      void pipeline.sendIf(writer.importPast(of));
    }
    if (first) crashPoint("after-compare-and-set");
    const definitions = byType.map(([type]) => this.#writer(type).rows);
    const emptied = pipeline.sendIf(emptyStatement(changes));
    void pipeline.send(recordStatement(token, definitions, changes));
    const replaced = pipeline.sendIf(replaceStatement(changes));
    void pipeline.sendIf(useBlobsStatement(changes));
    const purged = pipeline.sendIf(purgeStatement(changes));
    return [emptied, replaced, purged];
  }

  /** A row that is not there cannot be locked. */
  #lockTables(pipeline: Pipeline): void {
    const absent = this.#guards.filter(({ kind }) => kind === "absent").map(({ type }) => type);
    for (const type of [...new Set(absent)].toSorted()) void pipeline.send(this.#writer(type).lock());
  }

  /** Rows to lock, per table in the order of their names. */
  #held(changes: readonly Placed[]): readonly (readonly [string, readonly Held[]])[] {
    const held: (readonly [string, Held])[] = [
      ...changes.map((change) => [change.type, heldByChange(change)] as const),
      ...this.#guards.flatMap((guard) => (guard.kind === "noReferrers" ? [] : [[guard.type, heldByGuard(guard)] as const])),
    ];
    return [...Map.groupBy(held, ([type]) => type)]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([type, of]) => [type, of.map(([, each]) => each)] as const);
  }

  #blobs(): readonly string[] {
    return [...new Set(this.#changes.flatMap(({ blobs = [] }) => blobs))];
  }

  /** Unique values that the changes claim. */
  #claims(): readonly (readonly [string, Column, readonly Bind[]])[] {
    return [...Map.groupBy(this.#changes, ({ type }) => type)].flatMap(([type, changes]) =>
      this.#writer(type).uniques.map((column) => {
        const values = changes.map(({ meta }) => (meta.state === "live" ? encode(meta.columns[column.name] ?? null) : null));
        return [type, column, values.filter((value) => value !== null)] as const;
      }),
    );
  }

  /** Ids that must not be referred to, per column. */
  #referred(): readonly (readonly [string, string, readonly string[]])[] {
    const ids = new Map<string, { readonly type: string; readonly column: string; readonly ids: Set<string> }>();
    for (const guard of this.#guards) {
      if (guard.kind !== "noReferrers") continue;
      const { type, column, id } = guard;
      const known = ids.get(`${type} ${column}`);
      if (known) known.ids.add(id);
      else ids.set(`${type} ${column}`, { type, column, ids: new Set([id]) });
    }
    return [...ids.values()].map((each) => [each.type, each.column, [...each.ids]] as const);
  }
}

/** The first change of each resource, then the second of each, and so on. */
function wavesOf(changes: readonly Placed[]): readonly (readonly Placed[])[] {
  const waves: Placed[][] = [];
  const counts = new Map<string, number>();
  for (const change of changes) {
    const key = rowKey(change.type, change.meta.id);
    const count = counts.get(key) ?? 0;
    counts.set(key, count + 1);
    waves[count] ??= [];
    waves[count].push(change);
  }
  return waves;
}

/** As `look` answers it: id, version, state, values. */
function seenOf(writer: PostgresResourceWriter, [, version, state, ...values]: Row): SeenRow {
  const encoded = writer.uniques.map((column, i) => [column.name, bindOf(values[i] ?? null)] as const);
  return { version: Number(version), state: Number(state), values: Object.fromEntries(encoded) };
}

/** Drivers give booleans where SQLite has numbers; both are one value here. */
const bindOf = (value: Bind | boolean): Bind => (typeof value === "boolean" ? Number(value) : value);

/** Rows of id and key, or of id, nothing and blob. */
function leftoversOf(rows: readonly Row[]): Leftovers {
  const orphans = new Map<string, string[]>();
  const released = new Map<string, string[]>();
  for (const [id, key, blob] of rows) {
    const [into, value] = typeof blob === "string" ? [released, blob] : [orphans, key];
    if (typeof value !== "string") continue;
    into.set(String(id), [...(into.get(String(id)) ?? []), value]);
  }
  return { orphans, released };
}
