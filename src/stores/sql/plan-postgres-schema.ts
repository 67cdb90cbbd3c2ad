import { MikroORM } from "@mikro-orm/postgresql";
import { PostgresDialect } from "kysely";
import type { PoolClient } from "pg";
import { indexName, type Table } from "./layout.ts";
import { type ColumnTypes, entitiesOf, planSchema, type SchemaPlan } from "./plan-schema.ts";
import { startSql, uniqueSql } from "./postgres-layout.ts";
import { quoted } from "./sql-text.ts";

const types: ColumnTypes = {
  names: { text: "text", integer: "bigint", real: "double precision", blob: "bytea", json: "jsonb", boolean: "boolean" },
  // Compares by code point, whatever the database does by itself.
  collation: "C",
  startsIndex: (table, index) => {
    const columns = index.columns.map((column) =>
      index.starts?.includes(column) ? (index.unique ? uniqueSql : startSql)(quoted(column)) : quoted(column),
    );
    const where = index.where ? ` where ${index.where}` : "";
    return `create ${index.unique ? "unique " : ""}index ${quoted(indexName(table, index))} on ${quoted(table)} (${columns.join(", ")})${where}`;
  },
};

/** MikroORM is loaded with this file, only when a schema has changed. Runs on the caller's client, and so in its transaction. */
export async function planPostgresSchema(client: PoolClient, schema: string, tables: readonly Table[]): Promise<SchemaPlan> {
  const lent = { query: client.query.bind(client), release: () => {} };
  const pool = { connect: async () => lent, end: async () => {}, options: {} };
  const orm = await MikroORM.init({
    entities: entitiesOf(tables, types),
    dbName: "postgres",
    schema,
    driverOptions: new PostgresDialect({ pool }),
    debug: false,
  });
  const { rows } = await client.query<{ name: string }>({
    text: "select tablename as name from pg_tables where schemaname = $1",
    values: [schema],
  });
  const plan = await planSchema(orm, tables, { tables: rows.map(({ name }) => name), schema });
  return { ...plan, tables: withoutSchema(plan.tables), indexes: withoutSchema(plan.indexes) };
}

/** The schema is there, and who may not create one may not ask for it either. */
const withoutSchema = (statements: string): string => statements.replace(/^create schema if not exists .*;$/gm, "");
