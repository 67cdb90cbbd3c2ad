import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { Change, ChangeRow, Revision, Stored, UnitResult } from "../../src/storage/rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { perUnit, rewriting } from "../storage/mutants/mutant.ts";
import type { Line } from "./client-log.ts";
import type { Rule } from "./finding.ts";
import { noteOf } from "./notes.ts";

/** One thing that goes wrong: in the storage while it works, in what it answers afterwards, or in what clients saw. */
export interface PlantedFault {
  readonly name: string;
  /** The checker must say this, among other things. */
  readonly rule: Rule;
  /** The storage under the load. */
  readonly working?: (sound: IStorage) => Partial<IStorage>;
  /** The storage under the checker. */
  readonly afterwards?: (sound: IStorage) => Partial<IStorage>;
  readonly log?: (lines: readonly Line[]) => Line[];
  /** Bytes that stay when they are deleted, or are not there when they are read. */
  readonly bytes?: "kept" | "gone";
}

/** Every so many calls. */
const rarely = (each: number) => {
  let calls = 0;
  return (): boolean => ++calls % each === 0;
};

const hashOf = (body: string): string => `sha256:${createHash("sha256").update(body).digest("hex")}`;

function withBody(revision: Revision, body: string): Revision {
  return { ...revision, body, hash: hashOf(body), size: Buffer.byteLength(body) };
}

/** Rewrites some of the changes that pass. */
const some = (each: number, rewrite: (change: Change) => Change) => {
  const now = rarely(each);
  return rewriting("", (change) => (now() ? rewrite(change) : change)).broken;
};

const withRevision =
  (rewrite: (revision: Revision) => Revision) =>
  (change: Change): Change =>
    change.revision ? { ...change, revision: rewrite(change.revision) } : change;

/** Answers of reads by id, changed where `when` says so. */
const reading =
  (answer: (stored: Stored) => Stored | undefined) =>
  (sound: IStorage): Partial<IStorage> => ({
    read: async (type, keys) => (await sound.read(type, keys)).map((stored) => stored && answer(stored)),
  });

const feeding =
  (answer: (row: ChangeRow) => ChangeRow | undefined) =>
  (sound: IStorage): Partial<IStorage> => ({
    changes: async (query) => (await sound.changes(query)).flatMap((row) => answer(row) ?? []),
  });

const inStores: readonly PlantedFault[] = [
  {
    name: "acknowledges a write and drops it",
    rule: "lost",
    working: perUnit("", () => {
      const now = rarely(40);
      return async (unit, commit) => (now() ? { ok: true } : commit(unit));
    }).broken,
  },
  {
    name: "keeps a write that it refuses",
    rule: "ghost",
    working: perUnit("", () => {
      const now = rarely(40);
      return async (unit, commit): Promise<UnitResult> => {
        const result = await commit(unit);
        const id = unit.changes[0]?.meta.id ?? "";
        return now() && result.ok ? { ok: false, failure: { kind: "taken", id } } : result;
      };
    }).broken,
  },
  {
    name: "writes half of a unit",
    rule: "half",
    working: perUnit("", () => async (unit, commit) => commit({ ...unit, changes: unit.changes.slice(0, 1) })).broken,
  },
  {
    name: "acknowledges the same version to two writers",
    rule: "version-twice",
    working: perUnit("", () => async (unit, commit) => {
      const result = await commit(unit);
      return !result.ok && result.failure.kind === "version" ? { ok: true } : result;
    }).broken,
  },
  {
    name: "tears a body",
    rule: "dangling",
    working: some(
      50,
      withRevision((revision) => ({ ...revision, body: revision.body.slice(0, -7) })),
    ),
  },
  {
    name: "writes another body, with its hash",
    rule: "corrupt",
    working: some(
      50,
      withRevision((revision) => withBody(revision, revision.body.replace(/"views":\d+/, '"views":99'))),
    ),
  },
  {
    name: "names a wrong parent",
    rule: "parents",
    working: some(
      20,
      withRevision((revision) => ({ ...revision, parent: revision.parent === null ? null : revision.parent + 1 })),
    ),
  },
  {
    name: "indexes another value",
    rule: "index",
    working: some(7, (change) =>
      change.type === "note" && change.kind === "created"
        ? { ...change, meta: { ...change.meta, columns: { ...change.meta.columns, title: "title 1" } } }
        : change,
    ),
  },
  {
    name: "lists in the past what is there today",
    rule: "past",
    afterwards: ({ past }) => ({ past: { search: (type, query) => past.search(type, { ...query, at: Number.MAX_SAFE_INTEGER }) } }),
  },
  {
    name: "takes a unique value twice",
    rule: "unique",
    working: (sound) => ({
      open: (specs, onCommit) =>
        sound.open(
          specs.map((spec): ResourceSpec => ({ ...spec, uniques: [] })),
          onCommit,
        ),
    }),
  },
  {
    name: "forgets the replies of idempotency keys",
    rule: "reply",
    working: perUnit(
      "",
      () =>
        async ({ reply: _reply, ...unit }, commit) =>
          commit(unit),
    ).broken,
  },
  {
    name: "lets a clock that runs backwards into a history",
    rule: "instants",
    working: some(20, (change) => ({ ...change, at: change.at - 60_000, meta: { ...change.meta, updatedAt: change.at - 60_000 } })),
  },
  { name: "keeps bytes that nothing refers to", rule: "orphan", bytes: "kept" },
  { name: "loses the bytes of a revision", rule: "dangling", bytes: "gone" },
];

