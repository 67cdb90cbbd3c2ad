import { expect } from "vitest";
import type { Filter } from "../../../src/spec/query.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, found, idsOf, searchQuery } from "../case.ts";
import { Article, Author, create, newId, paged, pagedOf, purge, remove, update, type Version } from "../fixtures.ts";
import { pageOf } from "../page.ts";

/** Three authors and a deleted one, and articles that refer to them, to nobody, and to what never was. */
async function library(storage: IStorage) {
  const [ada, ben, cyd, gone] = ["Ada", "Ben", null, "Gone"].map((name) => create(Author, { name })) as [
    Version,
    Version,
    Version,
    Version,
  ];
  const [a, b, c, g] = [ada, ben, cyd, gone].map(({ meta }) => meta.id);
  const articles = [
    { views: 1, author: a, editors: [a, b] },
    { views: 2, author: a, editors: [b] },
    { views: null, author: b, editors: [] },
    { views: 4, author: c, editors: [g] },
    { views: 5, author: g, editors: [g, a] },
    { views: 6, author: newId(Author) },
    { views: 7, author: null, editors: null },
  ].map((data) => create(Article, data));
  const dead = create(Article, { views: 8, author: b, editors: [c] });
  await commit(storage, ada, ben, cyd, gone, ...articles, dead, remove(gone), remove(dead));
  return { authors: [ada, ben, cyd] as const, articles, ids: { a, b, c, g } };
}

/** Which live articles or authors of the library a filter finds, by index. */
const expectations =
  (spec: typeof Article | typeof Author, lines: readonly (readonly [where: object, ...indexes: number[]])[]): Case["run"] =>
  async ({ storage }) => {
    const { authors, articles } = await library(storage);
    const versions: readonly Version[] = spec === Author ? authors : articles;
    for (const [where, ...indexes] of lines) {
      const expected = idsOf(indexes.map((index) => versions[index] as Version));
      expect(await found(storage, spec, { where }), JSON.stringify(where)).toEqual(expected);
    }
  };

async function pages(
  storage: IStorage,
  column: "author" | "editors",
  ids: readonly string[],
  search: Parameters<typeof searchQuery>[1],
): Promise<readonly ReturnType<typeof paged>[]> {
  const ref = Article.columns.find(({ name }) => name === column) as (typeof Article.columns)[number];
  return (await storage.referrers.pages("article", { ...searchQuery(Article, search), column: ref, ids })).map(paged);
}

