import { guardsOf } from "../../../src/storage/guards-of.ts";
import type { Change, Reply, Revision, UnitFailure } from "../../../src/storage/rows.ts";
import { hashOf } from "../fixtures.ts";
import { blunt, type Mutant, perUnit, rewriting } from "./mutant.ts";

const ok = { ok: true } as const;
const failed = (failure: UnitFailure) => ({ ok: false, failure }) as const;

/** Writes another body, as if it had been given that one. */
const withBody = (name: string, rewrite: (body: string) => string): Mutant =>
  rewriting(name, (change) => {
    if (!change.revision) return change;
    const body = rewrite(change.revision.body);
    const revision: Revision = { ...change.revision, body, hash: hashOf(body), size: Buffer.byteLength(body) };
    return { ...change, revision };
  });

const withColumns = (change: Change, columns: Change["meta"]["columns"]): Change => ({ ...change, meta: { ...change.meta, columns } });

/** Refuses units by their slug. */
const bySlug = (name: string, refuses: (slugs: Map<string, string>, slug: string | null) => string | undefined): Mutant =>
  perUnit(name, () => {
    const slugs = new Map<string, string>();
    return async (unit, commit) => {
      for (const { kind, meta } of unit.changes) {
        const slug = meta.columns.slug;
        if (kind !== "created" || (typeof slug !== "string" && slug !== null)) continue;
        const holder = refuses(slugs, slug);
        if (holder !== undefined) return failed({ kind: "unique", type: "article", columns: ["slug"], holder });
        slugs.set(slug ?? "", meta.id);
      }
      return commit(unit);
    };
  });

