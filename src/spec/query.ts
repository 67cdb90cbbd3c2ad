import { fail, type SpecStarError } from "../errors.ts";
import { type Column, type ColumnType, idColumn, type Scalar, systemColumns } from "./column.ts";
import { instantKey } from "./instant.ts";
import { notIndexed } from "./not-indexed.ts";
import { leadsToOne, type Relation, type Relations } from "./relations.ts";
import type { ResourceSpec } from "./resource.ts";

/**
 * A filter as stores run it. Three-valued logic: a test on a missing or null value is unknown, unknown under `not` stays
 * unknown, only rows that are true are returned. `is null` itself is never unknown.
 */
export type Filter =
  | { readonly kind: "and"; readonly of: readonly Filter[] }
  | { readonly kind: "or"; readonly of: readonly Filter[] }
  | { readonly kind: "not"; readonly of: Filter }
  | { readonly kind: "null"; readonly column: Column; readonly is: boolean }
  /** `of: "length"` tests the number of items of a list. */
  | {
      readonly kind: "test";
      readonly column: Column;
      readonly of: "value" | "length";
      readonly operator: Operator;
      readonly operand: Scalar | readonly Scalar[];
    }
  /** What holds for the one that a ref leads to: unknown where it leads to none. */
  | { readonly kind: "one"; readonly related: Related; readonly of: Filter }
  /** Whether there are some for which a filter is true, or (`is: false`) some for which it is not: itself never unknown. */
  | { readonly kind: "some"; readonly related: Related; readonly of: Filter; readonly is: boolean };

/** Live resources that a filter asks about beside the one that it is asked of. */
export interface Related {
  /** Name of their spec. */
  readonly type: string;
  /** The ref that leads to them, or with `back` theirs that leads here; a single id, or a list. */
  readonly column: Column;
  readonly back: boolean;
  /** Others are as if they were not there. */
  readonly within?: Filter;
}

/** `isEmpty` takes a boolean operand; `in notIn hasAny hasAll` take lists. */
export type Operator = (typeof equality)[number] | (typeof ordering)[number] | (typeof text)[number] | (typeof list)[number];

export interface Order {
  readonly column: Column;
  readonly descending: boolean;
}

export const defaultQueryLimits = { conditions: 50, depth: 8, operands: 500, pageSize: 200, defaultPageSize: 20 };
export type QueryLimits = typeof defaultQueryLimits;

const equality = ["eq", "ne", "in", "notIn"] as const;
const ordering = ["gt", "gte", "lt", "lte"] as const;
const text = ["contains", "startsWith", "endsWith", "iEq", "iContains", "iStartsWith", "iEndsWith"] as const;
const list = ["has", "hasAny", "hasAll", "isEmpty"] as const;
const takesList: ReadonlySet<string> = new Set(["in", "notIn", "hasAny", "hasAll"]);

const byType: Record<ColumnType, readonly Operator[]> = {
  string: [...equality, ...ordering, ...text],
  int: [...equality, ...ordering],
  float: [...equality, ...ordering],
  date: [...equality, ...ordering],
  datetime: [...equality, ...ordering],
  boolean: equality,
  enum: equality,
  id: equality,
};

/** The operators of a column, without `isNull`, which all have, and `length`, which lists have. */
export const operatorsOf = (column: Pick<Column, "type" | "array">): readonly Operator[] => (column.array ? list : byType[column.type]);

const bad = (message: string, field?: string): SpecStarError => fail("BAD_REQUEST", message, field === undefined ? {} : { field });

interface Level {
  readonly spec: ResourceSpec;
  readonly limits: QueryLimits;
  readonly relations: Relations | undefined;
  readonly columns: ReadonlyMap<string, Column>;
  readonly count: { conditions: number };
}

const columnMaps = new WeakMap<ResourceSpec, ReadonlyMap<string, Column>>();

/** All that can be filtered and sorted by, by the name that queries use. */
export function queryColumns(spec: ResourceSpec): ReadonlyMap<string, Column> {
  let columns = columnMaps.get(spec);
  if (!columns) {
    columns = new Map([...systemColumns, ...spec.columns].map((column) => [column.key, column]));
    columnMaps.set(spec, columns);
  }
  return columns;
}

