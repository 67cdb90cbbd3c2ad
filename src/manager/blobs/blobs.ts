import { TypeID } from "typeid-js";
import { fail } from "../../errors.ts";
import { longestLinkSeconds } from "../../storage/blob-links.ts";
import { hashIn } from "../../storage/blob-name.ts";
import type { ByteRange } from "../../storage/blob-store.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { type Actor, anonymous } from "../actor.ts";
import type { Core } from "../scope.ts";
import { mayReadBlob, mayUploadBlobs } from "./blob-access.ts";
import { contentDisposition } from "./blob-disposition.ts";

export interface BlobOptions {
  /** A media type; `application/octet-stream` unless told. */
  readonly contentType?: string;
  readonly actor?: Actor;
}

export interface PresignOptions {
  /** How long the URL is good, in seconds: 300 unless told, at most 604 800 (7 days). */
  readonly expiresInSeconds?: number;
}

const defaultLinkSeconds = 300;

/** A blob that an actor may read. */
export interface FoundBlob {
  readonly row: BlobRow;
  /** Its bytes, or some of them. */
  read(range?: ByteRange): AsyncIterable<Uint8Array>;
  /** Where the client can read it from the store itself; undefined unless the platform is told to `presignedUrls`. */
  presigned(): Promise<string | undefined>;
}

export const isMediaType = (text: string): boolean => /^[\w.+-]{1,64}\/[\w.+-]{1,64}$/.test(text);

/**
 * Large binaries, put before the resource that holds their id in a `blob()` field. `put`, `stat`, `get` and `presignedUrl` are the
 * program's own and ask nobody; `checkUpload` and `find` are what the doors call on behalf of an actor.
 */
export class Blobs {
  readonly #core: Core;
  readonly #open: () => Promise<void>;
  readonly #presign: PresignOptions | undefined;

  /**
   * @param open opens the storage, if it is not open yet
   * @param presign where `find` is to give presigned URLs. UNSUPPORTED where the storage has none
   */
  constructor(core: Core, open: () => Promise<void>, presign?: PresignOptions) {
    if (presign && !core.storage.capabilities.presigns)
      throw fail("UNSUPPORTED", "presignedUrls: this storage has no URLs of its own. Keep blobs in S3, or leave the option out");
    this.#core = core;
    this.#open = open;
    this.#presign = presign;
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

  /**
   * A URL of the store itself from which whoever has it can read the blob until it expires. NOT_FOUND for an unknown id;
   * UNSUPPORTED where the storage has none: blobs in S3 have.
   */
  async presignedUrl(id: string, options: PresignOptions = {}): Promise<string> {
    const [row] = await this.#rows([id]);
    if (!row) throw noBlob(id);
    return this.#urlOf(row, options);
  }

  #urlOf(row: BlobRow, { expiresInSeconds = defaultLinkSeconds }: PresignOptions): Promise<string> {
    if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > longestLinkSeconds)
      throw fail("BAD_REQUEST", `expiresInSeconds takes a whole number from 1 to ${longestLinkSeconds}`, { field: "expiresInSeconds" });
    const { contentType } = row;
    return this.#core.storage.links.of(row, { expiresInSeconds, contentType, contentDisposition: contentDisposition(row) });
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
  async find(actor: Actor, id: string): Promise<FoundBlob> {
    const [row] = await this.#rows([id]);
    if (!row || !(await mayReadBlob(this.#core, actor, row))) throw noBlob(id);
    const { storage } = this.#core;
    return {
      row: shown(row),
      read: (range) => storage.readBlob(row, range),
      presigned: async () => this.#presign && this.#urlOf(row, this.#presign),
    };
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
