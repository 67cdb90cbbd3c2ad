import { createHash, type Hash } from "node:crypto";
import { fail } from "../../errors.ts";
import type { BlobLink } from "../../storage/blob-links.ts";
import { blobName } from "../../storage/blob-name.ts";
import type { BlobStore, ByteRange, NameOf } from "../../storage/blob-store.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { abortUploads, copy, download, partBytes, upload } from "./large-objects.ts";
import type { S3Bucket } from "./s3-bucket.ts";

const folder = "blobs/";
const temporaryFolder = "blobs/tmp/";
const abandonedMs = 24 * 60 * 60 * 1000;

/**
 * An object per content, `blobs/{SHA-256}`, and what stands behind it in the name. The hash is known only when all bytes have passed: short ones wait for it in
 * memory, long ones in an object of their own, which the server then copies.
 */
export class S3BlobStore implements BlobStore {
  readonly presigns = true;
  readonly #bucket: S3Bucket;
  readonly #context: Context;
  #sweeping: Promise<void> = Promise.resolve();

  constructor(bucket: S3Bucket, context: Context = systemContext) {
    this.#bucket = bucket;
    this.#context = context;
  }

  async open(): Promise<void> {
    await this.#bucket.open();
    this.#sweeping = this.#sweep().catch(() => {});
  }

  /** The same bytes are put again over themselves, so that a damaged object heals when its content comes again. */
  async put(bytes: AsyncIterable<Uint8Array>, nameOf: NameOf = async (hash) => hash): Promise<{ hash: string; size: number }> {
    const source = new Hashed(bytes);
    try {
      const first = await source.take(partBytes);
      if (!source.ended) return { hash: await this.#putLong(source, first, nameOf), size: source.size };
      const hash = await nameOf(source.hash);
      await this.#bucket.put(keyOf(hash), Buffer.concat(first));
      crashPoint("blob-bytes-written");
      return { hash, size: source.size };
    } finally {
      await source.close();
    }
  }

  async #putLong(source: Hashed, first: Uint8Array[], nameOf: NameOf): Promise<string> {
    const temporary = `${temporaryFolder}${this.#context.uuid()}`;
    await upload(this.#bucket, temporary, source.all(first));
    try {
      crashPoint("blob-bytes-written");
      const hash = await nameOf(source.hash);
      await copy(this.#bucket, temporary, keyOf(hash), source.size);
      return hash;
    } finally {
      await this.#bucket.delete([temporary]).catch(() => {});
    }
  }

  /**
   * With a range, only those bytes, as far as there are any; they cannot be checked, because the hash is of the whole. One
   * that begins behind the end is RANGE_NOT_SATISFIABLE.
   */
  async *get(hash: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const check = createHash("sha256");
    for await (const chunk of download(this.#bucket, keyOf(hash), range)) {
      if (!range) check.update(chunk);
      yield chunk;
    }
    if (!range && check.digest("hex") !== blobName(hash).digest)
      throw fail("DATA_CORRUPTION", "The bytes of this blob do not match its hash. Restore it from a backup, or upload it again");
  }

  presign(hash: string, link: BlobLink): Promise<string> {
    return this.#bucket.presign(keyOf(hash), link);
  }

  async has(hash: string): Promise<boolean> {
    return this.#bucket.has(keyOf(hash));
  }

  async delete(hashes: readonly string[]): Promise<void> {
    await this.#bucket.delete(hashes.map(keyOf));
  }

  async *list(before: number): AsyncIterable<string> {
    for await (const { key, at } of this.#bucket.list(folder)) if (at < before && !key.startsWith(temporaryFolder)) yield hashOf(key);
  }

  /** What crashed uploads left. Those of the last day may still be under way. */
  async #sweep(): Promise<void> {
    const before = this.#context.now() - abandonedMs;
    await abortUploads(this.#bucket, folder, before);
    const abandoned: string[] = [];
    for await (const { key, at } of this.#bucket.list(temporaryFolder)) if (at < before) abandoned.push(key);
    await this.#bucket.delete(abandoned);
  }

  async close(): Promise<void> {
    await this.#sweeping;
    await this.#bucket.close();
  }
}

/** A stream that is hashed and counted while it passes. */
class Hashed {
  size = 0;
  ended = false;
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #hash: Hash = createHash("sha256");

  constructor(bytes: AsyncIterable<Uint8Array>) {
    this.#source = bytes[Symbol.asyncIterator]();
  }

  async #next(): Promise<Uint8Array | undefined> {
    const { value, done } = await this.#source.next();
    if (done) {
      this.ended = true;
      return undefined;
    }
    this.#hash.update(value);
    this.size += value.byteLength;
    return value;
  }

  /** Chunks until there are `bytes` of them, or no more. */
  async take(bytes: number): Promise<Uint8Array[]> {
    const taken: Uint8Array[] = [];
    while (this.size <= bytes) {
      const chunk = await this.#next();
      if (!chunk) break;
      taken.push(chunk);
    }
    return taken;
  }

  /** What was taken, which is let go on the way, and then the rest. */
  async *all(taken: Uint8Array[]): AsyncGenerator<Uint8Array> {
    for (const chunk of taken.splice(0)) yield chunk;
    for (let chunk = await this.#next(); chunk; chunk = await this.#next()) yield chunk;
  }

  /** Of all bytes; asked for once, when they have passed. */
  get hash(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.#source.return?.();
  }
}

const hashOf = (key: string): string => `sha256:${key.slice(folder.length)}`;
const keyOf = (hash: string): string => folder + blobName(hash).file;
