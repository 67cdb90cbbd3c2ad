import type { StorageQuery } from "../../storage/rows.ts";
import type { Dialect } from "./dialect.ts";
import { beyond, orderSql, type Run, runsOf, type Side } from "./keyset.ts";
import { allOf, name, raw, type Sql, sql } from "./sql-text.ts";
import { whereSql } from "./where.ts";

/** What a search reads from: a resource's table, and how its rows and their current revisions are selected. */
export interface SearchSource {
  readonly table: string;
  /** Columns of `t`, the resource's table, and `r`, the revisions'. */
  readonly selected: string;
}

export interface PageRows<Row> {
  readonly rows: readonly Row[];
  readonly total?: number;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/**
 * A page, as the queries that it takes: each is yielded, its rows come back. Whoever drives this decides how queries run, and
 * in which transaction.
 */
export function* searchPage<Row extends readonly unknown[]>(
  dialect: Dialect,
  source: SearchSource,
  query: StorageQuery,
): Generator<Sql, PageRows<Row>, readonly Row[]> {
  const matching = allOf([
    raw(query.includeDeleted ? "t._state < 2" : "t._state = 0"),
    ...(query.filter ? [whereSql(dialect, query.filter)] : []),
  ]);
  const runs = runsOf(query.order);
  const total = query.total ? Number((yield countSql(source, matching))[0]?.[0]) : undefined;
  if (query.limit === 0 && total !== undefined && !query.after && !query.before)
    return { rows: [], total, hasPrevious: query.fromEnd && total > 0, hasNext: !query.fromEnd && total > 0 };
  const rows: Row[] = [];
  for (const run of query.fromEnd ? runs.toReversed() : runs) {
    const missing = query.limit + 1 - rows.length;
    const within = missing > 0 && windowOf(run, query);
    if (within) rows.push(...(yield pageSql(source, run, allOf([matching, ...within]), query.fromEnd, missing)));
  }
  const more = rows.length > query.limit;
  if (more) rows.pop();
  if (query.fromEnd) rows.reverse();
  const behind = query.before !== undefined && (yield* exists(source, runs, matching, query.before, "behind"));
  const before = query.after !== undefined && (yield* exists(source, runs, matching, query.after, "before"));
  return {
    rows,
    hasPrevious: before || (query.fromEnd && more),
    hasNext: behind || (!query.fromEnd && more),
    ...(total === undefined ? {} : { total }),
  };
}

/** What narrows a run to the positions asked for; undefined where nothing of it is between them. */
function windowOf(run: Run, { after, before }: StorageQuery): Sql[] | undefined {
  const bounds = [after ? beyond(run, after, "behind") : true, before ? beyond(run, before, "before") : true];
  if (bounds.includes(false)) return undefined;
  return [...(run.member ? [run.member] : []), ...bounds.filter((bound) => typeof bound === "object")];
}

/** Whether a row stands at a position or on that side of it. */
function* exists(
  source: SearchSource,
  runs: readonly Run[],
  matching: Sql,
  position: readonly (string | number | boolean | null)[],
  side: Side,
): Generator<Sql, boolean, readonly (readonly unknown[])[]> {
  for (const run of runs) {
    const bound = beyond(run, position, side, true);
    if (bound === false) continue;
    const rows =
      yield sql`select 1 from ${name(source.table)} t where ${allOf([matching, ...(run.member ? [run.member] : []), ...(bound === true ? [] : [bound])])} limit 1`;
    if (rows.length > 0) return true;
  }
  return false;
}

const countSql = (source: SearchSource, matching: Sql): Sql => sql`select count(*) from ${name(source.table)} t where ${matching}`;

/** Ids first, where an index may cover them; only the rows of the page are joined, so that sorting carries no bodies. */
function pageSql(source: SearchSource, run: Run, where: Sql, reverse: boolean, limit: number): Sql {
  const order = orderSql(run, reverse);
  const page = sql`select t._id from ${name(source.table)} t where ${where} order by ${order} limit ${limit}`;
  // The ids come in order, and `cross join` keeps the loops in the order of the text: sorting again would move the bodies.
  return sql`select ${raw(source.selected)} from (${page}) p cross join ${name(source.table)} t on t._id = p._id cross join specstar_revision r on r.id = t._id and r.number = t._current`;
}
