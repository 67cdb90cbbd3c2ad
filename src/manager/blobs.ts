import { TypeID } from "typeid-js";
import { fail } from "../errors.ts";
import { hashIn } from "../storage/blob-name.ts";
import type { ByteRange } from "../storage/blob-store.ts";
import type { BlobRow } from "../storage/rows.ts";
import { type Actor, anonymous } from "./actor.ts";
import { mayReadBlob, mayUploadBlobs } from "./blob-access.ts";
import type { Core } from "./scope.ts";

export interface BlobOptions {
  /** A media type; `application/octet-stream` unless told. */
  readonly contentType?: string;
  readonly actor?: Actor;
}

export const isMediaType = (text: string): boolean => /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(text);

/**
 * Large binaries, put before the resource that holds their id in a `blob()` field. `put`, `stat` and `get` are the program's own
 * and ask nobody; `checkUpload` and `find` are what the doors call on behalf of an actor.
 */
export class Blobs {
  readonly #core: Core;
  readonly #open: () => Promise<void>;

  /** @param open opens the storage, if it is not open yet */
  constructor(core: Core, open: () => Promise<void>) {
    this.#core = core;
    this.#open = open;
  }

  /** Streams the bytes into the blob store; durable when it resolves. The id is new each time, the same bytes are kept once. */
  async put(bytes: Uint8Array | AsyncIterable<Uint8Array>, options: BlobOptions = {}): Promise<BlobRow> {
    const { contentType = "application/octet-stream", actor = anonymous } = options;
    if (!isMediaType(contentType)) throw fail("BAD_REQUEST", "contentType must be a media type like image/png", { field: "contentType" });
    await this.#open();
    return shown(await putBlob(this.#core, newBlobId(this.#core), bytes instanceof Uint8Array ? once(bytes) : bytes, contentType, actor));
  }

  /** What is known of blobs, in order; undefined for unknown ids. */
  async stat(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return (await this.#rows(ids)).map((row) => row && shown(row));
  }

  /** The bytes. NOT_FOUND for an unknown id; DATA_CORRUPTION at the end if they do not match their hash. */
  async *get(id: string): AsyncIterable<Uint8Array> {
    const [row] = await this.#rows([id]);
    if (!row) throw noBlob(id);
    yield* this.#core.storage.readBlob(row);
  }

  /** Bytes that one upload may have. */
  get maxBytes(): number {
    return this.#core.limits.blobBytes;
  }

  /** FORBIDDEN for who may write no resource that could hold a blob. Asked before the first byte is read. */
  async checkUpload(actor: Actor): Promise<void> {
    await this.#open();
    if (!(await mayUploadBlobs(this.#core, actor)))
      throw fail("FORBIDDEN", `${actor.id} may write no resource that holds blobs, and so may upload none`);
  }

  /**
   * A blob that this actor may read, and how to read its bytes, or some of them. NOT_FOUND where there is none or where it is not
   * this actor's to read, which look alike.
   */
  async find(actor: Actor, id: string): Promise<{ readonly row: BlobRow; read(range?: ByteRange): AsyncIterable<Uint8Array> }> {
    const [row] = await this.#rows([id]);
    if (!row || !(await mayReadBlob(this.#core, actor, row))) throw noBlob(id);
    const { storage } = this.#core;
    return { row: shown(row), read: (range) => storage.readBlob(row, range) };
  }

  async #rows(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    await this.#open();
    return this.#core.storage.blobs(ids);
  }
}

const noBlob = (id: string) => fail("NOT_FOUND", `There is no blob ${id.slice(0, 100)}`, { id: id.slice(0, 100) });

export const newBlobId = ({ context }: Core): string => TypeID.fromUUID("blob", context.uuid()).toString();

export const putBlob = (
  { storage, context }: Core,
  id: string,
  bytes: AsyncIterable<Uint8Array>,
  contentType: string,
  actor: Actor,
): Promise<BlobRow> => storage.putBlob(bytes, { id, contentType, createdAt: context.now(), createdBy: actor.id });

/** The hash of its bytes, whatever their name in the store. */
const shown = (row: BlobRow): BlobRow => ({ ...row, hash: hashIn(row.hash) });

export async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}
