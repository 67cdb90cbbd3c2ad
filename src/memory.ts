import "./version-guard.ts";
import { composeStorage } from "./storage/compose-storage.ts";
import { type Context, systemContext } from "./storage/context.ts";
import type { IStorage } from "./storage/storage.ts";
import { MemoryBlobStore } from "./stores/memory/memory-blob-store.ts";
import { MemoryMetaStore } from "./stores/memory/memory-meta-store.ts";
import { MemoryRevisionStore } from "./stores/memory/memory-revision-store.ts";

/** Keeps everything in this process, and loses it with it: for tests and trying out. */
export function memoryStorage(options: { readonly inlineBytes?: number; readonly context?: Context } = {}): IStorage {
  const context = options.context ?? systemContext;
  return composeStorage({
    meta: new MemoryMetaStore(context),
    revisions: new MemoryRevisionStore(context),
    blobs: new MemoryBlobStore(),
    context,
    ...(options.inlineBytes === undefined ? {} : { inlineBytes: options.inlineBytes }),
  });
}
