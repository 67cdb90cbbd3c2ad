import type { BlobStore } from "./blob-store.ts";
import type { Context } from "./context.ts";
import type { MetaStore } from "./meta-store.ts";
import type { RevisionStore } from "./revision-store.ts";

/**
 * Bytes that no row refers to are kept this long: their write may still be under way. It only spares slow writes: nothing is
 * deleted before it is marked, and a write that comes later finds the mark and is refused.
 */
const writeGraceMs = 60 * 60 * 1000;
const sweptAtOnce = 500;
/** How long an uploader has to put a blob into a resource. */
export const defaultBlobGraceMs = 24 * 60 * 60 * 1000;
const everyMs = 60 * 60 * 1000;

export interface Swept {
  readonly meta: MetaStore;
  readonly revisions: ReadonlySet<RevisionStore>;
  readonly blobs: BlobStore;
}

/**
 * Takes away what nothing refers to: bytes of revisions and blobs whose write ended half-way, and blobs that no revision uses.
 * Runs beside the work, after the start and every hour; what fails or is cut short waits for the next time.
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
    await this.#eachOld(store, async (keys) => {
      const condemned = await this.#swept.meta.condemn(keys);
      if (condemned.length > 0) await store.delete(condemned);
    });
  }

  async #eachOld(store: RevisionStore | BlobStore, sweep: (names: readonly string[]) => Promise<void>): Promise<void> {
    const names: string[] = [];
    for await (const name of store.list(this.#context.now() - writeGraceMs)) {
      if (this.#stopped) return;
      if (names.push(name) >= sweptAtOnce) await sweep(names.splice(0));
    }
    if (names.length > 0) await sweep(names);
  }

  async #sweepBlobs(): Promise<void> {
    for (;;) {
      if (this.#stopped) return;
      const names = await this.#swept.meta.blobs.release({ before: this.#context.now() - this.#blobGraceMs });
      if (names.length === 0) break;
      await this.#deleteBytes(names);
    }
    const { meta, blobs } = this.#swept;
    await this.#eachOld(blobs, async (names) => this.#deleteBytes(await meta.blobs.condemn(names)));
  }

  /**
   * While a name is marked, no row can hold it, so that bytes cannot go away below a new row. If this process stands still
   * here, others give the name up for good, and whenever the bytes are deleted then, nobody uses them.
   */
  async #deleteBytes(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#swept.blobs.delete(names);
    await this.#swept.meta.blobs.forget(names);
  }
}
