import { expect } from "vitest";
import { type Position, positionOf } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, found, idsOf, searchQuery } from "../case.ts";
import { Article, Author, create, paged, pagedOf, purge, remove, update, type Version } from "../fixtures.ts";
import { pageOf } from "../page.ts";

/** Seven articles, by views with nulls last: 1 1 2 3 5 null null. Ids are in the order of creation, which is another. */
async function shelf(storage: IStorage) {
  const articles = [3, null, 1, 5, null, 1, 2].map((views, index) => create(Article, { views, title: `n${index}` }));
  await commit(storage, ...articles);
  const [three, null1, one1, five, null2, one2, two] = articles as [Version, Version, Version, Version, Version, Version, Version];
  return { articles, ascending: [one1, one2, two, three, five, null1, null2], descending: [five, three, two, one2, one1, null2, null1] };
}

const byViews = searchQuery(Article, { orderBy: ["views"] }).order;

/** Searches: which rows, in which order, cut into which pages. */
export const searching: readonly Case[] = [
  {
    name: "rows come in order, nulls last both ways, ties by id in the direction of the last key",
    run: async ({ storage }) => {
      const { articles, ascending, descending } = await shelf(storage);
      expect(await found(storage, Article, { orderBy: ["views"] })).toEqual(idsOf(ascending));
      expect(await found(storage, Article, { orderBy: ["-views"] })).toEqual(idsOf(descending));
      expect(await found(storage, Article, {})).toEqual(idsOf(articles));
      expect(await found(storage, Article, { orderBy: ["-id"] })).toEqual(idsOf(articles.toReversed()));
      expect(await found(storage, Article, { orderBy: ["views", "-title"] })).toEqual(
        idsOf([1, 0, 2, 3, 4, 6, 5].map((index) => ascending[index] as Version)),
      );
    },
  },
  {
    name: "rows have meta, body of the current revision, and a position",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", text: "x".repeat(50_000), tags: ["a"] });
      const second = update(first, { title: "2", text: "y".repeat(50_000), tags: [], live: false });
      const other = create(Article, { title: "3" });
      await commit(storage, first, second, other);
      const around = { hasPrevious: false, hasNext: false };
      expect(paged(await storage.search("article", searchQuery(Article, {})))).toEqual({ rows: [second, other].map(pagedOf()), ...around });
      expect(paged(await storage.search("article", searchQuery(Article, { orderBy: ["-title", "views"] })))).toEqual({
        rows: [other, second].map(pagedOf("-title", "views")),
        ...around,
      });
    },
  },
  {
    name: "pages show the newest states, however often they were read before",
    run: async ({ storage }) => {
      const versions = [1, 2, 3].map((views) => create(Article, { views, title: "first" }));
      await commit(storage, ...versions);
      for (let round = 0; round < 12; round++) {
        const page = await storage.search("article", searchQuery(Article, { orderBy: ["views"] }));
        expect(paged(page).rows, `round ${round}`).toEqual(versions.map(pagedOf("views")));
        const next = update(versions[round % 3] as Version, { views: (round % 3) + 1, title: `round ${round}` });
        await commit(storage, next);
        versions[round % 3] = next;
      }
    },
  },
  {
    name: "pages of every size, in every window, both ways, know exactly what stands around them",
    run: async ({ storage }) => {
      const { ascending } = await shelf(storage);
      const stored = ascending.map(pagedOf("views"));
      for (let from = -1; from < 6; from++) {
        for (let to = from + 2; to <= 7; to++) {
          for (const limit of [1, 2, 3, 7]) {
            for (const fromEnd of [false, true]) {
              const after = from < 0 ? {} : { after: positionOf((ascending[from] as Version).meta, byViews) };
              const before = to > 6 ? {} : { before: positionOf((ascending[to] as Version).meta, byViews) };
              const page = await storage.search("article", {
                ...searchQuery(Article, { orderBy: ["views"], limit, fromEnd }),
                ...after,
                ...before,
              });
              const expected = pageOf(stored, {
                limit,
                fromEnd,
                isAfter: (row) => stored.indexOf(row) > from,
                isBefore: (row) => stored.indexOf(row) < to,
              });
              expect(paged(page), JSON.stringify({ from, to, limit, fromEnd })).toEqual(expected);
            }
          }
        }
      }
    },
  },
  {
    name: "only rows that match count as standing around a page",
    run: async ({ storage }) => {
      const { ascending } = await shelf(storage);
      const search = { where: { views: { gte: 1, lte: 2 } }, orderBy: ["views"] };
      const page = await storage.search("article", searchQuery(Article, { ...search, limit: 3 }));
      expect(page).toMatchObject({ hasPrevious: false, hasNext: false });
      expect(page.rows.map(({ meta }) => meta.id)).toEqual(idsOf(ascending.slice(0, 3)));
      const after = positionOf((ascending[0] as Version).meta, byViews);
      expect(await storage.search("article", { ...searchQuery(Article, { ...search, limit: 1 }), after })).toMatchObject({
        hasPrevious: true,
        hasNext: true,
      });
    },
  },
  {
    name: "a position goes on working when its row is gone or another came before it",
    run: async ({ storage }) => {
      const { ascending } = await shelf(storage);
      const [, cursor] = ascending as [Version, Version];
      const after: Position = positionOf(cursor.meta, byViews);
      await commit(storage, remove(cursor), create(Article, { views: 0 }));
      const page = await storage.search("article", { ...searchQuery(Article, { orderBy: ["views"], limit: 2 }), after });
      expect(page.rows.map(({ meta }) => meta.id)).toEqual(idsOf(ascending.slice(2, 4)));
      expect(page).toMatchObject({ hasPrevious: true, hasNext: true });
    },
  },
  {
    name: "the total counts all matches wherever the page is, and only when it is asked for",
    run: async ({ storage }) => {
      const { ascending } = await shelf(storage);
      const after = positionOf((ascending[1] as Version).meta, byViews);
      const search = { where: { views: { isNull: false } }, orderBy: ["views"], limit: 2 };
      expect((await storage.search("article", { ...searchQuery(Article, { ...search, total: true }), after })).total).toBe(5);
      expect((await storage.search("article", searchQuery(Article, search))).total).toBeUndefined();
      expect(await storage.search("article", searchQuery(Article, { ...search, limit: 0, total: true }))).toMatchObject({
        rows: [],
        total: 5,
      });
    },
  },
  {
    name: "deleted resources are found only when asked for, purged ones never",
    run: async ({ storage }) => {
      const [live, deleted, purged, both] = [
        create(Article, { views: 1 }),
        create(Article, { views: 1 }),
        create(Article, { views: 1 }),
        create(Article, { views: 1 }),
      ];
      const mark = remove(both);
      await commit(storage, live, deleted, purged, both, remove(deleted), purge(purged), mark, purge(mark));
      const search = { where: { views: { eq: 1 } }, total: true };
      const visible = await storage.search("article", searchQuery(Article, search));
      expect([visible.rows.map(({ meta }) => meta.id), visible.total]).toEqual([idsOf([live]), 1]);
      const all = await storage.search("article", searchQuery(Article, { ...search, includeDeleted: true }));
      expect([all.rows.map(({ meta }) => [meta.id, meta.state]), all.total]).toEqual([
        [
          [live.meta.id, "live"],
          [deleted.meta.id, "deleted"],
        ],
        2,
      ]);
      expect(await found(storage, Article, { where: { meta: { deletedAt: { isNull: false } } }, includeDeleted: true })).toEqual(
        idsOf([deleted]),
      );
    },
  },
  {
    name: "a search sees current revisions only, and its own spec only",
    run: async ({ storage }) => {
      const first = create(Article, { title: "old", tags: ["old"] });
      const second = update(first, { title: "new" });
      await commit(storage, first, second, create(Author, { name: "old" }));
      expect(await found(storage, Article, { where: { or: [{ title: { eq: "old" } }, { tags: { has: "old" } }] } })).toEqual([]);
      expect(await found(storage, Article, {})).toEqual(idsOf([first]));
    },
  },
  {
    name: "a spec without resources has an empty page",
    run: async ({ storage }) => {
      expect(await storage.search("author", searchQuery(Author, { total: true }))).toEqual({
        rows: [],
        positions: [],
        total: 0,
        hasPrevious: false,
        hasNext: false,
      });
    },
  },
];
