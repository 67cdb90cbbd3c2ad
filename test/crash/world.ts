import { SpecStarError } from "../../src/errors.ts";
import type { ChangeRow, ReadKey, Revision, Stored, StoreState } from "../../src/storage/rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { type Finding, finding } from "./finding.ts";

/** One resource as the storage shows it: what the feed tells of it, and what reading it answers. */
export interface Known {
  readonly type: string;
  readonly id: string;
  readonly rows: readonly ChangeRow[];
  readonly stored: Stored | undefined;
  /** Its revisions by number from 1 to the count that the feed tells, and one beyond. */
  readonly revisions: readonly (Revision | undefined)[];
  /** Whether what was read can be judged: false where reading it failed. */
  readonly readable: boolean;
}

/** All that a storage holds, read once. */
export interface World {
  readonly state: StoreState;
  readonly feed: readonly ChangeRow[];
  readonly resources: ReadonlyMap<string, Known>;
  /** What could not be read. */
  readonly findings: readonly Finding[];
}

const page = 2_000;
const batch = 400;

export async function readWorld(storage: IStorage): Promise<World> {
  const state = await storage.state();
  const feed: ChangeRow[] = [];
  for (let after = state.tail; ; ) {
    const rows = await storage.changes({ after, limit: page });
    feed.push(...rows);
    const last = rows.at(-1)?.position ?? after;
    if (rows.length < page || last <= after) break;
    after = last;
  }
  const byId = Map.groupBy(feed, ({ id }) => id);
  const findings: Finding[] = [];
  const resources = new Map<string, Known>();
  for (const [type, ids] of Map.groupBy(byId.keys(), (id) => byId.get(id)?.[0]?.type ?? "")) {
    const asked = ids.flatMap((id) => keysOf(id, byId.get(id) ?? []));
    const answers = await readAll(storage, type, asked, findings);
    let at = 0;
    for (const id of ids) {
      const rows = byId.get(id) ?? [];
      const [stored, ...revisions] = answers.slice(at, at + countOf(rows) + 2);
      at += countOf(rows) + 2;
      resources.set(id, {
        type,
        id,
        rows,
        stored: stored ?? undefined,
        revisions: revisions.map((each) => each?.revision),
        readable: ![stored, ...revisions].includes(null),
      });
    }
  }
  return { state, feed, resources, findings };
}

/** Revisions that the feed tells of. */
export const countOf = (rows: readonly ChangeRow[]): number => rows.filter(({ kind }) => kind === "created" || kind === "updated").length;

const keysOf = (id: string, rows: readonly ChangeRow[]): ReadKey[] => [
  { id },
  ...Array.from({ length: countOf(rows) + 1 }, (_, index) => ({ id, number: index + 1 })),
];

/** One answer per key; null where reading failed, which is a finding. A batch that fails is asked key by key. */
export async function readAll(
  storage: IStorage,
  type: string,
  keys: readonly ReadKey[],
  findings: Finding[],
): Promise<(Stored | undefined | null)[]> {
  const answers: (Stored | undefined | null)[] = [];
  for (let from = 0; from < keys.length; from += batch) {
    const part = keys.slice(from, from + batch);
    const read = await storage.read(type, part).catch((thrown: unknown) => thrown);
    answers.push(...(Array.isArray(read) ? read : await readEach(storage, type, part, findings)));
  }
  return answers;
}

async function readEach(storage: IStorage, type: string, keys: readonly ReadKey[], findings: Finding[]) {
  const answers: (Stored | undefined | null)[] = [];
  for (const key of keys) {
    try {
      answers.push((await storage.read(type, [key]))[0]);
    } catch (thrown) {
      answers.push(null);
      const [code, what] = thrown instanceof SpecStarError ? [thrown.code, thrown.message] : ["", String(thrown)];
      // A server that does not answer says nothing about what it holds.
      const rule = code === "UNAVAILABLE" || code === "TIMEOUT" ? "stuck" : "dangling";
      findings.push(finding(rule, `${JSON.stringify(key)} cannot be read: ${code} ${what}`));
    }
  }
  return answers;
}
