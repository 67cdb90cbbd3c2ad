import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { fail } from "../../src/errors.ts";
import { killChildren } from "./child.ts";
import type { Place } from "./place.ts";
import { say } from "./progress.ts";

/** Where a run keeps its data, and how nothing of it stays behind. */
export interface Workspace {
  /** A new directory. */
  dir(name: string): string;
  sqlite(name: string): Promise<Place>;
  /** A new schema of the PostgreSQL server, and a directory beside it. */
  postgres(name: string): Promise<Place>;
  /** A place on SQLite with the same data. */
  copy(place: Place, name: string): Place;
  /** Does for new tables what autovacuum does in time. */
  vacuum(place: Place): Promise<void>;
  /** Bytes on disk. */
  size(place: Place): Promise<number>;
  remove(place: Place): Promise<void>;
  /** Ends all servers and removes all data. */
  close(): Promise<void>;
}

const url = process.env.SPECSTAR_BENCH_POSTGRES ?? `postgres://${userInfo().username}@127.0.0.1:5432/test`;

export function openWorkspace(): Workspace {
  const root = mkdtempSync(join(tmpdir(), "specstar-bench-"));
  const schemas = new Set<string>();
  let closing: Promise<void> | undefined;
  const dir = (name: string): string => {
    const path = join(root, name);
    mkdirSync(path);
    return path;
  };
  const drop = async (schema: string): Promise<void> => {
    await execute(`set client_min_messages = error; drop schema if exists ${schema} cascade`);
    schemas.delete(schema);
  };
  const close = async (): Promise<void> => {
    killChildren();
    // Servers that were just killed may still be writing.
    rmSync(root, { recursive: true, force: true, maxRetries: 5 });
    for (const schema of schemas) await drop(schema).catch(() => say(`The schema ${schema} is still there`));
  };
  return {
    dir,
    sqlite: async (name) => ({ dir: dir(name) }),
    async postgres(name) {
      const schema = `specstar_bench_${process.pid}_${name.replaceAll("-", "_")}`;
      await execute(`create schema ${schema}`);
      schemas.add(schema);
      return { dir: dir(name), postgres: { url, schema } };
    },
    copy(place, name) {
      const to = dir(name);
      cpSync(place.dir, to, { recursive: true });
      return { dir: to };
    },
    async vacuum({ postgres }) {
      if (!postgres) return;
      for (const { table } of await tablesOf(postgres.schema)) await execute(`vacuum (analyze) ${postgres.schema}."${table}"`);
    },
    size: async (place) => {
      if (place.postgres) return (await tablesOf(place.postgres.schema)).reduce((sum, { bytes }) => sum + Number(bytes), 0);
      return globSync("**/*", { cwd: place.dir }).reduce((sum, file) => sum + statSync(join(place.dir, file)).size, 0);
    },
    async remove(place) {
      rmSync(place.dir, { recursive: true, force: true });
      if (place.postgres) await drop(place.postgres.schema);
    },
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}

async function tablesOf(schema: string): Promise<readonly { table: string; bytes: string }[]> {
  const text =
    "select relname as table, pg_total_relation_size(oid) as bytes from pg_class where relkind = 'r' and relnamespace = $1::regnamespace";
  return execute(text, [schema]);
}

async function execute<Row extends object>(text: string, values?: string[]): Promise<Row[]> {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } catch (reason) {
    const why = reason instanceof Error ? reason.message : reason;
    throw fail("UNAVAILABLE", `No PostgreSQL at ${new URL(url).host} (${why}): name a database with SPECSTAR_BENCH_POSTGRES`);
  }
  try {
    return (await client.query<Row>(text, values)).rows;
  } finally {
    await client.end();
  }
}
