import type { ChangeRow, FeedQuery } from "../../storage/rows.ts";
import { changeOf } from "../sql/resource-rows.ts";
import { allOf, type Sql, sql } from "../sql/sql-text.ts";
import type { Read, SqliteConnection } from "./sqlite-connection.ts";

/** Prepared statements on the tables that all resources share. */
export class SharedReader {
  readonly #connection: SqliteConnection;
  readonly #ends: Read;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    // Each by itself is a step into the primary key; both in one list would be a scan.
    this.#ends = connection.prepareRead("select (select max(position) from specstar_feed), (select min(position) from specstar_feed)");
  }

  feedEnds(): { readonly head: number; readonly tail: number } {
    const [head, oldest] = this.#ends.get() ?? [];
    return { head: Number(head ?? 0), tail: Number(oldest ?? 1) - 1 };
  }

  changes({ after, limit, types, id }: FeedQuery): readonly ChangeRow[] {
    const conditions: Sql[] = [sql`position > ${after}`];
    if (id !== undefined) conditions.push(sql`position in (select position from specstar_history where id = ${id})`);
    if (types) conditions.push(sql`type in (select value from json_each(${JSON.stringify(types)}))`);
    return this.#connection
      .all(
        sql`select position, type, id, kind, revision, previous, version, at, "by" from specstar_feed where ${allOf(conditions)} order by position limit ${limit}`,
      )
      .map(changeOf);
  }
}
