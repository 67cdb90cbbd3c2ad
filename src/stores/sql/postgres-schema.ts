import type { PoolClient } from "pg";
import { fail } from "../../errors.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { sqlState } from "./postgres-errors.ts";
import { postgresLayout } from "./postgres-layout.ts";
import type { SchemaConnection, SchemaDatabase } from "./prepare-schema.ts";
import { quoted, shortName } from "./sql-text.ts";

const oldestVersion = 14;

/** PostgreSQL, as far as its schema is concerned. */
export function postgresSchema(connection: PostgresConnection): SchemaDatabase {
  return {
    ...onConnection(connection, undefined),
    transaction: (work) =>
      connection.write(async (client) => {
        await client.query("begin");
        // Processes that start together wait for one another; filling columns may take longer than any query of a user.
        await client.query("set local statement_timeout = 0; set local lock_timeout = 0");
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
      }),
  };
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
    run: async (statements) => {
      if (statements.trim() !== "") await own().query(statements);
    },
    hasTable: async (table) =>
      (await all({ text: "select 1 from pg_tables where schemaname = ? and tablename = ?", values: [schema, table] })).length > 0,
    indexes: async (table) =>
      (await all({ text: "select indexname from pg_indexes where schemaname = ? and tablename = ?", values: [schema, table] })).map(
        ([name]) => String(name),
      ),
    plan: async (tables) => {
      const { planPostgresSchema } = await import("./plan-postgres-schema.ts");
      return planPostgresSchema(own(), schema, tables).catch((thrown: unknown) => {
        // MikroORM's own errors look like those of a broken connection.
        throw sqlState(thrown) === undefined ? fail("INTERNAL", "The schema of the store could not be planned", {}, thrown) : thrown;
      });
    },
    lock: async (tables) => {
      for (const table of tables.map((table) => shortName(table)).toSorted())
        await own().query(`lock table ${quoted(table)} in share row exclusive mode`);
    },
  };
}

/** Refuses servers that cannot keep what is written here, and makes the schema where it is not there. */
export async function checkServer(connection: PostgresConnection): Promise<void> {
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
  if (found === null) await makeUnlessThere(connection, `create schema if not exists ${quoted(schema)}`);
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
