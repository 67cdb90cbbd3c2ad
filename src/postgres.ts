import "./version-guard.ts";
import { aCount, aFlag, aFunction, aName, anAmount, anObject, aString, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import type { BlobStore } from "./storage/blob-store.ts";
import { composeStorage } from "./storage/compose-storage.ts";
import type { Context } from "./storage/context.ts";
import type { RevisionStore } from "./storage/revision-store.ts";
import type { IStorage } from "./storage/storage.ts";
import { inlineRevisions } from "./stores/postgres/inline-revisions.ts";
import { PostgresBlobStore } from "./stores/postgres/postgres-blob-store.ts";
import type { PostgresAddress, PostgresSettings, PostgresTimeouts } from "./stores/postgres/postgres-connection.ts";
import { PostgresMetaStore } from "./stores/postgres/postgres-meta-store.ts";

export interface PostgresBaseOptions extends PostgresAddress {
  /** The PostgreSQL schema that holds the tables; made if it is not there (default `specstar`). */
  readonly schema?: string;
  /** Connections for reading (default 8). Two more are used: one writes, one sees to the feed. */
  readonly pool?: number;
  readonly timeouts?: PostgresTimeouts;
  /** How long the feed can be read back, in milliseconds (default 7 days; Infinity: always). Older cursors are GONE. */
  readonly feedRetentionMs?: number;
  /** How long a blob that no revision uses is kept, in milliseconds (default 24 hours). */
  readonly blobGraceMs?: number;
  /** How much memory states of resources may take that were read, in bytes (default 64 MiB; 0: none). */
  readonly cacheBytes?: number;
  readonly context?: Context;
}

/** Rows in PostgreSQL, larger documents and blobs in stores of their own, as `s3Files({ … })` of `specstar/s3` gives them. */
export interface PostgresWithStores extends PostgresBaseOptions {
  readonly revisions: RevisionStore;
  readonly blobs: BlobStore;
  /** Documents up to this many bytes are kept in the database itself (default 16 KiB; 0: none, Infinity: all). */
  readonly inlineBytes?: number;
}

/** Everything in PostgreSQL, blobs too unless a store for them is given. */
export interface PostgresAlone extends PostgresBaseOptions {
  readonly revisions: "sql";
  readonly blobs?: BlobStore;
}

export type PostgresOptions = PostgresWithStores | PostgresAlone;

const defaultTimeouts = { connectMs: 5_000, statementMs: 30_000, lockMs: 5_000, idleInTransactionMs: 10_000 };

const checks: Record<keyof PostgresWithStores | keyof PostgresAlone, OptionCheck> = {
  url: aString,
  host: aString,
  port: aCount,
  database: aString,
  user: aString,
  password: { takes: "a string, or a function that answers one", allows: (value) => aString.allows(value) || aFunction.allows(value) },
  ssl: { takes: "true, false or an object", allows: (value) => aFlag.allows(value) || anObject.allows(value) },
  schema: aName,
  pool: aCount,
  timeouts: anObject,
  revisions: {
    required: true,
    takes: '"sql", or a store like that of s3Files({ bucket })',
    allows: (value) => value === "sql" || anObject.allows(value),
  },
  blobs: anObject,
  inlineBytes: anAmount,
  feedRetentionMs: anAmount,
  blobGraceMs: anAmount,
  cacheBytes: anAmount,
  context: anObject,
};
const timeoutChecks: Record<keyof PostgresTimeouts, OptionCheck> = {
  connectMs: anAmount,
  statementMs: anAmount,
  lockMs: anAmount,
  idleInTransactionMs: anAmount,
};

/**
 * Rows in a PostgreSQL database (14 or newer): for many processes, on as many machines. Nothing is connected before it is
 * opened; a server that was away is found again by itself.
 */
export function postgresStorage(options: PostgresOptions): IStorage {
  checkOptions("postgresStorage", options, checks);
  checkOptions("postgresStorage: timeouts", options.timeouts ?? {}, timeoutChecks);
  const { schema = "specstar", pool = 8, timeouts, feedRetentionMs, blobGraceMs, cacheBytes, context } = options;
  const { url, host, port, database, user, password, ssl } = options;
  const settings: PostgresSettings = {
    address: { url, host, port, database, user, password, ssl },
    schema,
    pool,
    timeouts: { ...defaultTimeouts, ...timeouts },
  };
  const revisions = options.revisions === "sql" ? inlineRevisions : options.revisions;
  const inlineBytes = options.revisions === "sql" ? Number.POSITIVE_INFINITY : options.inlineBytes;
  return composeStorage({
    meta: new PostgresMetaStore({ settings, feedRetentionMs, context, readBytes: (keys) => revisions.get(keys) }),
    revisions,
    blobs: options.blobs ?? new PostgresBlobStore(settings, context),
    ...(inlineBytes === undefined ? {} : { inlineBytes }),
    ...(blobGraceMs === undefined ? {} : { blobGraceMs }),
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    ...(context === undefined ? {} : { context }),
  });
}
