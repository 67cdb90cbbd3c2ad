import { MikroORM } from "@mikro-orm/sqlite";
import type { Database as Handle } from "better-sqlite3";
import { SqliteDialect } from "kysely";
import type { Table } from "../sql/layout.ts";
import { type ColumnTypes, entitiesOf, planSchema, type Replaced, type TableChange } from "../sql/plan-schema.ts";
import { shortName } from "../sql/sql-text.ts";

const types: ColumnTypes = {
  names: { text: "text", integer: "integer", real: "real", blob: "blob", json: "text", boolean: "integer" },
};

/** MikroORM is loaded with this file, only when a schema has changed. */
export async function planSqliteSchema(handle: Handle, tables: readonly Table[], replaced: Replaced): Promise<readonly TableChange[]> {
  // MikroORM closes what it opened; this handle is ours.
  const database = { prepare: (text: string) => handle.prepare(text), close: () => {} };
  const orm = await MikroORM.init({
    entities: entitiesOf(tables, types),
    dbName: ":memory:",
    driverOptions: new SqliteDialect({ database }),
    debug: false,
  });
  const found = handle.prepare<[], string>("select name from sqlite_master where type = 'table'").pluck().all();
  const changes = await planSchema(orm, tables, { tables: found }, replaced);
  // MikroORM turns them on when it connects.
  handle.pragma("foreign_keys = off");
  const without = new Set(tables.filter(({ clustered }) => clustered).map(({ name }) => shortName(name)));
  return changes.map((change) => (without.has(change.table) ? { ...change, statements: change.statements.map(clustered) } : change));
}

/** MikroORM has no word for it. */
const clustered = (statement: string): string => (statement.startsWith("create table ") ? `${statement} without rowid` : statement);
