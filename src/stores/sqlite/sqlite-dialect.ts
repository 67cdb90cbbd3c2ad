import { bindOf, columnSql, type Dialect, unlessNull } from "../sql/dialect.ts";
import { operands, raw, type Sql, sql } from "../sql/sql-text.ts";

const listOf = (ids: readonly string[]): Sql => sql`(select value as id from json_each(${JSON.stringify(ids)})) k`;
const current = raw(" cross join specstar_revision r on r.id = t._id and r.number = t._current");
const alone = raw("");

/** Lists are JSON text; `js_lower` and `decimal_sum` are registered on the connection. */
export const sqliteDialect: Dialect = {
  lower: (column) => sql`js_lower(${columnSql(column)})`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  first: (text, count) => sql`substr(${text}, 1, ${count})`,
  last: (text, count) => sql`substr(${text}, ${-count})`,
  start: () => undefined,
  length: (list) => sql`json_array_length(${list})`,
  hasAny: (list, items) => unlessNull(list, sql`exists (select 1 from json_each(${list}) where value in (${operands(items.map(bindOf))}))`),
  // SQLite's own gives up beyond 64 bits, also on the way to a smaller sum, and adds doubles with their errors.
  sum: ({ name }) => sql`decimal_sum(${columnSql(name)})`,
  // A set that is made once, and not a search for each row: as deep as a filter may be, that is what its cost is linear in.
  among: (value, ids) => sql`${value} in (${ids})`,
  items: (list) => ({ from: sql`json_each(${list}) e`, value: raw("e.value") }),
  holders: (table, { name: column, array }, ids) => {
    const list = listOf(ids);
    const ref = columnSql(column);
    if (!array) return { with: raw(""), ids: list, table, holds: sql`${ref} = k.id` };
    // No index knows the items of a list: one look at all of them finds the pairs.
    const pairs = sql`select distinct e.value, t._id from ${table} t cross join json_each(${ref}) e where e.value in (select value from json_each(${JSON.stringify(ids)}))`;
    return {
      with: sql`with pairs (id, holder) as materialized (${pairs}) `,
      ids: list,
      table,
      holds: raw("t._id in (select holder from pairs where id = k.id)"),
    };
  },
  pages: (selected, { table, alone: bare, where, order, limit }, { with: before, ids, holds }) =>
    sql`${before}select ${selected}, k.id from ${ids} cross join ${table} t on t._id in (select t._id from ${table} t where ${holds} and ${where} order by ${order} limit ${limit})${bare ? alone : current}`,
  // Ids first, where an index may cover them; only the rows of the page are joined, so that sorting carries no bodies. The ids
  // come in order, and `cross join` keeps the loops in the order of the text.
  page: (selected, { table, isQuery, alone: bare, where, order, limit }) =>
    isQuery
      ? sql`select ${selected} from (select t.* from ${table} t where ${where} order by ${order} limit ${limit}) t${current}`
      : sql`select ${selected} from (select t._id from ${table} t where ${where} order by ${order} limit ${limit}) p cross join ${table} t on t._id = p._id${bare ? alone : current}`,
  rows: (selected, table, ids) => sql`select ${selected} from ${listOf(ids)} cross join ${table} t on t._id = k.id${current}`,
};
