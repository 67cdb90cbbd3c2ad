import type { SchemaDatabase } from "./prepare-schema.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { sqliteLayout } from "./sqlite-layout.ts";

/** SQLite, as far as its schema is concerned. Whoever has begun to write in it has it alone. */
export function sqliteSchema(connection: SqliteConnection): SchemaDatabase {
  const { handle } = connection;
  const indexes = handle
    .prepare<[string], string>("select name from sqlite_master where type = 'index' and tbl_name = ? and sql is not null")
    .pluck();
  const database: SchemaDatabase = {
    layout: sqliteLayout,
    all: ({ text, values }) => connection.retry(() => connection.rows(text, values)),
    run: async (statements) => {
      handle.exec(statements);
    },
    hasTable: (table) =>
      connection.retry(() => handle.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined),
    indexes: async (table) => indexes.all(table),
    plan: async (tables) => (await import("./plan-sqlite-schema.ts")).planSqliteSchema(handle, tables),
    lock: async () => {},
    transaction: async (work) => {
      await connection.retry(() => handle.exec("begin immediate"));
      try {
        const answer = await work(database);
        handle.exec("commit");
        return answer;
      } catch (thrown) {
        if (handle.inTransaction) handle.exec("rollback");
        throw thrown;
      }
    },
  };
  return database;
}
