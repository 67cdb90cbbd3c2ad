import { MikroORM } from "@mikro-orm/postgresql";
import { PostgresDialect } from "kysely";
import type { PoolClient } from "pg";
import type { Table } from "../sql/layout.ts";
import { type ColumnTypes, entitiesOf, planSchema, type Replaced, type TableChange } from "../sql/plan-schema.ts";
import { postgresLayout } from "./postgres-layout.ts";

const types: ColumnTypes = {
  names: { text: "text", integer: "bigint", real: "double precision", blob: "bytea", json: "jsonb", boolean: "boolean" },
  // Compares by code point, whatever the database does by itself.
  collation: "C",
  startsIndex: (table, index) => postgresLayout.indexSql(table, index, false),
};

/** MikroORM is loaded with this file, only when a schema has changed. Runs on the caller's client, and so in its transaction. */
export async function planPostgresSchema(
  client: PoolClient,
  schema: string,
  tables: readonly Table[],
  replaced: Replaced,
): Promise<readonly TableChange[]> {
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
  const changes = await planSchema(orm, tables, { tables: rows.map(({ name }) => name), schema }, replaced);
  return changes.map((change) => ({ ...change, statements: change.statements.filter((each) => !createsSchema(each)) }));
}

/** The schema is there, and who may not create one may not ask for it either. */
const createsSchema = (statement: string): boolean => /^create schema if not exists /.test(statement);
