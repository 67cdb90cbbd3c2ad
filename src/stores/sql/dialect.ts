import { raw, type Sql, sql } from "./sql-text.ts";

/** Where databases differ, for those parts of the queries that all of them share. */
export interface Dialect {
  /** JavaScript's `toLowerCase()`. */
  lower(text: Sql): Sql;
  /** `text` contains `part`; an empty part is in every text. */
  contains(text: Sql, part: string): Sql;
  /** The first or last characters of a text. */
  first(text: Sql, count: number): Sql;
  last(text: Sql, count: number): Sql;
  /** Number of items of a list column. */
  length(list: Sql): Sql;
  /** A list column has an item for which `test` is true; false, not unknown, for null items. */
  hasItem(list: Sql, test: (item: Sql) => Sql): Sql;
}

/** Lists are JSON text; `js_lower` is registered on the connection. */
export const sqliteDialect: Dialect = {
  lower: (text) => sql`js_lower(${text})`,
  contains: (text, part) => sql`instr(${text}, ${part}) > 0`,
  first: (text, count) => sql`substr(${text}, 1, ${count})`,
  last: (text, count) => sql`substr(${text}, ${-count})`,
  length: (list) => sql`json_array_length(${list})`,
  hasItem: (list, test) => sql`exists (select 1 from json_each(${list}) where ${test(raw("value"))})`,
};
