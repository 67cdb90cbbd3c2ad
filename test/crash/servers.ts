import { fail } from "../../src/errors.ts";
import { type PrivateServer, startPrivateServer } from "../support/postgres-server.ts";
import { type S3Double, startS3Double } from "../support/s3-double.ts";

/** Servers that the storages under test stand on, of this run alone: started when first asked for. */
let postgres: Promise<PrivateServer> | undefined;

/** With its own settings for durability: what it acknowledges must survive its end. */
export function ownPostgres(): Promise<PrivateServer> {
  postgres ??= start();
  return postgres;
}

async function start(): Promise<PrivateServer> {
  const server = await startPrivateServer(["max_connections=200"]);
  if (!server) throw fail("UNAVAILABLE", "There are no binaries of PostgreSQL for this machine: leave it out with --storage");
  return server;
}

let s3: Promise<S3Double> | undefined;

/** It keeps everything in this process, which is the one that is never killed. */
export function ownS3(): Promise<S3Double> {
  s3 ??= startS3Double();
  return s3;
}

export async function stopServers(): Promise<void> {
  const [database, bucket] = [await postgres, await s3];
  [postgres, s3] = [undefined, undefined];
  await database?.remove();
  await bucket?.close();
}
