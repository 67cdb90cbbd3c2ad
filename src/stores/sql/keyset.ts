import type { Order } from "../../spec/query.ts";
import type { Position } from "../../storage/rows.ts";
import { bindOf, columnSql, type Dialect } from "./dialect.ts";
import { allOf, anyOf, type Bind, joined, raw, type Sql, sql } from "./sql-text.ts";

interface Key {
  readonly column: Sql;
  readonly descending: boolean;
  readonly nullable: boolean;
  /** Which value of a position it compares with, and as what. */
  readonly at: number;
  readonly of: (value: Bind) => Bind;
}

/**
 * A run of rows in an order. Nulls come last in both directions, which no index does for both; so an order whose first key
 * can be null is read as two runs, what has a value and then what has none, and each of them follows an index.
 */
export interface Run {
  readonly keys: readonly Key[];
  /** Says which rows are in the run. */
  readonly member: Sql | undefined;
  /** Whether the first key is null in all of the run; undefined where it never is. */
  readonly nulls: boolean | undefined;
}

/**
 * Only what comes from data can be missing: also a required field, in revisions that are older than it. Where an index holds
 * the start of a text, the order begins with that.
 */
function keysOf({ column, descending }: Order, at: number, dialect: Dialect): readonly Key[] {
  const key = { descending, nullable: column.path.length > 0 || column.name === "_deleted_at", at };
  const whole = { ...key, column: columnSql(column.name), of: (value: Bind) => value };
  const start = dialect.start(column);
  if (!start) return [whole];
  return [{ ...key, column: start.column, of: (value) => (typeof value === "string" ? start.cut(value) : value) }, whole];
}

/** The whole order as one run, for rows that are few enough to be sorted. */
export const wholeRun = (dialect: Dialect, order: readonly Order[]): Run => ({
  keys: order.flatMap((each, at) => keysOf(each, at, dialect)),
  member: undefined,
  nulls: undefined,
});

export function runsOf(dialect: Dialect, order: readonly Order[]): readonly Run[] {
  const whole = wholeRun(dialect, order);
  const { keys } = whole;
  const [first] = keys;
  if (!first?.nullable) return [whole];
  const known = keys.map((key) => (key.at === 0 ? { ...key, nullable: false } : key));
  return [
    { keys: known, member: sql`${first.column} is not null`, nulls: false },
    { keys: known.filter(({ at }) => at > 0), member: sql`${first.column} is null`, nulls: true },
  ];
}

/** `order by` of a run, in order or against it. */
export function orderSql({ keys }: Run, reverse: boolean): Sql {
  const each = ({ column, descending, nullable }: Key) => {
    const direction = raw(descending === reverse ? " asc" : " desc");
    return sql`${column}${direction}${raw(nullable ? (reverse ? " nulls first" : " nulls last") : "")}`;
  };
  return joined(keys.map(each), ", ");
}

export type Side = "behind" | "before";

/** The rows of a run on one side of a position: a condition, or true for all of them and false for none. */
export function beyond(run: Run, position: Position, side: Side, inclusive = false): Sql | boolean {
  if (run.nulls !== undefined) {
    const positionInNulls = (position[0] ?? null) === null;
    if (run.nulls !== positionInNulls) return run.nulls === (side === "behind");
  }
  const values = run.keys.map(({ at, of }) => of(bindOf(position[at] ?? null)));
  return compare(run.keys, values, side, inclusive);
}

const operator = (key: Key, side: Side): Sql => raw(key.descending === (side === "before") ? ">" : "<");

function compare(keys: readonly Key[], values: readonly Bind[], side: Side, inclusive: boolean): Sql {
  const [first] = keys;
  const uniform = keys.every((key) => !key.nullable && key.descending === first?.descending);
  if (first && uniform) {
    const columns = joined(
      keys.map(({ column }) => column),
      ", ",
    );
    const binds = joined(
      values.map((value) => sql`${value}`),
      ", ",
    );
    return sql`(${columns}) ${operator(first, side)}${raw(inclusive ? "=" : "")} (${binds})`;
  }
  const terms = keys.flatMap((key, i) => {
    const step = stepSql(key, values[i] ?? null, side);
    return step ? [allOf([...equal(keys.slice(0, i), values), step])] : [];
  });
  const exact = anyOf(inclusive ? [...terms, allOf(equal(keys, values))] : terms);
  // Says nothing new, but it is what an index can begin with.
  return first && !first.nullable ? sql`(${first.column} ${operator(first, side)}= ${values[0] ?? null} and ${exact})` : exact;
}

const equal = (keys: readonly Key[], values: readonly Bind[]): Sql[] =>
  keys.map(({ column }, i) => ((values[i] ?? null) === null ? sql`${column} is null` : sql`${column} = ${values[i] ?? null}`));

/** One key beyond a value, undefined where nothing can be: nothing is behind null, everything else is before it. */
function stepSql(key: Key, value: Bind, side: Side): Sql | undefined {
  if (value === null) return side === "before" && key.nullable ? sql`${key.column} is not null` : undefined;
  const step = sql`${key.column} ${operator(key, side)} ${value}`;
  return side === "behind" && key.nullable ? sql`(${step} or ${key.column} is null)` : step;
}
