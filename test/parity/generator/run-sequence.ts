import { isDeepStrictEqual } from "node:util";
import { clientDoor } from "./client-door.ts";
import { expected, heardBy, refuses, withoutNulls, withoutWording } from "./differences.ts";
import { graphqlDoor } from "./graphql-door.ts";
import { Learned } from "./learned.ts";
import { managerDoor } from "./manager-door.ts";
import type { Planned, Sequence } from "./operations.ts";
import { restDoor } from "./rest-door.ts";
import { generated } from "./specs.ts";
import { type Door, type DoorName, doorNames, type Outcome, plain, type Step, type StepOf } from "./step.ts";
import { runContest } from "./together.ts";
import { type OpenStorage, Twin } from "./twin.ts";

export interface Behind {
  readonly twin: Twin;
  readonly door: Door;
}

const doors: Readonly<Record<DoorName, (twin: Twin) => Door>> = {
  manager: managerDoor,
  graphql: graphqlDoor,
  rest: restDoor,
  client: clientDoor,
};

/** A platform behind each door, all in the same state. */
export class Twins {
  readonly behind: readonly Behind[];
  /** How many sequences have run on them. */
  sequences = 0;

  private constructor(behind: readonly Behind[]) {
    this.behind = behind;
  }

  static async open(openStorage: OpenStorage): Promise<Twins> {
    const made = async (name: DoorName): Promise<Behind> => {
      const twin = await Twin.open(openStorage);
      return { twin, door: doors[name](twin) };
    };
    return new Twins(await Promise.all(doorNames.map(made)));
  }

  get manager(): Behind {
    const [manager] = this.behind;
    if (!manager) throw new TypeError("There is no manager's door");
    return manager;
  }

  get others(): readonly Behind[] {
    return this.behind.slice(1);
  }

  tick(): string {
    const [now = ""] = this.behind.map(({ twin }) => twin.tick());
    return now;
  }

  async close(): Promise<void> {
    await Promise.all(this.behind.map(({ twin }) => twin.platform.close()));
  }
}

/** What was done, and where doors do not agree. */
export interface Report {
  readonly steps: readonly unknown[];
  readonly problem?: string;
  /** How many answers of the manager were of each kind: a code, or "ok". */
  readonly answers: ReadonlyMap<string, number>;
}

export async function runSequence(twins: Twins, { plan, feed }: Sequence): Promise<Report> {
  twins.sequences += 1;
  const run = new Run(twins);
  const report = (problem?: string): Report => ({ steps: run.steps, answers: run.answers, ...(problem === undefined ? {} : { problem }) });
  await run.begin(feed);
  for (const planned of plan) {
    const problem = await run.next(planned);
    if (problem !== undefined) return report(problem);
  }
  return report(await run.end(feed));
}

const shown = (value: unknown): string => String(JSON.stringify(value)).slice(0, 1000);

class Run {
  readonly steps: unknown[] = [];
  readonly answers = new Map<string, number>();
  readonly #twins: Twins;
  readonly #known: Learned;
  #everything = "";
  #some = "";

  constructor(twins: Twins) {
    this.#twins = twins;
    this.#known = new Learned(twins.sequences);
  }

