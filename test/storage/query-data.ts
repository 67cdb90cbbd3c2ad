import fc from "fast-check";
import { z } from "zod";
import { ref } from "../../src/spec/field.ts";
import { defineResource } from "../../src/spec/resource.ts";
import { create, modify, newId, purge, remove, update, type Version } from "./fixtures.ts";
import type { OracleRow } from "./query-oracle.ts";

/** A spec with a column of every kind, each of which may be missing or null. */
export const Thing = defineResource("thing", {
  schema: z.object({
    title: z.string().nullish(),
    views: z.int().nullish(),
    score: z.number().nullish(),
    live: z.boolean().nullish(),
    level: z.enum(["low", "Mid", "high"]).nullish(),
    day: z.iso.date().nullish(),
    moment: z.iso.datetime({ offset: true }).nullish(),
    tags: z.array(z.string()).nullish(),
    ratings: z.array(z.int().nullable()).nullish(),
    moments: z.array(z.iso.datetime({ offset: true })).nullish(),
    owner: ref("thing").nullish(),
    friends: z.array(ref("thing", { inverse: "friendOf" })).nullish(),
    address: z.object({ city: z.string().max(100).nullish(), zip: z.int().nullish() }).nullish(),
  }),
  index: [
    "title",
    "views",
    "score",
    "live",
    "level",
    "day",
    "moment",
    "tags",
    "ratings",
    "moments",
    "friends",
    "address.city",
    "address.zip",
    ["level", "views"],
  ],
  history: true,
});

/** Letters that go wrong: wildcards, quotes, case beyond ASCII, both forms of é, the surrogate range's neighbours, astral ones. */
const letters = [
  ..."aAbBkK%_*?\\'\"[]^ \n0é",
  "e\u0301",
  "\u0307",
  "ß",
  "ẞ",
  "İ",
  "ı",
  "i",
  "Σ",
  "ς",
  "σ",
  "\u212A",
  "\uD7FF",
  "\uE000",
  "\uFFFD",
  "\uFFFF",
  "\u{10000}",
  "\u{10400}",
  "\u{10428}",
  "\u{1F600}",
  "\u{10FFFF}",
];

/** Values per kind. Rows and operands are taken from the same small pools, so that they meet. */
export const pools = {
  text: fc.oneof(
    fc.constantFrom(
      "",
      "a",
      "A",
      "ab",
      "100%",
      "a_b",
      "ΟΔΟΣ",
      "οδος",
      "İ",
      "i\u0307",
      "K",
      "\u212A",
      "\uFFFD",
      "\u{1F600}",
      "straße",
      "STRASSE",
    ),
    fc.array(fc.constantFrom(...letters), { maxLength: 4 }).map((parts) => parts.join("")),
  ),
  int: fc.constantFrom(
    0,
    1,
    -1,
    2,
    3,
    10,
    2 ** 31,
    -(2 ** 31) - 1,
    Number.MAX_SAFE_INTEGER,
    Number.MAX_SAFE_INTEGER - 1,
    Number.MIN_SAFE_INTEGER,
  ),
  float: fc.constantFrom(
    0,
    1,
    -1.5,
    0.1,
    0.2,
    0.1 + 0.2,
    0.3,
    5e-324,
    -5e-324,
    1e21,
    2 ** 53,
    2 ** 53 + 2,
    Number.MAX_VALUE,
    -Number.MAX_VALUE,
  ),
  boolean: fc.boolean(),
  level: fc.constantFrom("low", "Mid", "high"),
  day: fc.constantFrom("0001-01-01", "1999-12-31", "2026-01-31", "2026-02-01", "9999-12-31"),
  instant: fc.constantFrom(
    "2026-01-31T12:00:00Z",
    "2026-01-31T13:00:00+01:00",
    "2026-01-31T12:00:00.000Z",
    "2026-01-31T12:00:00.000000001Z",
    "2026-01-31T17:30:00.000000001+05:30",
    "2026-01-31T12:00:00.0000000012Z",
    "2026-01-31T11:59:59.999999999Z",
    "2026-01-31T12:00Z",
    "1969-12-31T23:59:59.999Z",
    "0000-01-01T00:00:00+01:00",
    "0000-01-01T00:00:00Z",
    "9999-12-31T23:59:59.999999999Z",
    "9999-12-31T23:59:59-01:00",
    "2024-02-29T00:00:00-00:30",
    "2024-02-29T00:30:00Z",
  ),
  actor: fc.constantFrom("ann", "Ann", "änn", "\u{1F600}", "anonymous"),
};

/** A value or null; that a field is missing comes from the records. */
const nullish = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 5 });
const some = <T>(value: fc.Arbitrary<T>) => fc.array(value, { maxLength: 3 });

/** The first ten are there, at least once; the others dangle. */
const someId = fc.nat(12).map((index) => `thing_owner${index}`);

export const data = fc.record(
  {
    title: nullish(pools.text),
    views: nullish(pools.int),
    score: nullish(pools.float),
    live: nullish(pools.boolean),
    level: nullish(pools.level),
    day: nullish(pools.day),
    moment: nullish(pools.instant),
    tags: nullish(some(pools.text)),
    ratings: nullish(some(nullish(pools.int))),
    moments: nullish(some(pools.instant)),
    owner: nullish(someId),
    friends: nullish(some(someId)),
    address: nullish(fc.record({ city: nullish(pools.text), zip: nullish(pools.int) }, { requiredKeys: [] })),
  },
  { requiredKeys: [] },
);

const instant = Date.UTC(2026, 0, 31, 12);
const life = fc.constantFrom("created", "created", "created", "updated", "modified", "deleted", "purged");
const seeds = fc.record({
  data,
  other: data,
  life,
  by: pools.actor,
  at: fc.nat(5),
  status: fc.constantFrom("draft" as const, "stable" as const),
});

/** One data set: the changes that lead to it, and the rows that are there in the end. */
export function dataSet(seed: number, size: number): { readonly steps: readonly Version[]; readonly rows: readonly OracleRow[] } {
  const rows: OracleRow[] = [];
  const steps = fc.sample(seeds, { seed, numRuns: size }).flatMap((each, index) => {
    const first = create(Thing, each.data, {
      id: index < 10 ? `thing_owner${index}` : newId(Thing),
      by: each.by,
      at: instant + each.at,
      status: each.life === "modified" ? "draft" : each.status,
    });
    const later = { at: instant + 1_000 + each.at, by: each.by };
    const last = {
      created: () => [],
      updated: () => [update(first, each.other, later)],
      modified: () => [modify(first, each.other, later)],
      deleted: () => [remove(first, later)],
      purged: () => [purge(first, later)],
    }[each.life]();
    const versions: Version[] = [first, ...last];
    const current = versions.at(-1) ?? first;
    rows.push({ meta: current.meta, data: JSON.parse(current.revision.body) });
    return versions;
  });
  return { steps, rows };
}