/**
 * Plain `where` data (from TypeScript, GraphQL or REST) to a filter. Limits are for all levels together.
 * @param relations where it may ask about other resources
 * @throws BAD_REQUEST for unknown fields and operators, operands of another type, nulls, and limits; NOT_INDEXED for fields
 * that exist and are not indexed.
 */
export function parseWhere(
  spec: ResourceSpec,
  where: unknown,
  limits: QueryLimits = defaultQueryLimits,
  relations?: Relations,
): Filter | undefined {
  if (where === undefined) return undefined;
  const filter = parseLevel({ spec, limits, relations, columns: queryColumns(spec), count: { conditions: 0 } }, where, "", 1);
  return filter.kind === "and" && filter.of.length === 0 ? undefined : filter;
}

function parseLevel(level: Level, where: unknown, prefix: string, depth: number): Filter {
  if (depth > level.limits.depth) throw bad(`The filter is nested more than ${level.limits.depth} levels deep`);
  const of = Object.entries(plainObject(where, prefix || "where")).map(([key, value]): Filter => {
    const at = prefix + key;
    if (value === null) throw bad(`Filter ${at}: null is not an operand. Use { isNull: true }`, at);
    if (prefix === "" && (key === "and" || key === "or")) {
      if (!Array.isArray(value)) throw bad(`Filter ${key} takes a list`, key);
      return { kind: key, of: value.map((each) => parseLevel(level, each, "", depth + 1)) };
    }
    if (prefix === "" && key === "not") return { kind: "not", of: parseLevel(level, value, "", depth + 1) };
    const column = level.columns.get(at);
    if (column) return parseTests(level, column, value, "value");
    const relation = level.relations?.get(level.spec.name)?.get(at);
    if (relation) return parseRelation(level, relation, value, depth);
    for (const known of level.columns.keys()) if (known.startsWith(`${at}.`)) return parseLevel(level, value, `${at}.`, depth + 1);
    throw notIndexed(level.spec, at);
  });
  return of.length === 1 && of[0] ? of[0] : { kind: "and", of };
}

function parseRelation(level: Level, relation: Relation, value: unknown, depth: number): Filter {
  const { key, to, column, back } = relation;
  const related = { type: to.name, column, back };
  const there = { ...level, spec: to, columns: queryColumns(to) };
  if (leadsToOne(relation)) {
    countCondition(level, relationWeight);
    return { kind: "one", related, of: parseLevel(there, value, "", depth + 1) };
  }
  const of = Object.entries(plainObject(value, key)).map(([quantifier, each]): Filter => {
    const at = `${key}.${quantifier}`;
    const make = quantifiers.get(quantifier);
    if (!make) throw bad(`Filter ${at}: ${key} takes ${[...quantifiers.keys()].join(", ")}`, at);
    if (each === null) throw bad(`Filter ${at}: null is not an operand`, at);
    countCondition(level, relationWeight);
    return make(related, parseLevel(there, each, "", depth + 2));
  });
  return of.length === 1 && of[0] ? of[0] : { kind: "and", of };
}

/** As many conditions as a relation counts for: it may be a look at a whole table. */
const relationWeight = 5;

type Quantify = (related: Related, of: Filter) => Filter;

const quantifiers = new Map<string, Quantify>([
  ["some", (related, of) => ({ kind: "some", related, of, is: true })],
  ["none", (related, of) => ({ kind: "not", of: { kind: "some", related, of, is: true } })],
  ["every", (related, of) => ({ kind: "not", of: { kind: "some", related, of, is: false } })],
]);

function countCondition({ count, limits }: Level, weight = 1): void {
  count.conditions += weight;
  if (count.conditions > limits.conditions) throw bad(`The filter has more than ${limits.conditions} conditions`);
}

