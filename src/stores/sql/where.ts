import type { Scalar } from "../../spec/column.ts";
import type { Filter, Operator } from "../../spec/query.ts";
import type { Dialect } from "./dialect.ts";
import { allOf, anyOf, type Bind, joined, name, raw, type Sql, sql } from "./sql-text.ts";

type Test = Extract<Filter, { kind: "test" }>;

/** A column of the resource's table, which has the alias `t` in every query: bare, `value` or `key` would be columns of a list's items. */
export const columnSql = (column: string): Sql => sql`t.${name(column)}`;

/** A filter as SQL. SQL's own three-valued logic is the one that the contract asks for. */
export function whereSql(dialect: Dialect, filter: Filter): Sql {
  switch (filter.kind) {
    case "and":
      return allOf(filter.of.map((each) => whereSql(dialect, each)));
    case "or":
      return anyOf(filter.of.map((each) => whereSql(dialect, each)));
    case "not":
      return sql`not (${whereSql(dialect, filter.of)})`;
    case "null":
      return filter.is ? sql`${columnSql(filter.column.name)} is null` : sql`${columnSql(filter.column.name)} is not null`;
    case "test":
      return testSql(dialect, filter);
  }
}

function testSql(dialect: Dialect, { column, of, operator, operand }: Test): Sql {
  const value = columnSql(column.name);
  if (of === "length") return scalarTests[operator]?.(dialect.length(value), operand, dialect) ?? raw("null");
  return (column.array ? listTests : scalarTests)[operator]?.(value, operand, dialect) ?? raw("null");
}

export const bindOf = (value: Scalar | null): Bind => (typeof value === "boolean" ? Number(value) : value);

type Operand = Test["operand"];
type Compile = (value: Sql, operand: Operand, dialect: Dialect) => Sql;

const one = (operand: Operand): Bind => (typeof operand === "object" ? null : bindOf(operand));
const many = (operand: Operand): readonly Bind[] => (typeof operand === "object" ? operand.map(bindOf) : []);
const text = (operand: Operand): string => String(operand);
const lower = (operand: Operand): string => text(operand).toLowerCase();

/** True for what has a value, else unknown. */
const known = (value: Sql): Sql => sql`nullif(${value} is not null, 0)`;

/** A list of parameters. Its length is rounded up to a power of two, so that the number of SQL texts stays small. */
function operands(values: readonly Bind[]): Sql {
  const length = 2 ** Math.ceil(Math.log2(values.length));
  return joined(
    Array.from({ length }, (_, i) => sql`${values[Math.min(i, values.length - 1)] ?? null}`),
    ", ",
  );
}

/** A range instead of a comparison of parts, so that indexes serve. */
function startsWith(value: Sql, prefix: string): Sql {
  if (prefix === "") return known(value);
  const end = behind(prefix);
  return end === undefined ? sql`${value} >= ${prefix}` : sql`(${value} >= ${prefix} and ${value} < ${end})`;
}

/** The first text, by code point, that is behind all texts with this prefix; undefined where there is none. */
function behind(prefix: string): string | undefined {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}

function endsWith(value: Sql, suffix: string, dialect: Dialect): Sql {
  return suffix === "" ? known(value) : sql`${dialect.last(value, Array.from(suffix).length)} = ${suffix}`;
}

const scalarTests: Partial<Record<Operator, Compile>> = {
  eq: (value, operand) => sql`${value} = ${one(operand)}`,
  ne: (value, operand) => sql`${value} <> ${one(operand)}`,
  in: (value, operand) => (many(operand).length === 0 ? raw("1 = 0") : sql`${value} in (${operands(many(operand))})`),
  notIn: (value, operand) => (many(operand).length === 0 ? known(value) : sql`${value} not in (${operands(many(operand))})`),
  gt: (value, operand) => sql`${value} > ${one(operand)}`,
  gte: (value, operand) => sql`${value} >= ${one(operand)}`,
  lt: (value, operand) => sql`${value} < ${one(operand)}`,
  lte: (value, operand) => sql`${value} <= ${one(operand)}`,
  contains: (value, operand, dialect) => dialect.contains(value, text(operand)),
  startsWith: (value, operand) => startsWith(value, text(operand)),
  endsWith: (value, operand, dialect) => endsWith(value, text(operand), dialect),
  iEq: (value, operand, dialect) => sql`${dialect.lower(value)} = ${lower(operand)}`,
  iContains: (value, operand, dialect) => dialect.contains(dialect.lower(value), lower(operand)),
  iStartsWith: (value, operand, dialect) =>
    sql`${dialect.first(dialect.lower(value), Array.from(lower(operand)).length)} = ${lower(operand)}`,
  iEndsWith: (value, operand, dialect) => endsWith(dialect.lower(value), lower(operand), dialect),
};

/** A null list is unknown, where looking for an item in nothing would say false. */
const unlessNull = (list: Sql, test: Sql): Sql => sql`(case when ${list} is null then null else ${test} end)`;
const has = (list: Sql, item: Bind, dialect: Dialect): Sql => dialect.hasItem(list, (each) => sql`${each} = ${item}`);

const listTests: Partial<Record<Operator, Compile>> = {
  has: (list, operand, dialect) => unlessNull(list, has(list, one(operand), dialect)),
  hasAny: (list, operand, dialect) =>
    unlessNull(
      list,
      many(operand).length === 0 ? raw("1 = 0") : dialect.hasItem(list, (each) => sql`${each} in (${operands(many(operand))})`),
    ),
  hasAll: (list, operand, dialect) => unlessNull(list, allOf(many(operand).map((item) => has(list, item, dialect)))),
  isEmpty: (list, operand, dialect) => (operand ? sql`${dialect.length(list)} = 0` : sql`${dialect.length(list)} > 0`),
};
