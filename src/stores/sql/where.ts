import type { Scalar } from "../../spec/column.ts";
import { tableName } from "../../spec/names.ts";
import type { Filter, Operator, Related } from "../../spec/query.ts";
import type { StorageQuery } from "../../storage/rows.ts";
import { bindOf, columnSql, type Dialect, type Start, unlessNull } from "./dialect.ts";
import { allOf, anyOf, type Bind, name, operands, raw, type Sql, sql } from "./sql-text.ts";

type Test = Extract<Filter, { kind: "test" }>;
type Some = Extract<Filter, { kind: "some" }>;

/** The rows of `t` that a search finds. */
export const matchingSql = (dialect: Dialect, { filter, includeDeleted }: Pick<StorageQuery, "filter" | "includeDeleted">): Sql =>
  allOf([raw(includeDeleted ? "t._state < 2" : "t._state = 0"), ...(filter ? [whereSql(dialect, filter)] : [])]);

/**
 * A filter as SQL that is true exactly where the filter is `truth`. So `not` goes down to the single tests, and of what a ref
 * leads to it is enough to know the ids. SQL's own three-valued logic is the one that the contract asks of a test.
 */
export function whereSql(dialect: Dialect, filter: Filter, truth = true): Sql {
  switch (filter.kind) {
    case "and":
    case "or":
      return ((filter.kind === "and") === truth ? allOf : anyOf)(filter.of.map((each) => whereSql(dialect, each, truth)));
    case "not":
      return whereSql(dialect, filter.of, !truth);
    case "null":
      return filter.is === truth ? sql`${columnSql(filter.column.name)} is null` : sql`${columnSql(filter.column.name)} is not null`;
    case "test":
      return truth ? testSql(dialect, filter) : sql`not (${testSql(dialect, filter)})`;
    case "one": {
      const { related, of } = filter;
      return dialect.among(columnSql(related.column.name), idsSql(dialect, related, whereSql(dialect, of, truth)));
    }
    case "some":
      return truth ? someSql(dialect, filter) : sql`not (${someSql(dialect, filter)})`;
  }
}

function someSql(dialect: Dialect, { related, of, is }: Some): Sql {
  const holds = whereSql(dialect, of);
  const ids = idsSql(dialect, related, is ? holds : sql`(${holds}) is not true`);
  if (related.back) return dialect.among(columnSql("_id"), ids);
  const items = dialect.items(columnSql(related.column.name));
  return sql`exists (select 1 from ${items.from} where ${dialect.among(items.value, ids)})`;
}

/**
 * Ids of the others for which a condition holds, or with `back` those that they refer to; none is null. They depend on nothing
 * around them: so a filter costs at most a look at each table that it names, however deep it is.
 */
function idsSql(dialect: Dialect, { type, column, back, within }: Related, condition: Sql): Sql {
  const table = name(tableName(type));
  const where = allOf([raw("t._state = 0"), ...(within ? [whereSql(dialect, within)] : []), condition]);
  if (!back) return sql`select t._id from ${table} t where ${where}`;
  const ref = columnSql(column.name);
  if (!column.array) return sql`select ${ref} from ${table} t where ${ref} is not null and ${where}`;
  const { from, value } = dialect.items(ref);
  return sql`select ${value} from ${table} t cross join ${from} where ${value} is not null and ${where}`;
}

function testSql(dialect: Dialect, { column, of, operator, operand }: Test): Sql {
  const value = columnSql(column.name);
  if (of === "length") return scalarTests[operator]?.(dialect.length(value), operand, dialect, column.name) ?? raw("null");
  const test = (column.array ? listTests : scalarTests)[operator]?.(value, operand, dialect, column.name) ?? raw("null");
  const start = dialect.start(column);
  const relaxed = start && onStarts[operator];
  if (start && relaxed && items(operand).every((each) => start.tells(String(each))))
    return scalarTests[operator]?.(start.column, operand, dialect, column.name) ?? test;
  const narrowed = relaxed && scalarTests[relaxed]?.(start.column, cut(operand, start), dialect, column.name);
  return narrowed ? sql`(${narrowed} and ${test})` : test;
}

/**
 * What follows for the start of a text: it is what an index knows. Beside the whole test it says nothing new, and makes the
 * database expect fewer rows than there are; against a short text it is all that has to be asked.
 */
const onStarts: Partial<Record<Operator, Operator>> = {
  eq: "eq",
  in: "in",
  gt: "gte",
  gte: "gte",
  lt: "lte",
  lte: "lte",
  startsWith: "startsWith",
};

const cut = (operand: Operand, start: Start): Operand =>
  typeof operand === "object" ? operand.map((each) => start.cut(String(each))) : start.cut(String(operand));

type Operand = Test["operand"];
type Compile = (value: Sql, operand: Operand, dialect: Dialect, column: string) => Sql;

const one = (operand: Operand): Bind => (typeof operand === "object" ? null : bindOf(operand));
const items = (operand: Operand): readonly Scalar[] => (typeof operand === "object" ? operand : [operand]);
const many = (operand: Operand): readonly Bind[] => items(operand).map(bindOf);
const text = (operand: Operand): string => String(operand);
const lower = (operand: Operand): string => text(operand).toLowerCase();

/** True for what has a value, else unknown. */
const known = (value: Sql): Sql => sql`(case when ${value} is not null then true end)`;

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
  iEq: (_, operand, dialect, column) => sql`${dialect.lower(column)} = ${lower(operand)}`,
  iContains: (_, operand, dialect, column) => dialect.contains(dialect.lower(column), lower(operand)),
  iStartsWith: (_, operand, dialect, column) =>
    sql`${dialect.first(dialect.lower(column), Array.from(lower(operand)).length)} = ${lower(operand)}`,
  iEndsWith: (_, operand, dialect, column) => endsWith(dialect.lower(column), lower(operand), dialect),
};

const listTests: Partial<Record<Operator, Compile>> = {
  has: (list, operand, dialect) => dialect.hasAny(list, items(operand)),
  hasAny: (list, operand, dialect) => (items(operand).length === 0 ? unlessNull(list, raw("1 = 0")) : dialect.hasAny(list, items(operand))),
  hasAll: (list, operand, dialect) =>
    items(operand).length === 0 ? unlessNull(list, raw("1 = 1")) : allOf(items(operand).map((item) => dialect.hasAny(list, [item]))),
  isEmpty: (list, operand, dialect) => (operand ? sql`${dialect.length(list)} = 0` : sql`${dialect.length(list)} > 0`),
};
