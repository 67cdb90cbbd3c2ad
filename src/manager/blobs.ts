import { TypeID } from "typeid-js";
import { fail } from "../errors.ts";
import { hashIn } from "../storage/blob-name.ts";
import type { Context } from "../storage/context.ts";
import type { BlobRow } from "../storage/rows.ts";
import type { IStorage } from "../storage/storage.ts";
import { type Actor, anonymous } from "./actor.ts";

export interface BlobOptions {
  /** A media type; `application/octet-stream` unless told. */
  readonly contentType?: string;
  readonly actor?: Actor;
}

/** Large binaries, put before the resource that holds their id in a `blob()` field. */
export class Blobs {
  readonly #storage: IStorage;
  readonly #context: Context;
  readonly #open: () => Promise<void>;

  /** @param open opens the storage, if it is not open yet */
  constructor(storage: IStorage, context: Context, open: () => Promise<void>) {
    this.#storage = storage;
    this.#context = context;
    this.#open = open;
  }

  /** Streams the bytes into the blob store; durable when it resolves. The id is new each time, the same bytes are kept once. */
  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options: BlobOptions = {}): Promise<BlobRow> {
    const { contentType = "application/octet-stream", actor = anonymous } = options;
    if (!/^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(contentType))
      throw fail("BAD_REQUEST", "contentType must be a media type like image/png", { field: "contentType" });
    await this.#open();
    const id = TypeID.fromUUID("blob", this.#context.uuid()).toString();
    const parts = bytes instanceof Uint8Array ? once(bytes) : bytes;
    return shown(await this.#storage.putBlob(parts, { id, contentType, createdAt: this.#context.now(), createdBy: actor.id }));
  }

  /** What is known of blobs, in order; undefined for unknown ids. */
  async stat(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return (await this.#rows(ids)).map((row) => row && shown(row));
  }

  /** The bytes. NOT_FOUND for an unknown id; DATA_CORRUPTION at the end if they do not match their hash. */
  async *get(id: string): AsyncIterable<Uint8Array> {
    const [row] = await this.#rows([id]);
    if (!row) throw fail("NOT_FOUND", `There is no blob ${id.slice(0, 100)}`, { id: id.slice(0, 100) });
    yield* this.#storage.readBlob(row);
  }

  async #rows(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    await this.#open();
    return this.#storage.blobs(ids);
  }
}

/** The hash of its bytes, whatever their name in the store. */
const shown = (row: BlobRow): BlobRow => ({ ...row, hash: hashIn(row.hash) });

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
