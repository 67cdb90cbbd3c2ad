import { stat } from "node:fs/promises";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Context } from "../../storage/context.ts";
import type { SchemaChange } from "../../storage/stored-schema.ts";
import { planSchemaChanges, type SchemaDatabase } from "../sql/prepare-schema.ts";
import { ResourceRows } from "../sql/resource-rows.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import { sqliteLayout } from "./sqlite-layout.ts";

/** Loaded before a transaction begins: others wait for it. */
const planner = () => import("./plan-sqlite-schema.ts");

/** SQLite, as far as its schema is concerned. Whoever has begun to write in it has it alone. */
export function sqliteSchema(connection: SqliteConnection): SchemaDatabase {
  const { handle } = connection;
  const indexes = handle
    .prepare<[string], [string, string]>(
      "select m.name, (select json_group_array(i.name) from pragma_index_info(m.name) i) from sqlite_master m where m.type = 'index' and m.tbl_name = ? and m.sql is not null",
    )
    .raw(true);
  const database: SchemaDatabase = {
    layout: sqliteLayout,
    all: ({ text, values }) => connection.retry(() => connection.rows(text, values)),
    run: async (statement) => {
      handle.exec(statement);
    },
    hasTable: (table) =>
      connection.retry(() => handle.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined),
    indexes: async (table) => indexes.all(table).map(([name, columns]) => ({ name, columns: JSON.parse(columns), valid: true })),
    columns: async (table) => handle.prepare<[string], string>("select name from pragma_table_info(?)").pluck().all(table),
    tableChanges: async (tables, replaced) => (await planner()).planSqliteSchema(handle, tables, replaced),
    lock: async () => {},
    transaction: async (work) => {
      await planner();
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

/** What opening a file with these specs would change; a file that is not there is an empty one, and is not made. */
export async function planSqliteFile(
  path: string,
  specs: readonly ResourceSpec[],
  busyMs: number,
  context: Context,
): Promise<readonly SchemaChange[]> {
  const there = await stat(path).then(
    () => true,
    () => false,
  );
  const connection = await SqliteConnection.open(there ? path : ":memory:", busyMs, context);
  try {
    return await planSchemaChanges(
      sqliteSchema(connection),
      specs.map((spec) => new ResourceRows(sqliteLayout, spec)),
    );
  } finally {
    // Not as a store is closed: that may write statistics.
    connection.handle.close();
  }
}
