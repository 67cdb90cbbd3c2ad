import { LRUCache } from "lru-cache";
import { fail } from "../../errors.ts";
import type { RevisionStore } from "../../storage/revision-store.ts";
import { inParallel } from "./in-parallel.ts";
import type { S3Bucket } from "./s3-bucket.ts";

const folder = "revisions/";
const readsAtOnce = 16;
const defaultCacheBytes = 64 * 1024 * 1024;

/**
 * An object per revision, `revisions/{last two digits}/{key}`: the first digits of a key are its time, and would send all
 * writes of an hour to one part of the bucket. Keys are never reused, so what is cached is never stale.
 */
export class S3RevisionStore implements RevisionStore {
  readonly #bucket: S3Bucket;
  /** Undefined where there is to be none. */
  readonly #cache: LRUCache<string, Uint8Array> | undefined;

  constructor(bucket: S3Bucket) {
    this.#bucket = bucket;
    const most = Math.min(bucket.options.cacheBytes ?? defaultCacheBytes, Number.MAX_SAFE_INTEGER);
    if (most >= 1) this.#cache = new LRUCache({ maxSize: Math.floor(most), sizeCalculation: ({ byteLength }) => byteLength + 1 });
  }

  open(): Promise<void> {
    return this.#bucket.open();
  }

  /** On a server without conditional writes an existing key is overwritten; that the server never makes a key twice has to do there. */
  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (!(await this.#bucket.create(objectOf(key), bytes))) throw fail("CONFLICT", `Revision key ${key} exists`);
    this.#cache?.set(key, bytes);
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return inParallel(keys, readsAtOnce, async (key) => {
      const kept = this.#cache?.get(key);
      if (kept) return kept;
      const bytes = await this.#bucket.get(objectOf(key));
      if (bytes) this.#cache?.set(key, bytes);
      return bytes;
    });
  }

  async delete(keys: readonly string[]): Promise<void> {
    await this.#bucket.delete(keys.map(objectOf));
    for (const key of keys) this.#cache?.delete(key);
  }

  async *list(before: number): AsyncIterable<string> {
    for await (const { key, at } of this.#bucket.list(folder)) if (at < before) yield key.slice(folder.length + "ff/".length);
  }

  close(): Promise<void> {
    return this.#bucket.close();
  }
}

function objectOf(key: string): string {
  if (!/^[0-9a-f-]{30,34}[0-9a-f]{2}$/.test(key)) throw fail("BAD_REQUEST", "A revision key is the hex of a UUID");
  return `${folder}${key.slice(-2)}/${key}`;
}