const inAnswers: readonly PlantedFault[] = [
  { name: "leaves a gap in the feed", rule: "feed-gap", afterwards: feeding((row) => (row.position === 100 ? undefined : row)) },
  {
    name: "stretches the feed",
    rule: "feed-gap",
    afterwards: feeding((row) => (row.position > 100 ? { ...row, position: row.position + 1 } : row)),
  },
  {
    name: "has a feed in another order than its writes",
    rule: "feed-order",
    afterwards: (sound) => ({
      changes: async (query) => {
        const rows = await sound.changes(query);
        const last = rows.findLast(({ kind }) => kind === "created");
        const [first] = rows;
        if (!first || !last) return rows;
        return rows.map((row) => {
          if (row === first) return { ...last, position: first.position };
          return row === last ? { ...first, position: last.position } : row;
        });
      },
    }),
  },
  {
    name: "turns two changes of a resource round",
    rule: "feed-order",
    afterwards: feeding((row) => (row.version === 2 ? { ...row, version: 3 } : row.version === 3 ? { ...row, version: 2 } : row)),
  },
  {
    name: "holds a write of nobody",
    rule: "ghost",
    afterwards: feeding((row) => (row.position === 50 ? { ...row, by: "nobody" } : row)),
  },
  {
    name: "points at another revision",
    rule: "history",
    afterwards: reading(({ meta, revision }) => ({ revision, meta: { ...meta, current: Math.max(1, meta.current - 1) } })),
  },
  {
    name: "lost the last revision of a resource",
    rule: "numbers",
    afterwards: reading((stored) =>
      stored.revision.number === stored.meta.revisionCount && stored.revision.number !== stored.meta.current ? undefined : stored,
    ),
  },
  {
    name: "changes a stable body",
    rule: "stable",
    afterwards: reading(({ meta, revision }) => ({
      meta,
      revision: revision.number === 1 ? withBody(revision, canonicalize(noteOf(revision.createdBy.concat("/7"))) ?? "") : revision,
    })),
  },
  {
    name: "forgets what was in the past",
    rule: "history",
    afterwards: (sound) => ({
      read: (type, keys) =>
        sound.read(
          type,
          keys.map(({ asOf: _asOf, ...key }) => key),
        ),
    }),
  },
  {
    name: "wakes the deleted",
    rule: "history",
    afterwards: reading(({ meta, revision }) => ({ revision, meta: { ...meta, state: "live", deletedAt: null } })),
  },
  {
    name: "damages blobs",
    rule: "corrupt",
    afterwards: (sound) => ({
      readBlob: async function* (row) {
        for await (const chunk of sound.readBlob(row)) yield chunk.map((byte) => byte ^ 1);
      },
    }),
  },
];

/** What clients saw, changed at the first line that fits. */
const seen = (fits: (line: Line) => boolean, change: (line: Line, lines: readonly Line[]) => Line[]) => (lines: readonly Line[]) => {
  const at = lines.findIndex(fits);
  const line = lines[at];
  return line ? [...lines.slice(0, at), ...change(line, lines), ...lines.slice(at + 1)] : [...lines];
};

const inClients: readonly PlantedFault[] = [
  {
    name: "answers a read with a state that was over",
    rule: "stale-read",
    log: seen(
      (line) => line.kind === "read" && (line.version ?? 0) > 2,
      (line) => (line.kind === "read" ? [{ ...line, version: 1, revision: 1, hash: null }] : [line]),
    ),
  },
  {
    name: "shows a state before it was written",
    rule: "real-time",
    log: seen(
      (line) => line.kind === "read" && (line.version ?? 0) > 1,
      (line, lines) => {
        const early = lines.find((each) => each.kind === "read" || each.kind === "call");
        return line.kind === "read" ? [{ ...line, from: (early?.at ?? 0) - 2, at: (early?.at ?? 0) - 1 }] : [line];
      },
    ),
  },
  {
    name: "says two clients that they made the same version",
    rule: "version-twice",
    log: (lines) => {
      const told = lines.find((line) => line.kind === "answer" && line.outcome === "acknowledged" && line.states[0]?.version === 2);
      const call = lines.find((line) => line.kind === "call" && told?.kind === "answer" && line.token === told.token);
      if (told?.kind !== "answer" || call?.kind !== "call") return [...lines];
      return [...lines, { ...call, token: "other", by: "other" }, { ...told, token: "other" }];
    },
  },
];

export const plantedFaults: readonly PlantedFault[] = [...inStores, ...inAnswers, ...inClients];
