import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import type { RevisionStore } from "../../storage/revision-store.ts";

export class MemoryRevisionStore implements RevisionStore {
  readonly #bytes = new Map<string, { readonly bytes: Uint8Array; readonly at: number }>();
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  async open(): Promise<void> {}

  async put(key: string, bytes: Uint8Array): Promise<void> {
    if (this.#bytes.has(key)) throw fail("CONFLICT", `Revision key ${key} exists`);
    this.#bytes.set(key, { bytes: new Uint8Array(bytes), at: this.#context.now() });
  }

  async get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]> {
    return keys.map((key) => this.#bytes.get(key)?.bytes).map((bytes) => bytes && new Uint8Array(bytes));
  }

  async delete(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#bytes.delete(key);
  }

  async *list(before: number): AsyncIterable<string> {
    for (const [key, { at }] of this.#bytes) if (at < before) yield key;
  }

  async close(): Promise<void> {}
}
