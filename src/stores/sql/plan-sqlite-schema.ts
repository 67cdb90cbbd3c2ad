import { MikroORM } from "@mikro-orm/sqlite";
import type { Database as Handle } from "better-sqlite3";
import { SqliteDialect } from "kysely";
import type { Table } from "./layout.ts";
import { type ColumnTypes, entitiesOf, planSchema, type SchemaPlan } from "./plan-schema.ts";
import { shortName } from "./sql-text.ts";

const types: ColumnTypes = {
  names: { text: "text", integer: "integer", real: "real", blob: "blob", json: "text", boolean: "integer" },
};

/** MikroORM is loaded with this file, only when a schema has changed. */
export async function planSqliteSchema(handle: Handle, tables: readonly Table[]): Promise<SchemaPlan> {
  // MikroORM closes what it opened; this handle is ours.
  const database = { prepare: (text: string) => handle.prepare(text), close: () => {} };
  const orm = await MikroORM.init({
    entities: entitiesOf(tables, types),
    dbName: ":memory:",
    driverOptions: new SqliteDialect({ database }),
    debug: false,
  });
  const found = handle.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
  const plan = await planSchema(orm, tables, { tables: found });
  // MikroORM turns them on when it connects.
  handle.pragma("foreign_keys = off");
  return { ...plan, tables: clustered(plan.tables, tables) };
}

/** MikroORM has no word for it; its statements stand on lines of their own. */
const clustered = (statements: string, tables: readonly Table[]): string =>
  tables.reduce(
    (text, table) =>
      table.clustered ? text.replace(new RegExp(`^(create table \`${shortName(table.name)}\` .*);$`, "m"), "$1 without rowid;") : text,
    statements,
  );
