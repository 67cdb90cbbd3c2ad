import type { PastPage, PastQuery, PastStored } from "../../../src/storage/past.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import type { Mutant } from "./mutant.ts";

type Ask = (query: PastQuery) => PastQuery;

const asking = (name: string, ask: Ask): Mutant => ({
  name,
  broken: ({ past }) => ({ past: { search: (type, query) => past.search(type, ask(query)) } }),
});

const answering = (name: string, answer: (page: PastPage, query: PastQuery) => PastPage): Mutant => ({
  name,
  broken: ({ past }) => ({ past: { search: async (type, query) => answer(await past.search(type, query), query) } }),
});

/** Past pages with the rows that were there before they were purged. */
function unpurged(sound: IStorage): Partial<IStorage> {
  const kept: PastStored[] = [];
  return {
    commit: async (units) => {
      for (const { type, kind, meta, at } of units.flatMap(({ changes }) => changes)) {
        if (kind !== "purged") continue;
        const all = { filter: undefined, order: [], limit: 1_000, fromEnd: false, includeDeleted: true, total: false };
        const page = await sound.past.search(type, { ...all, at: at - 1, today: undefined });
        kept.push(...page.rows.filter((row) => row.meta.id === meta.id));
      }
      return sound.commit(units);
    },
    past: {
      search: async (type, query) => {
        const page = await sound.past.search(type, query);
        return { ...page, rows: [...page.rows, ...kept] };
      },
    },
  };
}

/** Storages that break the laws of the past. */
export const historians: readonly Mutant[] = [
  asking("takes the present for the past", (query) => ({ ...query, at: Number.MAX_SAFE_INTEGER })),
  asking("ends each state an instant too late", (query) => ({ ...query, at: query.at - 1 })),
  asking("ends each state an instant too early", (query) => ({ ...query, at: query.at + 1 })),
  asking("does not filter the past", (query) => ({ ...query, filter: undefined })),
  asking("shows in the past what is hidden today", (query) => ({ ...query, today: undefined })),
  asking("hides in the past what is deleted", (query) => ({ ...query, includeDeleted: false })),
  asking("begins each page of the past at its beginning", ({ after: _after, ...query }) => query),
  answering("takes the revision of then for that of today", (page) => ({
    ...page,
    rows: page.rows.map((row) => ({ ...row, currentToday: row.meta.current })),
  })),
  { name: "remembers what was purged", broken: unpurged },
];
