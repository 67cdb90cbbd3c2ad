import pg from "pg";
import type { FillConnection, FillSteps } from "../sql/fill-batch.ts";
import type { FillDatabase } from "../sql/filler.ts";
import { indexName } from "../sql/layout.ts";
import { tablesOf } from "../sql/past-table.ts";
import type { ResourceRows, Row } from "../sql/resource-rows.ts";
import { quoted, raw, type Sql, shortName } from "../sql/sql-text.ts";
import type { PostgresConnection, Statement } from "./postgres-connection.ts";
import { postgresLayout } from "./postgres-layout.ts";
import { foundIndex, indexesSql } from "./postgres-schema.ts";

/** Bytes may have to come from far away while the cursor is held. */
const idleMs = 60_000;

/** Works on a connection of its own, so that no write waits for it. Whoever holds the row of the cursor is at it. */
export function postgresFilling(connection: PostgresConnection): FillDatabase {
  let opened: Promise<pg.Client> | undefined;
  let closed = false;
  const client = (): Promise<pg.Client> => {
    opened ??= connect(connection).then((made) => {
      made.on("end", () => {
        opened = undefined;
      });
      if (closed) void made.end();
      return made;
    });
    opened.catch(() => {
      opened = undefined;
    });
    return opened;
  };
  return {
    all: (query) => connection.all(query),
    turn: async (rows, work) => turn(connection, await client(), rows, work),
    makeIndexes: async (rows) => makeIndexes(connection, await client(), rows),
    close: async () => {
      closed = true;
      await (await opened?.catch(() => undefined))?.end();
    },
  };
}

async function connect(connection: PostgresConnection): Promise<pg.Client> {
  const client = new pg.Client({ ...connection.config, pipeline: true, statement_timeout: 0, query_timeout: 0 });
  client.on("error", () => {});
  await client.connect();
  await client.query(`${connection.greeting}; set idle_in_transaction_session_timeout = ${idleMs}`);
  return client;
}

const queries =
  (connection: PostgresConnection, client: pg.Client) =>
  async (statement: Statement): Promise<readonly Row[]> =>
    (await client.query<Row & unknown[]>(connection.query(statement))).rows;

async function turn<Answer>(
  connection: PostgresConnection,
  client: pg.Client,
  { table, hash }: ResourceRows,
  work: (lent: FillConnection) => Promise<Answer>,
): Promise<Answer | undefined> {
  const run = queries(connection, client);
  const all = (query: Sql) => run(connection.numbered(query));
  const drive = async <Made>(steps: FillSteps<Made>): Promise<Made> => {
    let step = steps.next();
    while (!step.done) {
      const { value } = step;
      if ("read" in value) step = steps.next(await all(value.read));
      else {
        await Promise.all(value.write.map(all));
        step = steps.next([]);
      }
    }
    return step.value;
  };
  await client.query("begin");
  let end = "rollback";
  try {
    const lock = { text: "select 1 from specstar_spec where name = $1 and hash = $2 for update skip locked", values: [table, hash] };
    if ((await run(lock)).length === 0) return undefined;
    const answer = await work({ layout: postgresLayout, lock: raw(" for no key update"), all, write: (steps) => drive(steps()) });
    end = "commit";
    return answer;
  } finally {
    await client.query(end);
  }
}

/** One process at a time: an index that is being made looks like one whose making has failed. */
async function makeIndexes(connection: PostgresConnection, client: pg.Client, { spec }: ResourceRows): Promise<boolean> {
  const run = queries(connection, client);
  const lock = [`specstar indexes ${connection.settings.schema}`];
  const [held] = await run({ text: "select pg_try_advisory_lock(hashtextextended($1, 0))::int", values: lock });
  if (held?.[0] !== 1) return false;
  try {
    await client.query("set lock_timeout = 0");
    for (const { name: table, indexes } of tablesOf(postgresLayout, spec)) {
      const found = (await run(connection.numbered(indexesSql(connection.settings.schema, shortName(table))))).map(foundIndex);
      for (const index of indexes) {
        const there = found.find(({ name }) => name === indexName(table, index));
        if (there?.valid) continue;
        if (there) await client.query(`drop index concurrently ${quoted(there.name)}`);
        await client.query(postgresLayout.indexSql(table, index, true));
      }
      await client.query(`analyze ${quoted(table)}`);
    }
  } finally {
    await client.query(`set lock_timeout = ${connection.settings.timeouts.lockMs}`).catch(() => {});
    await run({ text: "select pg_advisory_unlock(hashtextextended($1, 0))", values: lock }).catch(() => {});
  }
  return true;
}
