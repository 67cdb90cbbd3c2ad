import { randomUUID } from "node:crypto";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import pg from "pg";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import type { Context } from "../../src/storage/context.ts";
import { type CrashPoint, crashPoints } from "../../src/storage/crash-points.ts";
import type { MetaStore } from "../../src/storage/meta-store.ts";
import type { RevisionStore } from "../../src/storage/revision-store.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import type { PostgresSettings } from "../../src/stores/postgres/postgres-connection.ts";
import type { BackendName } from "../storage/conformance.ts";
import { newDirectory } from "../support/new-directory.ts";
import { credentials } from "../support/s3-double-auth.ts";
import { specs } from "./notes.ts";
import { bucket, ownPostgres, ownS3 } from "./servers.ts";

/** What the crash tests have to know of a storage. Each imports its own code only when it is used: children start faster. */
export interface Backend {
  /** Survives the end of its process. */
  readonly durable: boolean;
  /** Several processes at once. */
  readonly shared: boolean;
  /** The crash points that its writes pass. */
  readonly points: readonly CrashPoint[];
  /** Makes an empty place, and says where it is: all that a process needs to open it. */
  readonly make: () => Promise<string>;
  readonly open: (at: string, context?: Context) => Promise<IStorage>;
  /** What lies in its byte stores; nobody has the place open. */
  readonly bytes: (at: string) => Promise<Bytes>;
  readonly remove: (at: string) => Promise<void>;
  /** Its server on 127.0.0.1, and the same place by way of another port: where a proxy can stand. */
  readonly server?: { readonly port: (at: string) => number; readonly through: (at: string, port: number) => string };
}

export interface Bytes {
  /** Of revisions that no row refers to, and half-written ones. */
  readonly strays: readonly string[];
  /** Hashes of all blobs. */
  readonly blobs: readonly string[];
}

/** Shorter than the default: those who wait for a lock that a hanging process holds are answered within the test's time. */
const busyMs = 1_500;

const given = (context: Context | undefined) => (context ? { context } : {});
const removeDirectory = (dir: string) => rm(dir, { recursive: true, force: true });
const without = (...points: readonly CrashPoint[]) => crashPoints.filter((point) => !points.includes(point));

/** Where a PostgreSQL storage lies. */
interface PostgresPlace {
  readonly url: string;
  readonly schema: string;
  /** Of its files; empty where all is in the database. */
  readonly dir: string;
}

const postgresPlace = async (dir: string): Promise<string> => {
  const place: PostgresPlace = { url: (await ownPostgres()).url, schema: `crash_${randomUUID().replaceAll("-", "")}`, dir };
  return JSON.stringify(place);
};

/** Shorter than the defaults, as above: a process that hangs in a transaction is cut off, and the others go on. */
const timeouts = { connectMs: 5_000, lockMs: 1_500, idleInTransactionMs: 4_000 };

async function openPostgres(at: string, context?: Context): Promise<IStorage> {
  const { url, schema, dir }: PostgresPlace = JSON.parse(at);
  const { postgresStorage } = await import("../../src/postgres.ts");
  const options = { url, schema, pool: 4, timeouts, ...given(context) };
  if (dir === "") return postgresStorage({ ...options, revisions: "sql" });
  const { FsBlobStore } = await import("../../src/stores/fs/fs-blob-store.ts");
  const { FsRevisionStore } = await import("../../src/stores/fs/fs-revision-store.ts");
  return postgresStorage({
    ...options,
    revisions: new FsRevisionStore(join(dir, "revisions"), context),
    blobs: new FsBlobStore(join(dir, "blobs"), context),
  });
}

const settingsOf = (at: string): PostgresSettings => {
  const { url, schema }: PostgresPlace = JSON.parse(at);
  return { address: { url }, schema, pool: 1, timeouts: { statementMs: 30_000, ...timeouts } };
};

const onPort = (url: string, port: number): string => {
  const moved = new URL(url);
  moved.port = String(port);
  return moved.href;
};

const postgresServer = {
  port: (at: string) => {
    const { url }: PostgresPlace = JSON.parse(at);
    return Number(new URL(url).port);
  },
  through: (at: string, port: number) => {
    const place: PostgresPlace = JSON.parse(at);
    return JSON.stringify({ ...place, url: onPort(place.url, port) });
  },
};

async function dropPostgres(at: string): Promise<void> {
  const { url, schema, dir }: PostgresPlace = JSON.parse(at);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`set client_min_messages = error; drop schema if exists ${schema} cascade`);
  await client.end();
  if (dir !== "") await removeDirectory(dir);
}

/** Where an S3 storage lies: a part of a bucket, and the folder of its node. */
interface S3Place {
  readonly endpoint: string;
  readonly prefix: string;
  readonly dir: string;
}

const s3Options = ({ endpoint, prefix }: S3Place) => ({ bucket, endpoint, prefix, credentials });

