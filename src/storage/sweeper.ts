import type { BlobStore } from "./blob-store.ts";
import type { Context } from "./context.ts";
import type { MetaStore } from "./meta-store.ts";
import type { RevisionStore } from "./revision-store.ts";

/** Bytes of revisions that no row refers to are kept this long: their write may still be under way. */
const revisionGraceMs = 60 * 60 * 1000;
/** How long an uploader has to put a blob into a resource. */
export const defaultBlobGraceMs = 24 * 60 * 60 * 1000;
const everyMs = 60 * 60 * 1000;

export interface Swept {
  readonly meta: MetaStore;
  readonly revisions: ReadonlySet<RevisionStore>;
  readonly blobs: BlobStore;
}

/**
 * Takes away what nothing refers to: bytes of revisions whose write ended half-way, and blobs that no revision uses. Runs
 * beside the work, after the start and every hour; what fails or is cut short waits for the next time.
 */
export class Sweeper {
  readonly #swept: Swept;
  readonly #context: Context;
  readonly #blobGraceMs: number;
  #running: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(swept: Swept, context: Context, blobGraceMs: number) {
    this.#swept = swept;
    this.#context = context;
    this.#blobGraceMs = blobGraceMs;
  }

  start(): void {
    this.#running = this.#sweep();
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#sweep());
    }, everyMs).unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Deletes those of these blobs that no revision uses any more, and their bytes where nothing shares them. */
  async releaseBlobs(ids: readonly string[]): Promise<void> {
    await this.#deleteBytes(await this.#swept.meta.blobs.release({ ids }));
  }

  async #sweep(): Promise<void> {
    for (const store of this.#swept.revisions) await this.#sweepRevisions(store).catch(() => {});
    await this.#sweepBlobs().catch(() => {});
  }

  async #sweepRevisions(store: RevisionStore): Promise<void> {
    const keys: string[] = [];
    for await (const key of store.list(this.#context.now() - revisionGraceMs)) {
      if (this.#stopped) return;
      if (keys.push(key) >= 500) await this.#deleteUnreferenced(store, keys.splice(0));
    }
    await this.#deleteUnreferenced(store, keys);
  }

  async #deleteUnreferenced(store: RevisionStore, keys: readonly string[]): Promise<void> {
    const referenced = await this.#swept.meta.referenced(keys);
    await store.delete(keys.filter((key) => !referenced.has(key)));
  }

  async #sweepBlobs(): Promise<void> {
    for (;;) {
      if (this.#stopped) return;
      const hashes = await this.#swept.meta.blobs.release({ before: this.#context.now() - this.#blobGraceMs });
      if (hashes.length === 0) return;
      await this.#deleteBytes(hashes);
    }
  }

  /** While a hash is marked, nobody can put a blob of it, so that bytes cannot go away below a new row. */
  async #deleteBytes(hashes: readonly string[]): Promise<void> {
    if (hashes.length === 0) return;
    await this.#swept.blobs.delete(hashes);
    await this.#swept.meta.blobs.forget(hashes);
  }
}
