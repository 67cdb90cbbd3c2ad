import "./version-guard.ts";
import { join } from "node:path";
import { fail } from "./errors.ts";
import { anAmount, anObject, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import { composeStorage } from "./storage/compose-storage.ts";
import type { Context } from "./storage/context.ts";
import type { IStorage } from "./storage/storage.ts";
import { FsBlobStore } from "./stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "./stores/fs/fs-revision-store.ts";
import { SqliteMetaStore } from "./stores/sqlite/sqlite-meta-store.ts";

export interface DiskOptions {
  /** Documents up to this many bytes are kept in the database itself, larger ones as files (default 16 KiB; 0: none, Infinity: all). */
  readonly inlineBytes?: number;
  /** How long a write waits for another process that writes, in milliseconds (default 5 000). */
  readonly busyMs?: number;
  /** How long the feed can be read back, in milliseconds (default 7 days; Infinity: always). Older cursors are GONE. */
  readonly feedRetentionMs?: number;
  /** How much memory states of resources may take that were read, in bytes (default 64 MiB; 0: none). */
  readonly cacheBytes?: number;
  readonly context?: Context;
}

const checks: Record<keyof DiskOptions, OptionCheck> = {
  inlineBytes: anAmount,
  busyMs: anAmount,
  feedRetentionMs: anAmount,
  cacheBytes: anAmount,
  context: anObject,
};

/** Everything in one directory: rows in SQLite, documents and blobs as files. For one process, or a few on one machine. */
export function diskStorage(dir: string, options: DiskOptions = {}): IStorage {
  if (typeof dir !== "string" || dir === "")
    throw fail("BAD_REQUEST", 'diskStorage takes a directory: diskStorage("./data")', { field: "dir" });
  checkOptions("diskStorage", options, checks);
  const { inlineBytes, busyMs, feedRetentionMs, cacheBytes, context } = options;
  const given = context ? { context } : {};
  const revisions = new FsRevisionStore(join(dir, "revisions"), context);
  return composeStorage({
    meta: new SqliteMetaStore(join(dir, "meta.db"), {
      readBytes: (keys) => revisions.get(keys),
      ...(busyMs === undefined ? {} : { busyMs }),
      ...(feedRetentionMs === undefined ? {} : { feedRetentionMs }),
      ...given,
    }),
    revisions,
    blobs: new FsBlobStore(join(dir, "blobs"), context),
    ...(inlineBytes === undefined ? {} : { inlineBytes }),
    ...(cacheBytes === undefined ? {} : { cacheBytes }),
    ...given,
  });
}