/** Storages that break the laws of writing. */
export const writers: readonly Mutant[] = [
  blunt(
    perUnit("drops every third write", () => {
      let count = 0;
      return async (unit, commit) => {
        count += 1;
        return count % 3 === 0 ? ok : commit(unit);
      };
    }),
  ),
  blunt(perUnit("ignores delete", () => async (unit, commit) => (unit.changes.some(({ kind }) => kind === "deleted") ? ok : commit(unit)))),
  perUnit("ignores the precondition", () => async (unit, commit) => {
    const result = await commit(unit);
    if (result.ok || result.failure.kind !== "version") return result;
    const { actual } = result.failure;
    return commit({
      ...unit,
      changes: unit.changes.map((change) => ({ ...change, expected: actual, meta: { ...change.meta, version: actual + 1 } })),
    });
  }),
  perUnit("is silent about the actual version", () => async (unit, commit) => {
    const result = await commit(unit);
    return result.ok || result.failure.kind !== "version" ? result : failed({ ...result.failure, actual: unit.changes[0]?.expected ?? 0 });
  }),
  perUnit("splits a unit", () => async (unit, commit) => {
    for (const change of unit.changes) {
      const result = await commit({ ...unit, changes: [change] });
      if (!result.ok) return result;
    }
    return ok;
  }),
  perUnit("commits a unit's first change only", () => async (unit, commit) => commit({ ...unit, changes: unit.changes.slice(0, 1) })),
  perUnit("gives ids away twice", () => async (unit, commit) => {
    const result = await commit(unit);
    return !result.ok && result.failure.kind === "taken" ? ok : result;
  }),
  perUnit("gives purged ids away", () => {
    const purged = new Set<string>();
    return async (unit, commit) => {
      for (const { kind, meta } of unit.changes) if (kind === "purged") purged.add(meta.id);
      return unit.changes.some(({ kind, meta }) => kind === "created" && purged.has(meta.id)) ? ok : commit(unit);
    };
  }),
  perUnit("ignores unique", () => async (unit, commit) => {
    const result = await commit(unit);
    if (result.ok || result.failure.kind !== "unique") return result;
    return commit({ ...unit, changes: unit.changes.map((change) => withColumns(change, { ...change.meta.columns, slug: null })) });
  }),
  perUnit("does not name the holder of a unique value", () => async (unit, commit) => {
    const result = await commit(unit);
    return result.ok || result.failure.kind !== "unique" ? result : failed({ ...result.failure, holder: null });
  }),
  bySlug("never frees a unique value", (slugs, slug) => (slug === null ? undefined : slugs.get(slug))),
  bySlug(
    "folds case in unique values",
    (slugs, slug) => [...slugs].find(([other]) => other !== slug && other.toLowerCase() === slug?.toLowerCase())?.[1],
  ),
  blunt(bySlug("takes null for a value", (slugs, slug) => (slug === null ? slugs.get("") : undefined))),
  perUnit("ignores guards", () => async (unit, commit) => commit({ changes: unit.changes, ...(unit.reply ? { reply: unit.reply } : {}) })),
  perUnit("checks the first guard only", () => async (unit, commit) => commit({ ...unit, guards: unit.guards?.slice(0, 1) ?? [] })),
  perUnit(
    "looks at single refs only",
    () => async (unit, commit) =>
      commit({ ...unit, guards: unit.guards?.filter((guard) => guard.kind !== "noReferrers" || guard.column !== "editors") ?? [] }),
  ),
  perUnit("looks for referrers before the changes", () => async (unit, commit) => {
    const [, last] = guardsOf(unit);
    const first = last.length > 0 ? await commit({ changes: [], guards: last }) : undefined;
    if (first && !first.ok) return first;
    return commit({ ...unit, guards: (unit.guards ?? []).filter(({ kind }) => kind !== "noReferrers") });
  }),
  perUnit(
    "ignores idempotency keys",
    () => async (unit, commit) => commit({ changes: unit.changes, ...(unit.guards ? { guards: unit.guards } : {}) }),
  ),
  perUnit("answers a replay by the second reply", () => async (unit, commit) => {
    const result = await commit(unit);
    return result.ok || !unit.reply ? result : failed({ kind: "replay", reply: unit.reply });
  }),
  perUnit(
    "never lets a reply expire",
    () => async (unit, commit) => commit(unit.reply ? { ...unit, reply: { ...unit.reply, expiresAt: 8e15 } } : unit),
  ),
  {
    name: "keeps the replies of purged resources, and of failed units",
    broken: (sound) => {
      const kept = new Map<string, Reply>();
      return {
        commit: (units) => {
          for (const { reply } of units) if (reply && !kept.has(reply.key)) kept.set(reply.key, { ...reply });
          return sound.commit(units);
        },
        reply: async (key) => kept.get(key),
      };
    },
  },
  { name: "wakes nobody", broken: (sound) => ({ open: (specs) => sound.open(specs, () => {}) }) },
  {
    name: "commits the first hundred units of a list",
    broken: (sound) => ({ commit: async (units) => [...(await sound.commit(units.slice(0, 100))), ...units.slice(100).map(() => ok)] }),
  },
  {
    name: "commits a list from its end",
    broken: (sound) => ({ commit: async (units) => [...(await sound.commit(units.toReversed()))].reverse() }),
  },
  {
    name: "lets a failed unit fail its list",
    broken: (sound) => ({
      commit: async (units) => {
        const results = await sound.commit(units);
        return results.map(() => results.find((result) => !result.ok) ?? ok);
      },
    }),
  },
  { name: "answers an empty list", broken: (sound) => ({ commit: async (units) => (units.length === 0 ? [ok] : sound.commit(units)) }) },
  rewriting(
    "indexes what was created, and never again",
    (() => {
      const first = new Map<string, Change["meta"]["columns"]>();
      return (change: Change) => {
        if (change.kind === "created") first.set(change.meta.id, change.meta.columns);
        return withColumns(change, first.get(change.meta.id) ?? change.meta.columns);
      };
    })(),
  ),
  rewriting(
    "switches the pointer and not the columns",
    (() => {
      const last = new Map<string, Change["meta"]["columns"]>();
      return (change: Change) => {
        const columns = change.kind === "switched" ? last.get(change.meta.id) : change.meta.columns;
        last.set(change.meta.id, columns ?? {});
        return withColumns(change, columns ?? {});
      };
    })(),
  ),
  rewriting("forgets which blobs a revision holds", ({ blobs: _, ...change }) => change),
  rewriting("forgets the blobs of a modified draft", ({ blobs, ...change }) =>
    change.kind === "modified" ? change : { ...change, ...(blobs ? { blobs } : {}) },
  ),
  rewriting("takes the highest number for the current one", (change) =>
    change.kind === "switched" ? { ...change, meta: { ...change.meta, current: change.meta.revisionCount } } : change,
  ),
  rewriting("keeps lists as sets", (change) =>
    withColumns(
      change,
      Object.fromEntries(
        Object.entries(change.meta.columns).map(([name, value]) => [name, Array.isArray(value) ? [...new Set(value)] : value]),
      ),
    ),
  ),
  rewriting("rounds numbers", (change) =>
    withColumns(
      change,
      Object.fromEntries(
        Object.entries(change.meta.columns).map(([name, value]) => [name, typeof value === "number" ? Math.fround(value) : value]),
      ),
    ),
  ),
  withBody("loses what is not ASCII", (body) => body.replace(/[^\0-\u007f]/g, "?")),
  withBody("normalises text", (body) => body.normalize("NFC")),
  withBody("cuts bodies at 64 KiB", (body) => body.slice(0, 65_536)),
  withBody("drops nulls", (body) => body.replaceAll(/"\w+":null,?/g, "").replace(",}", "}")),
  withBody("trusts the bytes that it is given", (body) => body),
];
