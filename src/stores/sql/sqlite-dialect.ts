import { bindOf, columnSql, type Dialect, unlessNull } from "./dialect.ts";
import { operands, sql } from "./sql-text.ts";

/** Lists are JSON text; `js_lower` is registered on the connection. */
export const sqliteDialect: Dialect = {
  lower: (column) => sql`js_lower(${columnSql(column)})`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  first: (text, count) => sql`substr(${text}, 1, ${count})`,
  last: (text, count) => sql`substr(${text}, ${-count})`,
  start: () => undefined,
  length: (list) => sql`json_array_length(${list})`,
  hasAny: (list, items) => unlessNull(list, sql`exists (select 1 from json_each(${list}) where value in (${operands(items.map(bindOf))}))`),
  // Ids first, where an index may cover them; only the rows of the page are joined, so that sorting carries no bodies. The ids
  // come in order, and `cross join` keeps the loops in the order of the text.
  page: (selected, { table, where, order, limit }) =>
    sql`select ${selected} from (select t._id from ${table} t where ${where} order by ${order} limit ${limit}) p cross join ${table} t on t._id = p._id cross join specstar_revision r on r.id = t._id and r.number = t._current`,
};
