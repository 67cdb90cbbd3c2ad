import type { BlobRow, ChangeRow, FeedQuery } from "../../storage/rows.ts";
import { blobOf, changeOf } from "./resource-rows.ts";
import { allOf, type Sql, sql } from "./sql-text.ts";
import type { Read, SqliteConnection, Write } from "./sqlite-connection.ts";

/** Prepared statements on the tables that all resources share. */
export class SharedReader {
  readonly #connection: SqliteConnection;
  readonly #head: Read;
  readonly #referenced: Read;
  readonly #blobs: Read;
  readonly #putBlob: Write;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    this.#head = connection.prepareRead("select max(position) from specstar_feed");
    this.#referenced = connection.prepareRead("select key from specstar_revision where key in (select value from json_each(?))");
    this.#blobs = connection.prepareRead(
      "select id, hash, size, content_type, created_at, created_by from specstar_blob where id in (select value from json_each(?))",
    );
    this.#putBlob = connection.prepareWrite(
      "replace into specstar_blob (id, hash, size, content_type, created_at, created_by) values (?, ?, ?, ?, ?, ?)",
    );
  }

  head(): number {
    return Number(this.#head.get()?.[0] ?? 0);
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

  putBlob({ id, hash, size, contentType, createdAt, createdBy }: BlobRow): void {
    this.#putBlob.run(id, hash, size, contentType, createdAt, createdBy);
  }

  blobs(ids: readonly string[]): readonly (BlobRow | undefined)[] {
    const found = new Map(
      this.#blobs
        .all(JSON.stringify(ids))
        .map(blobOf)
        .map((row) => [row.id, row]),
    );
    return ids.map((id) => found.get(id));
  }

  referenced(keys: readonly string[]): ReadonlySet<string> {
    return new Set(this.#referenced.all(JSON.stringify(keys)).map(([key]) => String(key)));
  }
}