/** Relations: filters along refs and against them, and a page below each of many resources. */
export const relating: readonly Case[] = [
  {
    name: "a filter through a ref holds for its target, and is unknown where that is null, deleted or was never there",
    run: expectations(Article, [
      [{ author: { name: { eq: "Ada" } } }, 0, 1],
      [{ not: { author: { name: { eq: "Ada" } } } }, 2],
      [{ author: { name: { isNull: true } } }, 3],
      [{ not: { author: { name: { isNull: true } } } }, 0, 1, 2],
      [{ author: {} }, 0, 1, 2, 3],
      [{ not: { author: {} } }],
      [{ or: [{ author: { name: { eq: "Ben" } } }, { views: { gte: 6 } }] }, 2, 5, 6],
      [{ author: { name: { startsWith: "" }, meta: { version: { eq: 1 } } }, views: { eq: 2 } }, 1],
    ]),
  },
  {
    name: "over referrers: some, none and every of the live ones, true only where a filter is true",
    run: expectations(Author, [
      [{ articles: { some: { views: { gte: 2 } } } }, 0, 2],
      [{ articles: { none: { views: { gte: 2 } } } }, 1],
      [{ articles: { every: { views: { gte: 1 } } } }, 0, 2],
      [{ articles: { every: { views: { gte: 2 } } } }, 2],
      [{ not: { articles: { every: { views: { gte: 1 } } } } }, 1],
      [{ articles: { some: {} } }, 0, 1, 2],
      [{ articles: { some: {}, none: { views: { isNull: true } } } }, 0, 2],
      [{ articles: { some: { views: { eq: 8 } } } }],
      [{ not: { articles: { some: { views: { lt: 2 } } } } }, 1, 2],
    ]),
  },
  {
    name: "lists of refs: some, none and every of the live targets, and of those whose list holds an id",
    run: async (env) => {
      await expectations(Article, [
        [{ editors: { some: { name: { eq: "Ada" } } } }, 0, 4],
        [{ editors: { none: { name: { eq: "Ben" } } } }, 2, 3, 4, 5, 6],
        [{ editors: { every: { name: { eq: "Ben" } } } }, 1, 2, 3, 5, 6],
        [{ editors: { some: {} } }, 0, 1, 4],
        [{ not: { editors: { some: {} } } }, 2, 3, 5, 6],
      ])(env);
    },
  },
  {
    name: "those whose list of refs holds an id are referrers too",
    run: expectations(Author, [
      [{ edited: { some: { views: { eq: 1 } } } }, 0, 1],
      [{ edited: { none: { views: { eq: 5 } } } }, 1, 2],
      [{ edited: { every: { views: { lte: 1 } } } }, 2],
      [{ edited: { some: {} } }, 0, 1],
    ]),
  },
  {
    name: "filters lead from relation to relation",
    run: expectations(Article, [
      [{ author: { articles: { some: { views: { eq: 2 } } } } }, 0, 1],
      [{ author: { articles: { every: { author: { name: { eq: "Ada" } } } } } }, 0, 1],
      [{ editors: { some: { articles: { none: { views: { isNull: true } } } } } }, 0, 4],
      [{ not: { author: { edited: { some: { editors: { some: { name: { eq: "Ben" } } } } } } } }, 3],
    ]),
  },
  {
    name: "others that are not within what may be seen are as if they were not there",
    run: async ({ storage }) => {
      const { authors, articles } = await library(storage);
      const within = searchQuery(Author, { where: { name: { eq: "Ben" } } }).filter;
      const hidden = async (where: object): Promise<string[]> => {
        const query = searchQuery(Article, { where });
        const blind = (filter: Filter): Filter => {
          if (filter.kind === "not") return { kind: "not", of: blind(filter.of) };
          return "related" in filter && within ? { ...filter, related: { ...filter.related, within } } : filter;
        };
        const page = await storage.search("article", { ...query, filter: query.filter && blind(query.filter) });
        return page.rows.map(({ meta }) => meta.id);
      };
      const [, , of2, of3, of4, of5, of6] = articles as Version[];
      expect(authors).toHaveLength(3);
      expect(await hidden({ author: { name: { eq: "Ada" } } })).toEqual([]);
      expect(await hidden({ not: { author: { name: { eq: "Ada" } } } })).toEqual(idsOf([of2 as Version]));
      expect(await hidden({ editors: { every: { name: { eq: "Ada" } } } })).toEqual(idsOf([of2, of3, of4, of5, of6] as Version[]));
    },
  },
  {
    name: "a page below each of many resources, in the order of their ids",
    run: async ({ storage }) => {
      const { articles, ids } = await library(storage);
      const [zero, one, two, three, four] = articles.map(pagedOf());
      const none = { rows: [], hasPrevious: false, hasNext: false };
      const whole = (...rows: unknown[]) => ({ ...none, rows });
      expect(await pages(storage, "author", [ids.c, "author_x", ids.a, ids.b, ids.g] as string[], {})).toEqual([
        whole(three),
        none,
        whole(zero, one),
        whole(two),
        whole(four),
      ]);
      expect(await pages(storage, "editors", [ids.b, ids.g, ids.c, ids.a] as string[], {})).toEqual([
        whole(zero, one),
        whole(three, four),
        none,
        whole(zero, four),
      ]);
      expect(await pages(storage, "author", [], {})).toEqual([]);
    },
  },
  {
    name: "pages below resources are cut, filtered, ordered and counted each by itself",
    run: async ({ storage }) => {
      const { articles, ids } = await library(storage);
      const [zero, one] = articles.map(pagedOf("-views"));
      const [, , two] = articles.map(pagedOf());
      const both = [ids.a, ids.b] as string[];
      const search = { where: { views: { isNull: false } }, orderBy: ["-views"], limit: 1, total: true };
      expect(await pages(storage, "author", both, search)).toEqual([
        { rows: [one], total: 2, hasPrevious: false, hasNext: true },
        { rows: [], total: 0, hasPrevious: false, hasNext: false },
      ]);
      const views = await pages(storage, "editors", both, { ...search, where: {}, fromEnd: true });
      expect(views).toEqual([
        { rows: [zero], total: 2, hasPrevious: true, hasNext: false },
        { rows: [zero], total: 2, hasPrevious: true, hasNext: false },
      ]);
      const deleted = await pages(storage, "author", both, { includeDeleted: true, total: true, limit: 0 });
      expect(deleted.map(({ rows, total }) => [rows.length, total])).toEqual([
        [0, 2],
        [0, 2],
      ]);
      expect((await pages(storage, "author", both, { where: { author: { name: { eq: "Ben" } } } })).map(({ rows }) => rows)).toEqual([
        [],
        [two],
      ]);
    },
  },
  {
    name: "windows of pages below resources know exactly what stands around them, nulls last",
    run: async ({ storage }) => {
      const authors = [create(Author, {}), create(Author, {})];
      const made = [3, null, 1, 5, null, 1, 2].map((views, index) =>
        create(Article, { views, author: authors[index % 2]?.meta.id, editors: authors.map(({ meta }) => meta.id) }),
      );
      const changed = update(made[0] as Version, { views: 4, author: authors[0]?.meta.id, editors: authors.map(({ meta }) => meta.id) });
      const lost = create(Article, { views: 1, author: authors[0]?.meta.id });
      await commit(storage, ...authors, ...made, changed, lost, purge(lost));
      const versions = [changed, ...made.slice(1)];
      const all = versions.map(pagedOf("views"));
      const ascending = [2, 5, 6, 0, 3, 1, 4].map((index) => all[index] as (typeof all)[number]);
      for (const column of ["author", "editors"] as const) {
        const below = authors.map(({ meta }) =>
          ascending.filter((row) => column === "editors" || versions[all.indexOf(row)]?.meta.columns.author === meta.id),
        );
        for (const [at, limit, fromEnd] of [0, 2, 3, 5, 6].flatMap((each) =>
          [1, 2, 7].flatMap((size) => [true, false].map((last) => [each, size, last] as const)),
        )) {
          for (const edge of ["after", "before"] as const) {
            const { position } = ascending[at] as (typeof all)[number];
            const answered = await pages(
              storage,
              column,
              authors.map(({ meta }) => meta.id),
              { orderBy: ["views"], limit, fromEnd, [edge]: position },
            );
            const stands = (row: (typeof all)[number]) => ascending.indexOf(row) - at;
            const expected = below.map((rows) => {
              const inside = rows.filter((row) => (edge === "after" ? stands(row) > 0 : stands(row) < 0));
              const page = pageOf(rows, {
                limit,
                fromEnd,
                isAfter: (row) => edge === "before" || stands(row) > 0,
                isBefore: (row) => edge === "after" || stands(row) < 0,
              });
              if (inside.length > 0) return page;
              return { rows: [], hasPrevious: edge === "after" && rows.length > 0, hasNext: edge === "before" && rows.length > 0 };
            });
            expect(answered, JSON.stringify({ column, edge, at, limit, fromEnd })).toEqual(expected);
          }
        }
      }
    },
  },
];
