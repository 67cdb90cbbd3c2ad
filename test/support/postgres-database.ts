import { randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import pg from "pg";
import { test } from "vitest";
import { fail } from "../../src/errors.ts";
import { answers, type PrivateServer, startPrivateServer } from "./postgres-server.ts";

const local = `postgres://${userInfo().username}@127.0.0.1:5432/test`;
const howTo =
  "PostgreSQL is not there: name one with SPECSTAR_TEST_POSTGRES=postgres://user:password@host/database, or start one: docker run --rm -p 5432:5432 -e POSTGRES_HOST_AUTH_METHOD=trust postgres:17";

let own: PrivateServer | undefined;

/** The one named, the one of this machine, or one that is started; found once per process. */
async function findServer(): Promise<string | undefined> {
  const named = process.env.SPECSTAR_TEST_POSTGRES;
  if (named) return named;
  for (const url of [local, "postgres://postgres@127.0.0.1:5432/postgres"]) if (await answers(url)) return url;
  own = await startPrivateServer(["fsync=off", "full_page_writes=off", "max_connections=200"]);
  if (!own) return undefined;
  const pid = own.pid();
  process.once("exit", () => process.kill(pid, "SIGQUIT"));
  return own.url;
}

const found = findServer();

/** Why tests on PostgreSQL are skipped, by name, with the command that brings it; in CI they never are. */
export const postgresMissing: string | undefined = (await found) === undefined ? howTo : undefined;
if (postgresMissing !== undefined && process.env.CI) throw fail("UNAVAILABLE", postgresMissing);

/** Whether there is no PostgreSQL. Then a skipped test says so, so that what is left out of a file is never left out in silence. */
export function withoutPostgres(): boolean {
  if (postgresMissing !== undefined) test.skip(postgresMissing, () => {});
  return postgresMissing !== undefined;
}

export async function postgresUrl(): Promise<string> {
  const url = await found;
  if (url === undefined) throw fail("UNAVAILABLE", howTo);
  return url;
}

/** Runs statements behind the storage's back. */
export async function execute(url: string, text: string, values: readonly unknown[] = []): Promise<readonly Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(text, [...values]);
    return rows;
  } finally {
    await client.end();
  }
}

/** A name for a PostgreSQL schema that nobody else has, and how to remove it. */
export async function newSchema(): Promise<{ readonly url: string; readonly schema: string; readonly drop: () => Promise<void> }> {
  const url = await postgresUrl();
  const schema = `specstar_test_${randomUUID().replaceAll("-", "")}`;
  return {
    url,
    schema,
    drop: async () => {
      await execute(url, `set client_min_messages = error; drop schema if exists ${schema} cascade`);
    },
  };
}
