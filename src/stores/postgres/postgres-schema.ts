import type { PoolClient } from "pg";
import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { SchemaChange } from "../../storage/stored-schema.ts";
import { type FoundIndex, planSchemaChanges, type SchemaConnection, type SchemaDatabase } from "../sql/prepare-schema.ts";
import { ResourceRows, type Row } from "../sql/resource-rows.ts";
import { quoted, type Sql, shortName, sql } from "../sql/sql-text.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { isRivalry, sqlState } from "./postgres-errors.ts";
import { postgresLayout } from "./postgres-layout.ts";

const oldestVersion = 14;

/** Loaded before a transaction that needs it begins: it takes longer than a transaction may idle on a busy machine. */
const planner = () => import("./plan-postgres-schema.ts");

/** PostgreSQL, as far as its schema is concerned. */
export function postgresSchema(connection: PostgresConnection): SchemaDatabase {
  return {
    ...onConnection(connection, undefined),
    transaction: async (work) => {
      await planner();
      for (let attempt = 1; ; attempt++) {
        try {
          return await connection.write((client) => inTransaction(connection, client, work));
        } catch (thrown) {
          // A table is locked twice, the second time for longer: who writes in between may be in the way.
          if (!isRivalry(thrown) || attempt === mostAttempts) throw thrown;
        }
      }
    },
  };
}

const mostAttempts = 5;
/** Tables are compared here, between two statements: what takes moments may take long where the machine is overloaded. */
const planningMs = 60_000;

async function inTransaction<Answer>(
  connection: PostgresConnection,
  client: PoolClient,
  work: (connection: SchemaConnection) => Promise<Answer>,
): Promise<Answer> {
  await client.query("begin");
  // Processes that start together wait for one another; making an index may take longer than any query of a user.
  await client.query(
    `set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = ${planningMs}`,
  );
  await client.query(
    connection.query({
      text: "select pg_advisory_xact_lock(hashtextextended($1, 0))",
      values: [`specstar ${connection.settings.schema}`],
    }),
  );
  const answer = await work(onConnection(connection, client));
  await client.query("insert into specstar_head (id, position) values (1, 0) on conflict do nothing");
  await client.query("commit");
  return answer;
}

function onConnection(connection: PostgresConnection, client: PoolClient | undefined): SchemaConnection {
  const { schema } = connection.settings;
  const all: SchemaConnection["all"] = async (query) =>
    client
      ? (await client.query<unknown[] & readonly (string | number | null)[]>(connection.query(connection.numbered(query)))).rows
      : connection.all(query);
  const own = (): PoolClient => {
    if (!client) throw fail("INTERNAL", "A schema is changed in a transaction");
    return client;
  };
  return {
    layout: postgresLayout,
    all,
    run: async (statement) => {
      await own().query(statement);
    },
    hasTable: async (table) =>
      (await all({ text: "select 1 from pg_tables where schemaname = ? and tablename = ?", values: [schema, table] })).length > 0,
    indexes: async (table) => (await all(indexesSql(schema, table))).map(foundIndex),
    columns: async (table) => {
      const text = "select attname::text from pg_attribute where attrelid = to_regclass(?) and attnum > 0 and not attisdropped";
      return (await all({ text, values: [`${quoted(schema)}.${quoted(table)}`] })).map(([name]) => String(name));
    },
    tableChanges: async (tables, replaced) => {
      const { planPostgresSchema } = await planner();
      return planPostgresSchema(own(), schema, tables, replaced).catch((thrown: unknown) => {
        // MikroORM's own errors look like those of a broken connection.
        throw sqlState(thrown) === undefined ? fail("INTERNAL", "The schema of the store could not be planned", {}, thrown) : thrown;
      });
    },
    lock: async (tables) => {
      // First whoever fills one of them: it reads before it writes, and would be waited for crosswise.
      const names = [...tables].toSorted();
      if (names.length > 0) await own().query("select 1 from specstar_spec where name = any($1) order by name for update", [names]);
      for (const table of tables.map((table) => shortName(table)).toSorted())
        await own().query(`lock table ${quoted(table)} in share row exclusive mode`);
    },
  };
}

/** Columns that stand in expressions, too. */
export const indexesSql = (schema: string, table: string): Sql => sql`select i.relname::text, x.indisvalid::int,
    (select jsonb_agg(distinct a.attname::text)::text from pg_depend d join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
      where d.classid = 'pg_class'::regclass and d.objid = x.indexrelid and d.refobjid = x.indrelid)
  from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
  where n.nspname = ${schema} and t.relname = ${table} and not x.indisprimary`;

export const foundIndex = ([name, valid, columns]: Row): FoundIndex => ({
  name: String(name),
  valid: valid === 1,
  columns: typeof columns === "string" ? JSON.parse(columns) : [],
});

/** What opening a store with these specs would change: looked at in a transaction that is undone. */
export async function planInPostgres(connection: PostgresConnection, specs: readonly ResourceSpec[]): Promise<readonly SchemaChange[]> {
  await lookAtServer(connection);
  const resources = specs.map((spec) => new ResourceRows(postgresLayout, spec));
  await planner();
  return connection.write(async (client) => {
    await client.query("begin read only");
    try {
      return await planSchemaChanges(onConnection(connection, client), resources);
    } finally {
      await client.query("rollback");
    }
  });
}

/** Refuses servers that cannot keep what is written here, and makes the schema where it is not there. */
export async function checkServer(connection: PostgresConnection): Promise<void> {
  const { schema } = connection.settings;
  if (!(await lookAtServer(connection))) await makeUnlessThere(connection, `create schema if not exists ${quoted(schema)}`);
}

/** Whether the schema is there. */
async function lookAtServer(connection: PostgresConnection): Promise<boolean> {
  const { schema } = connection.settings;
  const [row = []] = await connection.read({
    text: "select current_setting('server_version_num')::int, current_setting('server_encoding'), current_setting('server_version'), to_regnamespace($1)::text, pg_is_in_recovery()::int",
    values: [quoted(schema)],
  });
  const [version, encoding, shown, found, standby] = row;
  if (Number(version) < oldestVersion * 10_000)
    throw fail("UNSUPPORTED", `PostgreSQL ${shown} is too old; specstar needs ${oldestVersion} or newer. Upgrade the server`);
  if (encoding !== "UTF8")
    throw fail(
      "UNSUPPORTED",
      `The database has the encoding ${encoding}; specstar needs UTF8. Create one: createdb --encoding=UTF8 --template=template0`,
    );
  if (standby === 1) throw fail("UNAVAILABLE", "The database is read-only: a standby, or in recovery. Connect to the primary server");
  return found !== null;
}

/** "if not exists" does not hold against another process that makes the same at this moment: it fails, and then it is there. */
const madeByAnother: ReadonlySet<string | undefined> = new Set(["23505", "42P06", "42P07", "42710"]);

export async function makeUnlessThere(connection: PostgresConnection, statements: string): Promise<void> {
  try {
    await connection.write((client) => client.query(statements));
  } catch (thrown) {
    if (!madeByAnother.has(sqlState(thrown))) throw thrown;
  }
}
