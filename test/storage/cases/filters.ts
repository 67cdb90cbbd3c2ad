import { expect } from "vitest";
import { type Case, commit, found, idsOf } from "../case.ts";
import { Article, create, type Version } from "../fixtures.ts";

/** Which of these data a filter finds, by index. One line per rule; `query.test.ts` then generates what nobody thought of. */
const finds = (
  name: string,
  data: readonly Readonly<Record<string, unknown>>[],
  expectations: readonly (readonly [where: unknown, ...indexes: number[]])[],
): Case => ({
  name,
  run: async ({ storage }) => {
    const articles = data.map((each) => create(Article, each));
    await commit(storage, ...articles);
    for (const [where, ...indexes] of expectations) {
      expect(await found(storage, Article, { where }), JSON.stringify(where)).toEqual(
        idsOf(indexes.map((index) => articles[index] as Version)),
      );
    }
  },
});

const titled = (...titles: readonly (string | null)[]) => titles.map((title) => ({ title }));

export const filters: readonly Case[] = [
  finds(
    "a comparison with null is unknown, also under not, and only true rows are found",
    [{ views: 1 }, { views: null }, {}, { views: 2 }],
    [
      [{ views: { eq: 1 } }, 0],
      [{ views: { ne: 1 } }, 3],
      [{ not: { views: { eq: 1 } } }, 3],
      [{ not: { views: { ne: 1 } } }, 0],
      [{ not: { not: { views: { eq: 1 } } } }, 0],
      [{ views: { notIn: [1] } }, 3],
      [{ not: { views: { in: [1] } } }, 3],
      [{ views: { isNull: true } }, 1, 2],
      [{ not: { views: { isNull: true } } }, 0, 3],
      [{ or: [{ views: { eq: 1 } }, { views: { isNull: true } }] }, 0, 1, 2],
      [{ not: { and: [{ views: { eq: 1 } }, { title: { isNull: false } }] } }, 0, 1, 2, 3],
      [{ not: { or: [{ views: { eq: 1 } }, { title: { isNull: true } }] } }],
    ],
  ),
  finds(
    "empty lists and empty filters are true or false as the contract says",
    [{ views: 1 }, { views: null }],
    [
      [{}, 0, 1],
      [{ and: [] }, 0, 1],
      [{ or: [] }],
      [{ not: { or: [] } }, 0, 1],
      [{ not: {} }],
      [{ views: {} }, 0, 1],
      [{ views: { in: [] } }],
      [{ views: { notIn: [] } }, 0],
    ],
  ),
  finds("strings compare by code point and by case", titled("a", "A", "b", "\u{1F600}", "\uFFFD", "e\u0301", "\u00e9", "", null), [
    [{ title: { eq: "a" } }, 0],
    [{ title: { in: ["A", "\u00e9"] } }, 1, 6],
    [{ title: { gt: "\uFFFD" } }, 3],
    [{ title: { gte: "\uFFFD" } }, 3, 4],
    [{ title: { lt: "a" } }, 1, 7],
    [{ title: { lte: "a" } }, 0, 1, 7],
    [{ title: { eq: "" } }, 7],
    [{ title: { eq: "e\u0301" } }, 5],
  ]),
  finds("in substrings % _ * ? \\ are ordinary characters", titled("100%", "1000", "a_b", "axb", "a*b", "[a]", "c\\d", null), [
    [{ title: { contains: "0%" } }, 0],
    [{ title: { contains: "_" } }, 2],
    [{ title: { startsWith: "a_" } }, 2],
    [{ title: { startsWith: "a*" } }, 4],
    [{ title: { endsWith: "%" } }, 0],
    [{ title: { iContains: "A_B" } }, 2],
    [{ title: { iStartsWith: "[A" } }, 5],
    [{ title: { iEndsWith: "\\D" } }, 6],
    [{ title: { contains: "" } }, 0, 1, 2, 3, 4, 5, 6],
    [{ not: { title: { contains: "a" } } }, 0, 1, 6],
  ]),
  finds(
    "case-insensitive is toLowerCase on both sides, far beyond ASCII",
    titled("STRASSE", "straße", "ÄÖÜ", "\u212A", "\u0130", "\u{10400}", "ΟΔΟΣ"),
    [
      [{ title: { iEq: "strasse" } }, 0],
      [{ title: { iEq: "STRAßE" } }, 1],
      [{ title: { iEq: "äöü" } }, 2],
      [{ title: { iEq: "K" } }, 3],
      [{ title: { iEq: "\u0130" } }, 4],
      [{ title: { iEq: "i\u0307" } }, 4],
      [{ title: { iEq: "\u{10428}" } }, 5],
      [{ title: { iContains: "δο" } }, 6],
      [{ title: { iStartsWith: "Ä" } }, 2],
      [{ title: { iEndsWith: "ü" } }, 2],
      [{ title: { contains: "s" } }, 1],
    ],
  ),
  finds(
    "lists are tested by their items and their length",
    [{ tags: ["a", "b", "a"] }, { tags: ["A"] }, { tags: [] }, { tags: null }, { tags: ["%", 'a"b', ""] }],
    [
      [{ tags: { has: "a" } }, 0],
      [{ tags: { has: "" } }, 4],
      [{ tags: { has: 'a"b' } }, 4],
      [{ tags: { hasAny: ["A", "b"] } }, 0, 1],
      [{ tags: { hasAny: [] } }],
      [{ tags: { hasAll: ["b", "a", "b"] } }, 0],
      [{ tags: { hasAll: [] } }, 0, 1, 2, 4],
      [{ tags: { isEmpty: true } }, 2],
      [{ tags: { isEmpty: false } }, 0, 1, 4],
      [{ tags: { length: { eq: 3 } } }, 0, 4],
      [{ tags: { length: { lt: 2 } } }, 1, 2],
      [{ tags: { isNull: true } }, 3],
      [{ not: { tags: { has: "a" } } }, 1, 2, 4],
    ],
  ),
  finds(
    "numbers and booleans compare by value, to the edges",
    [
      { score: 0.1, live: true },
      { score: 1e308, live: false },
      { score: -5e-324 },
      { score: 9_007_199_254_740_992 },
      { views: 9_007_199_254_740_991 },
      { views: -9_007_199_254_740_991 },
    ],
    [
      [{ score: { eq: 0.1 } }, 0],
      [{ score: { gt: 0.1 } }, 1, 3],
      [{ score: { lt: 0 } }, 2],
      [{ score: { eq: 9_007_199_254_740_992 } }, 3],
      [{ views: { gt: 9_007_199_254_740_990 } }, 4],
      [{ views: { lte: -9_007_199_254_740_991 } }, 5],
      [{ live: { eq: true } }, 0],
      [{ live: { ne: true } }, 1],
      [{ live: { in: [true, false] } }, 0, 1],
    ],
  ),
  {
    name: "meta can be filtered and sorted by like data",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" }, { by: "ann", status: "draft" });
      const second = create(Article, { title: "2" }, { by: "ben" });
      await commit(storage, first, second);
      const at = (instant: number) => new Date(instant).toISOString();
      const filtersOfFirst = [
        { id: { eq: first.meta.id } },
        { meta: { status: { eq: "draft" } } },
        { meta: { createdBy: { eq: "ann" } } },
        { meta: { createdAt: { lt: at(second.meta.createdAt) } } },
        { meta: { updatedAt: { eq: at(first.meta.updatedAt).replace("Z", "+00:00") } } },
        { meta: { version: { eq: 1 }, updatedBy: { startsWith: "an" } } },
      ];
      for (const where of filtersOfFirst) expect(await found(storage, Article, { where }), JSON.stringify(where)).toEqual(idsOf([first]));
      expect(await found(storage, Article, { orderBy: ["-meta.createdAt"] })).toEqual(idsOf([second, first]));
      expect(await found(storage, Article, { orderBy: ["-meta.createdBy"] })).toEqual(idsOf([second, first]));
    },
  },
];
