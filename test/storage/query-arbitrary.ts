import fc from "fast-check";
import { pools } from "./query-data.ts";

type Plain = Readonly<Record<string, unknown>>;
type Values = fc.Arbitrary<unknown>;

export interface GeneratedSearch {
  readonly where: Plain;
  readonly orderBy: readonly string[];
  readonly includeDeleted: boolean;
}

const lists = (values: Values): Values => fc.array(values, { maxLength: 4 });
const equality = (values: Values): [string, Values][] => [
  ["eq", values],
  ["ne", values],
  ["in", lists(values)],
  ["notIn", lists(values)],
];
const ordering = (values: Values): [string, Values][] => [
  ...equality(values),
  ...["gt", "gte", "lt", "lte"].map((operator): [string, Values] => [operator, values]),
];
const text = (values: Values): [string, Values][] => [
  ...ordering(values),
  ...["contains", "startsWith", "endsWith", "iEq", "iContains", "iStartsWith", "iEndsWith"].map((operator): [string, Values] => [
    operator,
    values,
  ]),
];
const listed = (values: Values): [string, Values][] => [
  ["has", values],
  ["hasAny", lists(values)],
  ["hasAll", lists(values)],
  ["isEmpty", fc.boolean()],
  ["length", fc.oneof(...ordering(fc.nat(4)).map(([operator, operand]) => operand.map((each) => ({ [operator]: each }))))],
];

const ids = fc.nat(12).map((index) => `thing_owner${index}`);
const clock = fc.nat(6).map((ms) => new Date(Date.UTC(2026, 0, 31, 12) + ms).toISOString());

/** Per field its operators and operands: the whole table of CONTRACT §7. */
const operators: Readonly<Record<string, readonly [operator: string, operand: Values][]>> = {
  title: text(pools.text),
  views: ordering(pools.int),
  score: ordering(pools.float),
  live: equality(pools.boolean),
  level: equality(pools.level),
  day: ordering(pools.day),
  moment: ordering(pools.instant),
  tags: listed(pools.text),
  ratings: listed(pools.int),
  moments: listed(pools.instant),
  ownerId: equality(ids),
  friendIds: listed(ids),
  "address.city": text(pools.text),
  "address.zip": ordering(pools.int),
  id: equality(ids),
  "meta.version": ordering(fc.nat(3)),
  "meta.createdAt": ordering(clock),
  "meta.createdBy": text(pools.actor),
  "meta.updatedAt": ordering(clock),
  "meta.updatedBy": text(pools.actor),
  "meta.schemaVersion": ordering(fc.nat(2)),
  "meta.deletedAt": ordering(fc.oneof(clock, pools.instant)),
  "meta.revisionCount": ordering(fc.nat(3)),
  "meta.status": equality(fc.constantFrom("draft", "stable")),
};

const nested = (key: string, value: unknown): Plain =>
  key.split(".").reduceRight<unknown>((inner, part) => ({ [part]: inner }), value) as Plain;

const condition: fc.Arbitrary<Plain> = fc.oneof(
  ...Object.entries(operators).map(([key, table]) => {
    const test = fc.oneof(
      ...table.map(([operator, operand]) => operand.map((each): [string, unknown] => [operator, each])),
      fc.boolean().map((is): [string, unknown] => ["isNull", is]),
    );
    return fc.array(test, { minLength: 1, maxLength: 2, size: "xsmall" }).map((tests) => nested(key, Object.fromEntries(tests)));
  }),
);

const quantifiers = fc.subarray(["some", "none", "every"], { minLength: 1, maxLength: 2 });

const whereOf = (relations: boolean): fc.Arbitrary<Plain> =>
  fc.letrec<{ filter: Plain; node: Plain }>((tie) => ({
    filter: fc.oneof(
      { maxDepth: 4, depthSize: "small", withCrossShrink: true },
      { arbitrary: condition, weight: 3 },
      { arbitrary: tie("node"), weight: 2 },
    ),
    node: fc.oneof(
      fc.constant({}),
      fc.array(tie("filter"), { maxLength: 3 }).map((and): Plain => ({ and })),
      fc.array(tie("filter"), { maxLength: 3 }).map((or): Plain => ({ or })),
      tie("filter").map((not): Plain => ({ not })),
      ...(relations
        ? [
            tie("filter").map((owner): Plain => ({ owner })),
            fc
              .tuple(fc.constantFrom("things", "friends", "friendOf"), quantifiers, tie("filter"))
              .map(([relation, of, filter]): Plain => ({ [relation]: Object.fromEntries(of.map((each) => [each, filter])) })),
          ]
        : []),
      // Several keys at one level are an `and` as well.
      fc.tuple(tie("filter"), tie("filter")).map(([one, other]): Plain => ({ ...one, not: other })),
    ),
  })).filter;

export const sortable = [
  "title",
  "views",
  "score",
  "live",
  "level",
  "day",
  "moment",
  "ownerId",
  "address.city",
  "address.zip",
  "id",
  "meta.version",
  "meta.createdAt",
  "meta.createdBy",
  "meta.updatedAt",
  "meta.updatedBy",
  "meta.deletedAt",
  "meta.status",
];
const orderBy = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...sortable), fc.boolean()), { maxLength: 3, selector: ([key]) => key })
  .map((keys) => keys.map(([key, descending]) => (descending ? `-${key}` : key)));

const searchesOf = (relations: boolean): fc.Arbitrary<GeneratedSearch> =>
  fc.record({ where: whereOf(relations), orderBy, includeDeleted: fc.boolean() });

export const searches = searchesOf(true);
/** Of resources by themselves. */
export const plainSearches = searchesOf(false);
