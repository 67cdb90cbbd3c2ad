import "./version-guard.ts";
import { anAmount, anObject, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import { composeStorage } from "./storage/compose-storage.ts";
import { type Context, systemContext } from "./storage/context.ts";
import type { IStorage } from "./storage/storage.ts";
import { MemoryBlobStore } from "./stores/memory/memory-blob-store.ts";
import { MemoryMetaStore } from "./stores/memory/memory-meta-store.ts";
import { MemoryRevisionStore } from "./stores/memory/memory-revision-store.ts";

export interface MemoryOptions {
  /** Documents up to this many bytes are kept in their revision row (default 16 KiB; 0: none, Infinity: all). */
  readonly inlineBytes?: number;
  /** How long the feed can be read back, in milliseconds (default 7 days; Infinity: always). Older cursors are GONE. */
  readonly feedRetentionMs?: number;
  readonly context?: Context;
}

const checks: Record<keyof MemoryOptions, OptionCheck> = { inlineBytes: anAmount, feedRetentionMs: anAmount, context: anObject };

/** Keeps everything in this process, and loses it with it: for tests and trying out. */
export function memoryStorage(options: MemoryOptions = {}): IStorage {
  checkOptions("memoryStorage", options, checks);
  const context = options.context ?? systemContext;
  return composeStorage({
    meta: new MemoryMetaStore(context, options.feedRetentionMs),
    revisions: new MemoryRevisionStore(context),
    blobs: new MemoryBlobStore(context),
    context,
    ...(options.inlineBytes === undefined ? {} : { inlineBytes: options.inlineBytes }),
  });
}
