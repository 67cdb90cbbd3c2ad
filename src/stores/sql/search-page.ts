import type { Position, StorageQuery } from "../../storage/rows.ts";
import type { Dialect } from "./dialect.ts";
import { beyond, orderSql, type Run, runsOf, type Side } from "./keyset.ts";
import { allOf, anyOf, joined, raw, type Sql, sql } from "./sql-text.ts";
import { matchingSql } from "./where.ts";

/** What a search reads from, and how its rows and their current revisions are selected. */
export interface SearchSource {
  /** A resource's table, or a query that stands for it. */
  readonly table: Sql;
  readonly isQuery?: true;
  /** Nothing of the revisions is selected. */
  readonly alone?: true;
  /** Columns of `t`, the resource's table, and `r`, the revisions'. */
  readonly selected: string;
  /** What rows have to fulfil in any case. */
  readonly where?: Sql;
}

export interface PageRows<Row> {
  readonly rows: readonly Row[];
  readonly total?: number;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** Queries that do not depend on one another. */
export interface Step {
  readonly queries: readonly Sql[];
  /**
   * All of them as one query: the rows of the last one, each of which ends with what the others answer, one value each. It
   * says nothing of the others where it has no rows.
   */
  readonly atOnce?: () => Sql;
  /** What it answers is compared with what is known: it need not be from the state of the database that other steps saw. */
  readonly compared?: true;
}

/**
 * A page, as the queries that it takes: the rows of each come back. One step is enough where the first run of the order
 * fills the page. Whoever drives this decides how queries run, and in which transaction.
 */
export function* searchPage<Row extends readonly unknown[]>(
  dialect: Dialect,
  source: SearchSource,
  query: StorageQuery,
): Generator<Step, PageRows<Row>, readonly (readonly Row[])[]> {
  const matching = allOf([matchingSql(dialect, query), ...(source.where ? [source.where] : [])]);
  const runs = runsOf(dialect, query.order);
  // One row more tells whether there are more; where all are counted and none left out before the page, the count does.
  const counts = query.total && !query.after && !query.before;
  const wanted = counts ? query.limit : query.limit + 1;
  const selected = (more: readonly Sql[]) => joined([raw(source.selected), ...more.map((each) => sql`(${each})`)], ", ");
  const pages = (query.fromEnd ? runs.toReversed() : runs).flatMap((run) => {
    const within = windowOf(run, query);
    const page = within && { ...source, where: allOf([matching, ...within]), order: orderSql(run, query.fromEnd) };
    return page ? [(limit: number, more: readonly Sql[] = []) => dialect.page(selected(more), { ...page, limit })] : [];
  });
  const [first, ...others] = wanted > 0 ? pages : [];
  const count = query.total ? countSql(source, matching) : undefined;
  const behind = query.before && existsSql(source, runs, matching, query.before, "behind");
  const before = query.after && existsSql(source, runs, matching, query.after, "before");
  const beside = [count, behind, before].filter((each) => each !== undefined);
  const answers = yield first ? { queries: [...beside, first(wanted)], atOnce: () => first(wanted, beside) } : { queries: beside };
  const answerTo = (asked: Sql | undefined) => (asked ? answers[beside.indexOf(asked)]?.[0]?.[0] : undefined);
  const total = count && Number(answerTo(count));
  const rows = first ? [...(answers.at(-1) ?? [])] : [];
  const most = counts && total !== undefined ? Math.min(wanted, total) : wanted;
  for (const page of others) if (rows.length < most) rows.push(...((yield { queries: [page(most - rows.length)] })[0] ?? []));
  const more = (counts && total !== undefined ? total : rows.length) > query.limit;
  if (rows.length > query.limit) rows.pop();
  if (query.fromEnd) rows.reverse();
  return {
    rows,
    hasPrevious: Boolean(answerTo(before)) || (query.fromEnd && more),
    hasNext: Boolean(answerTo(behind)) || (!query.fromEnd && more),
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
function existsSql(source: SearchSource, runs: readonly Run[], matching: Sql, position: Position, side: Side): Sql {
  const each = runs.flatMap((run) => {
    const bound = beyond(run, position, side, true);
    if (bound === false) return [];
    const where = allOf([matching, ...(run.member ? [run.member] : []), ...(bound === true ? [] : [bound])]);
    return [sql`exists (select 1 from ${source.table} t where ${where})`];
  });
  return sql`select ${anyOf(each)}`;
}

const countSql = (source: SearchSource, matching: Sql): Sql => sql`select count(*) from ${source.table} t where ${matching}`;