export const backends: Record<BackendName, Backend> = {
  memory: {
    durable: false,
    shared: false,
    points: [],
    make: async () => "",
    open: async (_at, context) => (await import("../../src/memory.ts")).memoryStorage(given(context)),
    bytes: async () => ({ strays: [], blobs: [] }),
    remove: async () => {},
  },
  disk: {
    durable: true,
    shared: true,
    points: without("after-journal", "before-sequence", "after-sequence"),
    make: () => newDirectory("crash"),
    open: async (dir, context) => (await import("../../src/disk.ts")).diskStorage(dir, { busyMs, ...given(context) }),
    bytes: async (dir) => {
      const { SqliteMetaStore } = await import("../../src/stores/sqlite/sqlite-meta-store.ts");
      return fileBytes(new SqliteMetaStore(join(dir, "meta.db")), dir);
    },
    remove: removeDirectory,
  },
  postgres: {
    durable: true,
    shared: true,
    points: without("after-journal"),
    make: async () => postgresPlace(await newDirectory("crash")),
    open: openPostgres,
    bytes: async (at) => {
      const { PostgresMetaStore } = await import("../../src/stores/postgres/postgres-meta-store.ts");
      const { dir }: PostgresPlace = JSON.parse(at);
      return fileBytes(new PostgresMetaStore({ settings: settingsOf(at) }), dir);
    },
    remove: dropPostgres,
    server: postgresServer,
  },
  s3: {
    durable: true,
    shared: false,
    points: without("before-sequence", "after-sequence"),
    make: async () => {
      const place: S3Place = { endpoint: (await ownS3()).url, prefix: `${randomUUID()}/`, dir: await newDirectory("crash") };
      return JSON.stringify(place);
    },
    // Whoever comes later comes to another folder: what the bucket holds has to be enough.
    open: async (at, context) => {
      const place: S3Place = JSON.parse(at);
      const dir = join(place.dir, context ? randomUUID() : "node");
      const { s3Storage } = await import("../../src/s3.ts");
      return s3Storage({ ...s3Options(place), dir, leaseMs: 60_000, snapshotBytes: 256 * 1024, ...given(context) });
    },
    bytes: s3Bytes,
    remove: async (at) => {
      const { dir }: S3Place = JSON.parse(at);
      await removeDirectory(dir);
    },
    server: {
      port: (at) => {
        const { endpoint }: S3Place = JSON.parse(at);
        return Number(new URL(endpoint).port);
      },
      through: (at, port) => {
        const place: S3Place = JSON.parse(at);
        return JSON.stringify({ ...place, endpoint: onPort(place.endpoint, port) });
      },
    },
  },
  "postgres, revisions in sql": {
    durable: true,
    shared: true,
    points: without("after-journal", "before-bytes", "after-bytes", "before-orphans-deleted"),
    make: () => postgresPlace(""),
    open: openPostgres,
    bytes: async (at) => {
      const { PostgresBlobStore } = await import("../../src/stores/postgres/postgres-blob-store.ts");
      return { strays: [], blobs: await hashesIn(new PostgresBlobStore(settingsOf(at))) };
    },
    remove: dropPostgres,
    server: postgresServer,
  },
};

export const isBackend = (name: string): name is BackendName => Object.hasOwn(backends, name);
export const durableBackends: readonly BackendName[] = Object.keys(backends)
  .filter(isBackend)
  .filter((name) => backends[name].durable);

async function hashesIn(store: BlobStore): Promise<string[]> {
  await store.open();
  const hashes = await Array.fromAsync(store.list(Number.POSITIVE_INFINITY));
  await store.close();
  return hashes;
}

/** Of these keys, those of no revision. To condemn them does no harm: nobody writes any more. */
async function straysOf(meta: MetaStore, revisions: RevisionStore): Promise<readonly string[]> {
  await Promise.all([meta.open(specs), revisions.open()]);
  const strays = await meta.condemn(await Array.fromAsync(revisions.list(Number.POSITIVE_INFINITY)));
  await Promise.all([meta.close(), revisions.close()]);
  return strays;
}

/** Of stores in the folders `revisions` and `blobs`. */
async function fileBytes(meta: MetaStore, dir: string): Promise<Bytes> {
  const { FsBlobStore } = await import("../../src/stores/fs/fs-blob-store.ts");
  const { FsRevisionStore } = await import("../../src/stores/fs/fs-revision-store.ts");
  const strays = await straysOf(meta, new FsRevisionStore(join(dir, "revisions")));
  const halves = await Promise.all(["revisions", "blobs"].map((part) => readdir(join(dir, part, "tmp"))));
  return { strays: [...strays, ...halves.flat()], blobs: await hashesIn(new FsBlobStore(join(dir, "blobs"))) };
}

async function s3Bytes(at: string): Promise<Bytes> {
  const place: S3Place = JSON.parse(at);
  const { S3BlobStore } = await import("../../src/stores/s3/s3-blob-store.ts");
  const { S3Bucket } = await import("../../src/stores/s3/s3-bucket.ts");
  const { S3RevisionStore } = await import("../../src/stores/s3/s3-revision-store.ts");
  const { SqliteMetaStore } = await import("../../src/stores/sqlite/sqlite-meta-store.ts");
  const bucket = () => new S3Bucket(s3Options(place));
  const strays = await straysOf(new SqliteMetaStore(join(place.dir, "node", "meta.db")), new S3RevisionStore(bucket()));
  const listing = bucket();
  const halves = (await Array.fromAsync(listing.list("blobs/tmp/"))).map(({ key }) => key);
  listing.client.destroy();
  return { strays: [...strays, ...halves], blobs: await hashesIn(new S3BlobStore(bucket())) };
}