function parseTests(level: Level, column: Column, value: unknown, of: "value" | "length"): Filter {
  const tests = Object.entries(plainObject(value, column.key)).map(([operator, operand]): Filter => {
    const at = `${column.key}.${operator}`;
    if (operand === null) throw bad(`Filter ${at}: null is not an operand. Use { isNull: true }`, at);
    countCondition(level);
    if (of === "value" && operator === "isNull") return { kind: "null", column, is: booleanOperand(operand, at) };
    if (of === "value" && column.array && operator === "length") return parseTests(level, column, operand, "length");
    const type = of === "length" ? "int" : column.type;
    const known = of === "length" ? byType.int : operatorsOf(column);
    const name = known.find((each) => each === operator);
    if (!name)
      throw bad(
        `Filter ${at}: ${column.key} has the operators ${[...known, "isNull", ...(column.array ? ["length"] : [])].join(", ")}`,
        at,
      );
    return { kind: "test", column, of, operator: name, operand: parseOperand(level, type, column, name, operand, at) };
  });
  return tests.length === 1 && tests[0] ? tests[0] : { kind: "and", of: tests };
}

function parseOperand(
  level: Level,
  type: ColumnType,
  column: Column,
  operator: string,
  operand: unknown,
  at: string,
): Scalar | readonly Scalar[] {
  if (operator === "isEmpty") return booleanOperand(operand, at);
  if (!takesList.has(operator)) return parseScalar(type, column, operand, at);
  if (!Array.isArray(operand)) throw bad(`Filter ${at} takes a list`, at);
  if (operand.length > level.limits.operands) throw bad(`Filter ${at} has more than ${level.limits.operands} values`, at);
  return operand.map((each) => parseScalar(type, column, each, at));
}

function booleanOperand(operand: unknown, at: string): boolean {
  if (typeof operand !== "boolean") throw bad(`Filter ${at} takes true or false`, at);
  return operand;
}

const expected: Record<ColumnType, string> = {
  string: "a string",
  id: "an id",
  enum: "one of its values",
  int: "an integer",
  float: "a number",
  boolean: "true or false",
  date: "a date like 2026-01-31",
  datetime: "an instant like 2026-01-31T12:00:00Z",
};

function parseScalar(type: ColumnType, column: Column, operand: unknown, at: string): Scalar {
  const value = scalarOf(type, column, operand);
  if (value === undefined) throw bad(`Filter ${at} takes ${expected[type]}${type === "enum" ? `: ${column.values?.join(", ")}` : ""}`, at);
  return value;
}

function scalarOf(type: ColumnType, column: Column, operand: unknown): Scalar | undefined {
  switch (type) {
    case "int":
      return Number.isSafeInteger(operand) ? Number(operand) : undefined;
    case "float":
      return Number.isFinite(operand) ? Number(operand) : undefined;
    case "boolean":
      return typeof operand === "boolean" ? operand : undefined;
    default:
      if (typeof operand !== "string" || !operand.isWellFormed() || operand.includes("\0")) return undefined;
      if (type === "datetime") return instantKey(operand) ?? undefined;
      if (type === "date") return /^\d{4}-\d{2}-\d{2}$/.test(operand) ? operand : undefined;
      return type === "enum" && !column.values?.includes(operand) ? undefined : operand;
  }
}

function plainObject(value: unknown, at: string): Record<string, unknown> {
  if (!isObject(value)) throw bad(`Filter ${at} takes an object`, at);
  return value;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** `["-views", "title"]` to a total order: the id comes last, in the direction of the last named key. */
export function parseOrder(spec: ResourceSpec, orderBy: string | readonly string[] | undefined): readonly Order[] {
  const keys = orderBy === undefined ? [] : typeof orderBy === "string" ? [orderBy] : orderBy;
  const columns = queryColumns(spec);
  const order = keys.map((key): Order => {
    const descending = key.startsWith("-");
    const name = descending ? key.slice(1) : key;
    if (name === "") throw bad("orderBy names no field: write title, or -title for descending order", "orderBy");
    const column = columns.get(name);
    if (!column) throw notIndexed(spec, name);
    if (column.array) throw bad(`Field ${name} of ${spec.name} is a list and cannot be sorted by`, name);
    return { column, descending };
  });
  const names = new Set(order.map(({ column }) => column.name));
  if (names.size !== order.length) throw bad("orderBy names a field twice");
  if (names.has(idColumn.name)) return order.slice(0, order.findIndex(({ column }) => column === idColumn) + 1);
  return [...order, { column: idColumn, descending: order.at(-1)?.descending ?? false }];
}
