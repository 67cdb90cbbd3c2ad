import { createHash } from "node:crypto";
import { fail } from "../../errors.ts";
import { refuseLinks } from "../../storage/blob-links.ts";
import type { BlobStore, ByteRange, NameOf } from "../../storage/blob-store.ts";
import { type Context, systemContext } from "../../storage/context.ts";

export class MemoryBlobStore implements BlobStore {
  readonly presigns = false;
  readonly presign = refuseLinks;
  readonly #bytes = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  readonly #context: Context;

  constructor(context: Context = systemContext) {
    this.#context = context;
  }

  async open(): Promise<void> {}

  async put(bytes: AsyncIterable<Uint8Array>, nameOf: NameOf = async (hash) => hash): Promise<{ hash: string; size: number }> {
    const parts: Uint8Array[] = [];
    for await (const part of bytes) parts.push(new Uint8Array(part));
    const whole = Buffer.concat(parts);
    const hash = await nameOf(`sha256:${createHash("sha256").update(whole).digest("hex")}`);
    this.#bytes.set(hash, { bytes: whole, at: this.#context.now() });
    return { hash, size: whole.byteLength };
  }

  async *get(hash: string, range?: ByteRange): AsyncIterable<Uint8Array> {
    const bytes = this.#bytes.get(hash)?.bytes;
    if (!bytes) throw fail("NOT_FOUND", "There are no bytes for this blob");
    // A copy: `slice` of a Buffer would share its memory.
    yield new Uint8Array(range ? bytes.subarray(range.start, range.end + 1) : bytes);
  }

  async has(hash: string): Promise<boolean> {
    return this.#bytes.has(hash);
  }

  async delete(hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) this.#bytes.delete(hash);
  }

  async *list(before: number): AsyncIterable<string> {
    for (const [hash, { at }] of this.#bytes) if (at < before) yield hash;
  }

  async close(): Promise<void> {}
}
