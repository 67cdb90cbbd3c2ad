import type { Column, Scalar } from "../../spec/column.ts";
import { columnSql, type Dialect, type PageOf, type Start, unlessNull } from "../sql/dialect.ts";
import { anyOf, raw, rounded, type Sql, sql } from "../sql/sql-text.ts";
import { foldedName, indexedStart, isLongText, startSql } from "./postgres-layout.ts";

/** As many alternatives as are worth a step into the index each. */
const alternatives = 16;

const json = (value: unknown): string => JSON.stringify(value);
const has = (list: Sql, item: Scalar): Sql => sql`${list} @> ${json([item])}`;

/** The first characters, as `left` counts them. */
const cutText = (text: string, count: number): string => (text.length <= count ? text : Array.from(text).slice(0, count).join(""));

const startOf = ({ name }: Column): Start => ({
  column: raw(startSql(columnSql(name).text)),
  cut: (text) => cutText(text, indexedStart),
  tells: (text) => text.length < indexedStart,
});

/**
 * The planner has to know a limit that is near, to find a plan that can be kept; and of statements there may not be one for
 * each limit.
 */
function rowsOf({ table, where, order, limit }: PageOf): Sql {
  const near = raw(String(2 ** Math.ceil(Math.log2(Math.max(limit, 1)))));
  return sql`select t.* from (select t.* from ${table} t where ${where} order by ${order} limit ${near}) t order by ${order} limit ${limit}`;
}

const listOf = (ids: readonly string[]): Sql => sql`(select value collate "C" as id from jsonb_array_elements_text(${json(ids)}::jsonb)) k`;
const current = raw(" join specstar_revision r on r.id = t._id and r.number = t._current");
const alone = raw("");

/** Lists are `jsonb`, whose `@>` GIN indexes know; texts compare by code point, because their columns have the collation "C". */
export const postgresDialect: Dialect = {
  lower: (column) => sql`coalesce(${columnSql(foldedName(column))}, lower(${columnSql(column)}))`,
  contains: (text, part) => sql`strpos(${text}, ${part}) > 0`,
  first: (text, count) => sql`left(${text}, ${count})`,
  last: (text, count) => sql`right(${text}, ${count})`,
  start: (column) => (isLongText(column) ? startOf(column) : undefined),
  length: (list) => sql`jsonb_array_length(${list})`,
  hasAny: (list, items) =>
    items.length <= alternatives
      ? anyOf(rounded(items).map((item) => has(list, item)))
      : unlessNull(
          list,
          sql`exists (select 1 from jsonb_array_elements(${list}) e (value) where ${json(items)} @> jsonb_build_array(e.value))`,
        ),
  // Of doubles the sum of the decimals that they are written as, which depends on no order and overflows nowhere. The few whose
  // shortest decimal is halfway to the next double, as 1e23, PostgreSQL writes otherwise than JavaScript.
  sum: ({ name, type }) => sql`sum(${columnSql(name)}${raw(type === "float" ? "::text::numeric" : "")})::text`,
  // Not `in`, whose opposite is no join to the planner.
  among: (value, ids) => sql`exists (select 1 from (${ids}) x (id) where x.id = ${value})`,
  items: (list) => ({ from: sql`jsonb_array_elements_text(${list}) e (value)`, value: raw('e.value collate "C"') }),
  holders: (table, { name: column, array }, ids) => {
    const list = listOf(ids);
    const ref = columnSql(column);
    if (!array) return { with: raw(""), ids: list, table, holds: sql`${ref} = k.id` };
    // `offset 0` keeps the planner from walking the order until enough rows hold the id: it takes the index over the items.
    const holding = sql`(select t.* from ${table} t where ${ref} @> jsonb_build_array(k.id) offset 0)`;
    return { with: raw(""), ids: list, table: holding, holds: raw("1 = 1") };
  },
  pages: (selected, page, { ids, holds }) =>
    sql`select ${selected}, k.id from ${ids} cross join lateral (${rowsOf({ ...page, where: sql`${holds} and ${page.where}` })}) t${page.alone ? alone : current}`,
  // The page first, then its revisions: only those of a page are looked at, each by its whole key.
  page: (selected, page) => sql`select ${selected} from (${rowsOf(page)}) t${page.alone ? alone : current} order by ${page.order}`,
  rows: (selected, table, ids) => sql`select ${selected} from ${listOf(ids)} join ${table} t on t._id = k.id${current}`,
};
