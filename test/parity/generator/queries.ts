import fc from "fast-check";
import type { Column, ResourceSpec } from "../../../src/index.ts";
import { operatorsOf, queryColumns } from "../../../src/spec/query.ts";
import { leadsToOne, type Relation, relationsOf } from "../../../src/spec/relations.ts";
import { moments } from "./data.ts";
import { cursorOf, idOf, instantOf, own } from "./placeholders.ts";
import { specs } from "./specs.ts";
import { type Measure, measures } from "./step.ts";

type Any = fc.Arbitrary<unknown>;
type Where = Readonly<Record<string, unknown>>;

const relations = relationsOf(specs);
const takesList: ReadonlySet<string> = new Set(["in", "notIn", "hasAny", "hasAll"]);
const nested = (key: string, value: unknown): Where =>
  key.split(".").reduceRight<Where>((inner, part) => ({ [part]: inner }), Object(value));

function operandOf(column: Column): Any {
  switch (column.type) {
    case "int":
      return fc.integer({ min: -2, max: 3 });
    case "float":
      return fc.constantFrom(0, 0.1, -1, 2, 1e21);
    case "boolean":
      return fc.boolean();
    case "date":
      return fc.constantFrom("2026-01-31", "1999-12-31");
    case "datetime":
      return column.path.length === 0 ? fc.nat(30).map(instantOf) : moments;
    case "enum":
      return fc.constantFrom(...(column.values ?? []));
    case "id":
      return fc.oneof(
        fc.nat(9).map((n) => idOf(column.ref?.target ?? "thing", n)),
        fc.constant("nothing"),
      );
    case "string":
      return fc.oneof(fc.constantFrom("", "a", "A", "B", "ä", "Ä", "%", "z", "anonymous"), fc.constantFrom("a", "b", "c").map(own));
  }
}

function testOf(column: Column): Any {
  const operators = operatorsOf(column).map((operator): Any => {
    const operand = operandOf(column);
    if (operator === "isEmpty") return fc.boolean().map((is) => ({ isEmpty: is }));
    return (takesList.has(operator) ? fc.array(operand, { maxLength: 3 }) : operand).map((value) => ({ [operator]: value }));
  });
  const isNull = fc.boolean().map((is) => ({ isNull: is }));
  const length = fc.integer({ min: 0, max: 2 }).map((n) => ({ length: { gte: n } }));
  return fc.oneof({ weight: 4, arbitrary: fc.oneof(...operators) }, isNull, ...(column.array ? [length] : []));
}

function conditionOf(spec: ResourceSpec): fc.Arbitrary<Where> {
  const tests = [...queryColumns(spec).values()].map((column) => testOf(column).map((test) => nested(column.key, test)));
  return fc.oneof(...tests);
}

function relatedOf(spec: ResourceSpec): fc.Arbitrary<Where>[] {
  return [...(relations.get(spec.name)?.values() ?? [])].map((relation: Relation) => {
    const inner = conditionOf(relation.to);
    if (leadsToOne(relation)) return inner.map((where) => nested(relation.key, where));
    return fc
      .tuple(fc.constantFrom("some", "none", "every"), fc.oneof(inner, fc.constant({})))
      .map(([quantifier, where]) => nested(relation.key, { [quantifier]: where }));
  });
}

/** What the data of a revision alone decides. */
export const eventWhere = (spec: ResourceSpec): fc.Arbitrary<Where> =>
  fc.oneof(...spec.columns.map((column) => testOf(column).map((test) => nested(column.key, test))));

/** What is refused on every door, each for a reason of its own. */
const refused = fc.constantFrom<Where>(
  { colour: { eq: "red" } },
  { sections: { eq: "x" } },
  { id: { eq: null } },
  { id: null },
  { id: { like: "x" } },
  { id: { eq: 1.5 } },
  { meta: { version: { eq: "x" } } },
  { id: { in: Array.from({ length: 501 }, (_, i) => `x${i}`) } },
  { and: Array.from({ length: 51 }, () => ({ id: { eq: "x" } })) },
  Array.from({ length: 9 }).reduce<Where>((inner) => ({ not: inner }), { id: { eq: "x" } }),
  { name: { eq: "a\0b" } },
  { title: { contains: "\ud800" } },
);

function whereOf(spec: ResourceSpec): fc.Arbitrary<Where> {
  const condition = conditionOf(spec);
  const related = relatedOf(spec);
  const one = fc.oneof(
    { weight: 4, arbitrary: condition },
    ...(related.length > 0 ? [{ weight: 1, arbitrary: fc.oneof(...related) }] : []),
  );
  const list = fc.array(one, { maxLength: 3 });
  const combined = fc.oneof(
    list.map((and) => ({ and })),
    list.map((or) => ({ or })),
    one.map((not) => ({ not })),
    fc.tuple(one, one).map(([left, right]) => ({ ...left, ...right })),
  );
  return fc.oneof({ weight: 4, arbitrary: one }, { weight: 3, arbitrary: combined }, { weight: 1, arbitrary: refused });
}

const limit = fc.oneof({ weight: 6, arbitrary: fc.nat(4) }, { weight: 1, arbitrary: fc.constantFrom(-1, 201, 200) });
const cursor = fc.oneof({ weight: 5, arbitrary: fc.nat(30).map(cursorOf) }, { weight: 1, arbitrary: fc.constantFrom("AAAA", "") });

export const page = fc.oneof(
  { weight: 3, arbitrary: fc.record({ first: limit, after: cursor }, { requiredKeys: [] }) },
  { weight: 2, arbitrary: fc.record({ last: limit, before: cursor }, { requiredKeys: [] }) },
  { weight: 1, arbitrary: fc.record({ first: limit, last: limit, after: cursor, before: cursor }, { requiredKeys: [] }) },
);

export interface QueryArbitraries {
  readonly where: fc.Arbitrary<Where>;
  readonly orderBy: fc.Arbitrary<readonly string[]>;
  readonly aggregate: fc.Arbitrary<Readonly<Record<string, unknown>>>;
}

export function queryArbitraries(spec: ResourceSpec): QueryArbitraries {
  const columns = [...queryColumns(spec).values()];
  const sortable = columns.filter(({ array }) => !array).map(({ key }) => key);
  const directed = (keys: fc.Arbitrary<string>) => fc.tuple(fc.constantFrom("", "-"), keys).map(([sign, key]) => sign + key);
  const key = fc.oneof(
    { weight: 12, arbitrary: fc.constantFrom(...sortable) },
    { weight: 1, arbitrary: fc.constantFrom("colour", "sections", "tags", "meta.nothing") },
  );
  const keysOf = (what: Measure | "groupBy") => {
    const types: Partial<Record<typeof what, readonly string[]>> = { sum: ["int", "float"], avg: ["int", "float"] };
    const fit = columns.filter(({ array, type, name }) => !array && name !== "_id" && (types[what]?.includes(type) ?? true));
    const ordered = fit.filter(({ type }) => what === "groupBy" || what === "countDistinct" || (type !== "id" && type !== "boolean"));
    return fc.uniqueArray(fc.constantFrom(...ordered.map((column) => column.key)), { maxLength: 2 });
  };
  const lists = Object.fromEntries(measures.map((measure) => [measure, keysOf(measure)]));
  return {
    where: whereOf(spec),
    orderBy: fc.uniqueArray(directed(key), { maxLength: 2 }),
    aggregate: fc.record(
      { where: whereOf(spec), groupBy: keysOf("groupBy"), first: limit, includeDeleted: fc.boolean(), ...lists },
      { requiredKeys: [] },
    ),
  };
}
