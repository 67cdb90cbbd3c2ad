import { fail } from "../../src/errors.ts";
import { type PrivateServer, startPrivateServer } from "../support/postgres-server.ts";
import { type S3Double, startS3Double } from "../support/s3-double.ts";
import { credentials } from "../support/s3-double-auth.ts";

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

export const bucket = "crash";
let s3: Promise<Pick<S3Double, "url" | "close">> | undefined;

/** Unless another one is used, a double: it keeps everything in this process, which is the one that is never killed. */
export function ownS3(): Promise<Pick<S3Double, "url" | "close">> {
  s3 ??= startS3Double();
  return s3;
}

/** A real server, with the credentials of the tests. Only this process makes the bucket: children start faster without the SDK. */
export async function useS3(url: string): Promise<void> {
  const { CreateBucketCommand } = await import("@aws-sdk/client-s3");
  const { makeClient } = await import("../../src/stores/s3/s3-client.ts");
  const client = makeClient({ bucket, endpoint: url, credentials });
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  client.destroy();
  s3 = Promise.resolve({ url, close: async () => {} });
}

export async function stopServers(): Promise<void> {
  const [database, double] = [await postgres, await s3];
  [postgres, s3] = [undefined, undefined];
  await database?.remove();
  await double?.close();
}
