import type { ReadKey, Revision, Stored } from "../../../src/storage/rows.ts";
import type { Mutant } from "./mutant.ts";

const reading = (
  name: string,
  answer: (key: ReadKey, stored: Stored | undefined, all: readonly (Stored | undefined)[]) => Stored | undefined,
): Mutant => ({
  name,
  broken: (sound) => ({
    read: async (type, keys) => {
      const all = await sound.read(type, keys);
      return keys.map((key, index) => answer(key, all[index], all));
    },
  }),
});

const firstBodies = () => {
  const bodies = new Map<string, Revision>();
  return (revision: Revision): Revision => {
    const key = `${revision.id}:${revision.number}`;
    if (!bodies.has(key)) bodies.set(key, revision);
    return bodies.get(key) ?? revision;
  };
};

/** Storages that break the laws of reading by id and of the history. */
export const readers: readonly Mutant[] = [
  reading("forgets history", (key, stored) =>
    key.number !== undefined && stored && key.number < stored.meta.current ? undefined : stored,
  ),
  {
    name: "reads as of now",
    broken: (sound) => ({
      read: (type, keys) =>
        sound.read(
          type,
          keys.map(({ asOf: _asOf, ...key }) => key),
        ),
    }),
  },
  reading("forgets past deletions", ({ asOf }, stored) =>
    asOf === undefined || !stored ? stored : { ...stored, meta: { ...stored.meta, state: "live", deletedAt: null } },
  ),
  reading("hides what is deleted", (_key, stored) => (stored?.meta.state === "deleted" ? undefined : stored)),
  {
    name: "answers the current revision for an unknown number",
    broken: (sound) => ({
      read: async (type, keys) => {
        const current = await sound.read(
          type,
          keys.map(({ id }) => ({ id })),
        );
        return (await sound.read(type, keys)).map((stored, index) => stored ?? current[index]);
      },
    }),
  },
  {
    name: "takes number 0 for none",
    broken: (sound) => ({
      read: (type, keys) =>
        sound.read(
          type,
          keys.map(({ number, ...key }) => (number ? { ...key, number } : key)),
        ),
    }),
  },
  {
    name: "leaves out what is not there",
    broken: (sound) => ({ read: async (type, keys) => (await sound.read(type, keys)).filter((stored) => stored !== undefined) }),
  },
  {
    name: "answers in the order of ids",
    broken: (sound) => ({
      read: async (type, keys) => (await sound.read(type, keys)).toSorted((a, b) => ((a?.meta.id ?? "") < (b?.meta.id ?? "") ? -1 : 1)),
    }),
  },
  {
    name: "finds an id under any spec",
    broken: (sound) => ({
      read: async (type, keys) => {
        const other = await sound.read(type === "author" ? "article" : "author", keys);
        return (await sound.read(type, keys)).map((stored, index) => stored ?? other[index]);
      },
    }),
  },
  {
    name: "folds the case of ids and keys",
    broken: (sound) => ({
      read: (type, keys) =>
        sound.read(
          type,
          keys.map((key) => ({ ...key, id: key.id.toLowerCase() })),
        ),
      reply: (key) => sound.reply(key.toLowerCase()),
    }),
  },
  {
    name: "ignores modified bodies",
    broken: (sound) => {
      const first = firstBodies();
      return {
        read: async (type, keys) =>
          (await sound.read(type, keys)).map((stored) => stored && { ...stored, revision: first(stored.revision) }),
        revisions: async (type, ids, query) =>
          (await sound.revisions(type, ids, query)).map((page) => ({ ...page, rows: page.rows.map(first) })),
      };
    },
  },
  {
    name: "mixes the states of two instants",
    broken: (sound) => {
      const last = new Map<string, Stored>();
      return {
        read: async (type, keys) =>
          (await sound.read(type, keys)).map((stored) => {
            if (!stored) return stored;
            const before = last.get(stored.meta.id) ?? stored;
            last.set(stored.meta.id, stored);
            return { meta: stored.meta, revision: before.revision };
          }),
      };
    },
  },
  {
    name: "keeps the history of what is purged",
    broken: (sound) => {
      const kept = new Map<string, Revision[]>();
      return {
        commit: (units) => {
          for (const { changes } of units)
            for (const { meta, revision } of changes) if (revision) kept.set(meta.id, [...(kept.get(meta.id) ?? []), revision]);
          return sound.commit(units);
        },
        revisions: async (type, ids, query) =>
          (await sound.revisions(type, ids, query)).map((page, index) => {
            const rows = page.total === 0 ? (kept.get(ids[index] ?? "") ?? []) : page.rows;
            return { ...page, rows, total: Math.max(page.total, rows.length) };
          }),
      };
    },
  },
  {
    name: "hides the history of what is deleted",
    broken: (sound) => ({
      revisions: async (type, ids, query) => {
        const stored = await sound.read(
          type,
          ids.map((id) => ({ id })),
        );
        return (await sound.revisions(type, ids, query)).map((page, index) =>
          stored[index]?.meta.state === "deleted" ? { rows: [], total: 0, hasPrevious: false, hasNext: false } : page,
        );
      },
    }),
  },
  {
    name: "pages the history off by one",
    broken: (sound) => ({
      revisions: (type, ids, query) =>
        sound.revisions(type, ids, { ...query, ...(query.after === undefined ? {} : { after: query.after + 1 }) }),
    }),
  },
  {
    name: "counts the page for the whole history",
    broken: (sound) => ({
      revisions: async (type, ids, query) =>
        (await sound.revisions(type, ids, query)).map((page) => ({ ...page, total: page.rows.length })),
    }),
  },
  {
    name: "answers histories in the order of ids",
    broken: (sound) => ({ revisions: (type, ids, query) => sound.revisions(type, ids.toSorted(), query) }),
  },
  {
    name: "answers live references",
    broken: (sound) => {
      const answers = new Map<string, unknown>();
      const cached =
        <A extends unknown[], T>(name: string, ask: (...args: A) => Promise<T>) =>
        async (...args: A): Promise<T> => {
          const key = JSON.stringify([name, args]);
          if (!answers.has(key)) answers.set(key, structuredClone(await ask(...args)));
          // Only this method writes under its name.
          return answers.get(key) as T;
        };
      return {
        commit: (units) => {
          answers.clear();
          return sound.commit(units);
        },
        read: cached("read", (type, keys) => sound.read(type, keys)),
        search: cached("search", (type, query) => sound.search(type, query)),
      };
    },
  },
  {
    name: "keeps the objects that it was given",
    broken: (sound) => {
      const given = new Map<string, Stored>();
      return {
        commit: async (units) => {
          const results = await sound.commit(structuredClone(units));
          for (const [index, { changes }] of units.entries()) {
            if (results[index]?.ok)
              for (const { meta, revision } of changes) if (revision) given.set(`${meta.id} ${meta.version}`, { meta, revision });
          }
          return results;
        },
        read: async (type, keys) =>
          (await sound.read(type, keys)).map((stored, index) =>
            stored && keys[index]?.number === undefined && keys[index]?.asOf === undefined
              ? (given.get(`${stored.meta.id} ${stored.meta.version}`) ?? stored)
              : stored,
          ),
      };
    },
  },
];
