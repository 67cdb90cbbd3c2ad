import { expect } from "vitest";
import type { AggregateRow } from "../../../src/storage/aggregates.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { aggregateQuery, type Case, commit } from "../case.ts";
import { Article, Author, create, purge, remove, update, type Version } from "../fixtures.ts";

type Asked = Parameters<typeof aggregateQuery>[1];

const groupsOf = (storage: IStorage, asked: Asked): Promise<readonly AggregateRow[]> =>
  storage.aggregates.groups("article", aggregateQuery(Article, asked));

/** Groups without measures, as key and count. */
const counted = async (storage: IStorage, asked: Asked): Promise<unknown[]> =>
  (await groupsOf(storage, asked)).map(({ key, count }) => [...key, count]);

/** The values of the one group of all. */
async function measured(storage: IStorage, ...measures: NonNullable<Asked["measures"]>): Promise<AggregateRow["values"] | undefined> {
  const groups = await groupsOf(storage, { measures });
  expect(groups).toHaveLength(1);
  return groups[0]?.values;
}

const articles = (...rows: readonly Readonly<Record<string, unknown>>[]): Version[] => rows.map((data) => create(Article, data));

/** Aggregates: which groups, in which order, and what is known of each. */
export const aggregating: readonly Case[] = [
  {
    name: "groups come by size, those of one size by key, null last and a group like others",
    run: async ({ storage }) => {
      const views = [3, null, 1, null, 2, 2, null, 1, 10];
      await commit(storage, ...articles(...views.map((each) => ({ views: each }))));
      expect(await counted(storage, { groupBy: ["views"] })).toEqual([
        [null, 3],
        [1, 2],
        [2, 2],
        [3, 1],
        [10, 1],
      ]);
      const sizes = await counted(storage, { groupBy: ["views"], where: { or: [{ views: { gt: 2 } }, { views: { isNull: true } }] } });
      expect(sizes).toEqual([
        [null, 3],
        [3, 1],
        [10, 1],
      ]);
      await commit(storage, ...articles({ views: null, live: true }, { views: 5, live: true }));
      expect(await counted(storage, { groupBy: ["views"], where: { live: { eq: true } } })).toEqual([
        [5, 1],
        [null, 1],
      ]);
    },
  },
  {
    name: "text is grouped and ordered by code point, as it is",
    run: async ({ storage }) => {
      const titles = ["b", "B", "\u{1F600}", "\uFFFD", "", "B "];
      await commit(storage, ...articles(...titles.map((title) => ({ title }))));
      expect(await counted(storage, { groupBy: ["title"] })).toEqual(
        ["", "B", "B ", "b", "\uFFFD", "\u{1F600}"].map((title) => [title, 1]),
      );
    },
  },
  {
    name: "groups by several fields have a key of each",
    run: async ({ storage }) => {
      const author = create(Author, {});
      const by = author.meta.id;
      const rows = articles({ live: true, author: by }, { live: false, author: by }, { live: true, author: by }, { live: false });
      await commit(storage, author, ...rows);
      expect(await counted(storage, { groupBy: ["live", "authorId", "meta.status"] })).toEqual([
        [true, by, "stable", 2],
        [false, by, "stable", 1],
        [false, null, "stable", 1],
      ]);
    },
  },
  {
    name: "the limit leaves out the smallest groups",
    run: async ({ storage }) => {
      await commit(storage, ...articles(...[1, 2, 3, 3].map((views) => ({ views }))));
      expect(await counted(storage, { groupBy: ["views"], limit: 2 })).toEqual([
        [3, 2],
        [1, 1],
      ]);
      expect(await counted(storage, { groupBy: ["views"], limit: 0 })).toEqual([]);
    },
  },
  {
    name: "all are one group, also where there is none; by a field nothing has no groups",
    run: async ({ storage }) => {
      const measures = (["values", "distinct", "sum", "min", "max"] as const).map((of) => ({ of, key: "views" }));
      const nothing = [{ key: [], count: 0, values: [0, 0, "0e0", null, null] }];
      expect(await groupsOf(storage, { measures })).toEqual(nothing);
      expect(await groupsOf(storage, { measures, groupBy: ["title"] })).toEqual([]);
      await commit(storage, ...articles({ views: null }));
      expect(await groupsOf(storage, { measures })).toEqual([{ ...nothing[0], count: 1 }]);
    },
  },
  {
    name: "missing and null are no values, and equal values are one",
    run: async ({ storage }) => {
      await commit(storage, ...articles({ views: 1, live: true }, { views: 1, live: false }, { views: 3, live: true }, {}));
      const of = ["values", "distinct"] as const;
      expect(await measured(storage, ...of.map((each) => ({ of: each, key: "views" })))).toEqual([3, 2]);
      expect(await measured(storage, ...of.map((each) => ({ of: each, key: "live" })))).toEqual([3, 2]);
    },
  },
  {
    name: "sums of integers are exact, whatever they come to on the way",
    run: async ({ storage }) => {
      const most = Number.MAX_SAFE_INTEGER;
      await commit(storage, ...articles({ views: most }, { views: most }, { views: 3 }));
      expect(await measured(storage, { of: "sum", key: "views" })).toEqual(["18014398509481985e0"]);
      await commit(storage, ...articles(...[-most, -most, -most].map((views) => ({ views }))));
      expect(await measured(storage, { of: "sum", key: "views" })).toEqual(["-9007199254740988e0"]);
    },
  },
  {
    name: "sums of other numbers are those of the decimals that they are written as",
    run: async ({ storage }) => {
      await commit(storage, ...articles(...[0.1, 0.2, 19.99].map((score) => ({ score }))));
      expect(await measured(storage, { of: "sum", key: "score" })).toEqual(["2029e-2"]);
      const large = [Number.MAX_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE, -Number.MAX_VALUE, 5e-324];
      await commit(storage, ...articles(...large.map((score) => ({ score }))));
      const [sum] = (await measured(storage, { of: "sum", key: "score" })) ?? [];
      expect(sum).toMatch(/^20290{321}5e-324$/);
    },
  },
  {
    name: "extremes are those of the order of a search",
    run: async ({ storage }) => {
      const rows = articles({ title: "\u{1F600}", views: 10, score: -0.5 }, { title: "\uFFFD", views: 9, score: 1e21 }, { title: "a" });
      await commit(storage, ...rows);
      const both = (key: string) => (["min", "max"] as const).map((of) => ({ of, key }));
      expect(await measured(storage, ...["title", "views", "score"].flatMap(both))).toEqual(["a", "\u{1F600}", 9, 10, -0.5, 1e21]);
      const [first, last] = (await measured(storage, ...both("meta.createdAt"))) ?? [];
      expect(String(first) < String(last)).toBe(true);
    },
  },
  {
    name: "measures hold for each group by itself, in the order asked for",
    run: async ({ storage }) => {
      await commit(storage, ...articles({ live: true, views: 1 }, { live: true, views: 2 }, { live: false, views: 10, title: "x" }));
      const measures = [
        { of: "max", key: "views" },
        { of: "sum", key: "views" },
        { of: "distinct", key: "title" },
      ] as const;
      expect(await groupsOf(storage, { groupBy: ["live"], measures })).toEqual([
        { key: [true], count: 2, values: [2, "3e0", 0] },
        { key: [false], count: 1, values: [10, "1e1", 1] },
      ]);
    },
  },
  {
    name: "what is aggregated is what a search finds: through relations, and of what is current",
    run: async ({ storage }) => {
      const [ada, ben] = [create(Author, { name: "Ada" }), create(Author, { name: "Ben" })];
      const [first, second, third] = [
        create(Article, { views: 1, author: ada.meta.id }),
        create(Article, { views: 2, author: ada.meta.id }),
        create(Article, { views: 4, author: ben.meta.id }),
      ];
      await commit(storage, ada, ben, first, second, third, update(first, { views: 8, author: ada.meta.id }));
      const measures = [{ of: "sum", key: "views" }] as const;
      expect(await groupsOf(storage, { measures, where: { author: { name: { eq: "Ada" } } } })).toEqual([
        { key: [], count: 2, values: ["1e1"] },
      ]);
      expect(await groupsOf(storage, { measures })).toEqual([{ key: [], count: 3, values: ["14e0"] }]);
    },
  },
  {
    name: "deleted resources are aggregated only when asked for, purged ones never",
    run: async ({ storage }) => {
      const [live, deleted, purged] = [create(Article, { views: 1 }), create(Article, { views: 2 }), create(Article, { views: 4 })];
      await commit(storage, live, deleted, purged, remove(deleted), purge(purged));
      const measures = [{ of: "sum", key: "views" }] as const;
      expect(await groupsOf(storage, { measures })).toEqual([{ key: [], count: 1, values: ["1e0"] }]);
      expect(await groupsOf(storage, { measures, includeDeleted: true })).toEqual([{ key: [], count: 2, values: ["3e0"] }]);
    },
  },
];