  async begin(feed: Readonly<Record<string, unknown>>): Promise<void> {
    this.#twins.tick();
    const { twin } = this.#twins.manager;
    this.#everything = (await twin.platform.feed.poll(twin.actor, {})).cursor;
    this.#some = (await twin.platform.feed.poll(twin.actor, this.#known.feedArgs(feed))).cursor;
    const put = ({ twin }: Behind, text: string) =>
      twin.platform.blobs.put(new TextEncoder().encode(text), { actor: twin.actor, contentType: "text/plain" });
    for (const text of ["one", "two"]) {
      const [blob] = await Promise.all(this.#twins.behind.map((each) => put(each, text)));
      if (blob) this.#known.blobs.push(blob.id);
    }
  }

  /** @returns what is wrong */
  async next(planned: Planned): Promise<string | undefined> {
    this.#known.instants.push(this.#twins.tick());
    if (planned.kind === "together") {
      this.steps.push(planned.contest);
      return runContest(this.#twins.behind, planned.contest, `${this.#twins.sequences}-${this.steps.length}`);
    }
    const step = this.#known.stepOf(planned);
    return step && this.#run(step);
  }

  async #run(step: Step): Promise<string | undefined> {
    this.steps.push(step);
    const { manager, others } = this.#twins;
    const reference = plain<Outcome>(await manager.door.run(step));
    const heard = manager.twin.heard();
    const exact: Step = step.op === "changes" && Array.isArray(reference.items) ? { ...step, expect: reference.items.length } : step;
    this.#known.learn(step, reference);
    this.#known.hear(heard);
    const answer = String(reference.code ?? "ok");
    this.answers.set(answer, (this.answers.get(answer) ?? 0) + 1);
    const left = await this.#left(step, reference);
    const problems = await Promise.all(
      others.map(async ({ door, twin }) => {
        const outcome = plain<Outcome>(await door.run(exact));
        return (
          this.#differs(door.name, exact, door.name === "graphql" ? left : reference, outcome) ??
          differently(
            door.name,
            "events",
            outcome.refusedByTypes ? [] : heardBy(door.name, exact, heard),
            heardBy(door.name, exact, twin.heard()),
          )
        );
      }),
    );
    return problems.find((problem) => problem !== undefined);
  }

  /** What a unit of work left: an action in it may have written what the answers of other operations show. */
  async #left(step: Step, reference: Outcome): Promise<Outcome> {
    if (step.op !== "transact" || !Array.isArray(reference.rows) || !step.rows.some(({ op }) => op === "action")) return reference;
    const rows = reference.rows.map(async (row, i) => {
      const now = row.resource && (await this.#twins.manager.twin.stateOf(String(step.rows[i]?.type), row.resource.id));
      return now ? { ...row, resource: now } : row;
    });
    return { ...reference, rows: await Promise.all(rows) };
  }

  #differs(name: DoorName, step: Step, reference: Outcome, outcome: Outcome): string | undefined {
    if (outcome.refusedByTypes) {
      if (outcome.code === "BAD_REQUEST" && refuses(reference)) return undefined;
      return differently(name, "answer", reference, outcome);
    }
    const wanted = expected(name, step, reference, this.#known);
    const parts = [wanted, outcome].map((each) => withoutWording(step.op === "changes" ? withoutContests(each) : each));
    return name === "graphql" ? differently(name, "answer", ...pair(parts.map(withoutNulls))) : differently(name, "answer", ...pair(parts));
  }

  /** Reads through every door what there is now; and looks whether all that is stored is the same. */
  async end(feed: Readonly<Record<string, unknown>>): Promise<string | undefined> {
    this.#twins.tick();
    const all: StepOf<"changes"> = { op: "changes", after: this.#everything, expect: 0 };
    const some = { after: this.#some, ...this.#known.feedArgs(feed), ...feed, op: "changes", expect: 0 };
    const closing: Step[] = [all, this.#known.resolve(some) as Step];
    for (const { name } of generated) {
      const ids = this.#known.ids.get(name) ?? [];
      if (ids.length > 0) closing.push({ op: "search", type: name, where: { id: { in: ids } }, includeDeleted: true, first: 200 });
      for (const id of ids.slice(0, 1)) closing.push({ op: "revisions", type: name, id, first: 200 });
    }
    for (const step of closing) {
      const problem = await this.#run(step);
      if (problem !== undefined) return problem;
    }
    return (await this.#resumed()) ?? this.#state();
  }

  /** From a cursor in the middle the feed goes on. */
  async #resumed(): Promise<string | undefined> {
    const { twin } = this.#twins.manager;
    const { items } = await twin.platform.feed.poll(twin.actor, { after: this.#everything, limit: 200 });
    const middle = items[Math.floor(items.length / 2)];
    return middle && this.#run({ op: "changes", after: middle.cursor, expect: 0 });
  }

  async #state(): Promise<string | undefined> {
    const states = await Promise.all(
      this.#twins.behind.map(async ({ twin }) => {
        const all = generated.map(async ({ name }) => {
          const ids = this.#known.ids.get(name) ?? [];
          const manager = twin.manager(name);
          return [
            await manager.getMany(ids, { includeDeleted: true }),
            (await manager.revisionsOfMany(ids, { first: 200 })).map((page) => ("items" in page ? page.items : page.code)),
          ];
        });
        return plain<unknown>(await Promise.all(all));
      }),
    );
    return this.#twins.others
      .map(({ door: { name } }, i) => differently(name, "stored state", states[0], states[i + 1]))
      .find((problem) => problem);
  }
}

const pair = ([left, right]: readonly Outcome[]): [unknown, unknown] => [left, right];

/** Who won is not the same behind every door. */
const withoutContests = ({ items, ...rest }: Outcome): Outcome =>
  Array.isArray(items) ? { ...rest, items: items.filter(({ type }) => type !== "contest") } : rest;

function differently(name: DoorName, what: string, wanted: unknown, found: unknown): string | undefined {
  if (isDeepStrictEqual(wanted, found)) return undefined;
  return `${name} differs in its ${what} ${apart(wanted, found, "")}`;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === "object" && value !== null;

/** Where two values differ first, and how. */
function apart(wanted: unknown, found: unknown, path: string): string {
  const members = isObject(wanted) && isObject(found) ? [...new Set(["code", ...Object.keys(wanted), ...Object.keys(found)])] : [];
  if (isObject(wanted) && isObject(found))
    for (const key of members) if (!isDeepStrictEqual(wanted[key], found[key])) return apart(wanted[key], found[key], `${path}/${key}`);
  return `at ${path || "/"}:\n  manager ${shown(wanted)}\n  it      ${shown(found)}`;
}
