import "./version-guard.ts";
import { hostname } from "node:os";
import { join } from "node:path";
import { aCount, aFlag, aName, anAmount, anObject, aString, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import type { BlobStore } from "./storage/blob-store.ts";
import { composeStorage } from "./storage/compose-storage.ts";
import { type Context, systemContext } from "./storage/context.ts";
import type { RevisionStore } from "./storage/revision-store.ts";
import type { IStorage } from "./storage/storage.ts";
import { S3BlobStore } from "./stores/s3/s3-blob-store.ts";
import { S3Bucket } from "./stores/s3/s3-bucket.ts";
import { S3Journal } from "./stores/s3/s3-journal.ts";
import type { S3Options, S3Timeouts } from "./stores/s3/s3-options.ts";
import { S3RevisionStore } from "./stores/s3/s3-revision-store.ts";
import { SqliteMetaStore } from "./stores/sqlite/sqlite-meta-store.ts";

export type { S3Options, S3Timeouts } from "./stores/s3/s3-options.ts";

export interface S3StorageOptions extends S3Options {
  /** Folder of the node's database. It may be lost: all of it is in the bucket. */
  readonly dir: string;
  /** Documents up to this many bytes are kept in the database itself, larger ones as objects (default 16 KiB; 0: none, Infinity: all). */
  readonly inlineBytes?: number;
  /** What other nodes call this one when they are refused (default: the host's name). */
  readonly node?: string;
  /** How long a node that went away without a word keeps the bucket, in milliseconds (default 30 000). */
  readonly leaseMs?: number;
  /** A snapshot is taken when the log has grown by this many bytes, or by half of the database if that is more (default 16 MiB). */
  readonly snapshotBytes?: number;
  /** How long snapshots are kept that a newer one has replaced, and the log behind them, in milliseconds (default 24 hours). */
  readonly retentionMs?: number;
  /** How long the feed can be read back, in milliseconds (default 7 days; Infinity: always). Older cursors are GONE. */
  readonly feedRetentionMs?: number;
  /** How long a blob that no revision uses is kept, in milliseconds (default 24 hours). */
  readonly blobGraceMs?: number;
  readonly context?: Context;
}

const areCredentials = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  ["accessKeyId", "secretAccessKey"].every((name) => typeof Reflect.get(value, name) === "string");

const fileChecks: Record<keyof S3Options | "context", OptionCheck> = {
  bucket: { ...aName, required: true },
  prefix: aString,
  endpoint: aName,
  region: aName,
  // Those that the AWS SDK finds or has used hold more.
  credentials: { takes: "an object with accessKeyId and secretAccessKey", allows: areCredentials },
  forcePathStyle: aFlag,
  cacheBytes: anAmount,
  timeouts: anObject,
  context: anObject,
};
const checks: Record<keyof S3StorageOptions, OptionCheck> = {
  ...fileChecks,
  dir: { ...aName, required: true },
  inlineBytes: anAmount,
  node: aName,
  leaseMs: anAmount,
  snapshotBytes: anAmount,
  retentionMs: anAmount,
  feedRetentionMs: anAmount,
  blobGraceMs: anAmount,
};
const timeoutChecks: Record<keyof S3Timeouts, OptionCheck> = { connectMs: anAmount, idleMs: anAmount, attempts: aCount };

function checkS3Options(what: string, options: S3Options, known: Readonly<Record<string, OptionCheck>>): void {
  checkOptions(what, options, known);
  checkOptions(`${what}: timeouts`, options.timeouts ?? {}, timeoutChecks);
}

/** Documents and blobs in a bucket, for storages that keep their rows elsewhere: `postgresStorage({ url, ...s3Files({ bucket }) })`. */
export function s3Files(options: S3Options & { readonly context?: Context }): {
  readonly revisions: RevisionStore;
  readonly blobs: BlobStore;
} {
  checkS3Options("s3Files", options, fileChecks);
  const bucket = new S3Bucket(options);
  return { revisions: new S3RevisionStore(bucket), blobs: new S3BlobStore(bucket, options.context) };
}

/** Rows in SQLite on this node, kept safe in a bucket; documents and blobs in the bucket. For one node at a time, on any disk. */
export function s3Storage(options: S3StorageOptions): IStorage {
  checkS3Options("s3Storage", options, checks);
  const { dir, inlineBytes, feedRetentionMs, blobGraceMs, context = systemContext } = options;
  const bucket = new S3Bucket(options);
  const revisions = new S3RevisionStore(bucket);
  const journal = new S3Journal({
    bucket,
    context,
    name: options.node ?? hostname(),
    leaseMs: options.leaseMs ?? 30_000,
    snapshotBytes: options.snapshotBytes ?? 16 * 1024 * 1024,
    retentionMs: options.retentionMs ?? 24 * 60 * 60 * 1000,
  });
  return composeStorage({
    meta: new SqliteMetaStore(join(dir, "meta.db"), {
      journal,
      context,
      readBytes: (keys) => revisions.get(keys),
      ...(feedRetentionMs === undefined ? {} : { feedRetentionMs }),
    }),
    revisions,
    blobs: new S3BlobStore(bucket, context),
    context,
    ...(inlineBytes === undefined ? {} : { inlineBytes }),
    ...(blobGraceMs === undefined ? {} : { blobGraceMs }),
    ...(options.cacheBytes === undefined ? {} : { cacheBytes: options.cacheBytes }),
  });
}
