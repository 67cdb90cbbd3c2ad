import { type Transport, typed } from "./transport.ts";

/** What is known of a blob. */
export interface BlobJson {
  readonly id: string;
  /** The path to read it from, with the base path. */
  readonly url: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType: string;
  /** `sha256:` and hex. */
  readonly hash: string;
}

/** Bytes to upload: a `File` of a form, bytes in memory, or a stream of them. */
export type BlobSource = Blob | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>;

/** Blobs over REST. @throws SpecStarError */
export class BlobClient {
  readonly #transport: Transport;

  constructor(transport: Transport) {
    this.#transport = transport;
  }

  /** Uploads bytes; the id goes into a `blob()` field. A `Blob` has its own type; `contentType` says it for others, or instead. */
  async put(bytes: BlobSource, { contentType }: { readonly contentType?: string } = {}): Promise<BlobJson> {
    const own = bytes instanceof Blob && bytes.type !== "" ? bytes.type : undefined;
    const headers = { "content-type": contentType ?? own ?? "application/octet-stream" };
    const { body } = await this.#transport.send({ method: "POST", path: "/blobs", headers, bytes });
    return typed(body);
  }

  /** The answer with the bytes, of the whole or of a range of them (counted from 0, `end` included): `body`, `blob()`, `text()` … */
  get(id: string, range?: { readonly start: number; readonly end?: number }): Promise<Response> {
    const headers = range ? { range: `bytes=${range.start}-${range.end ?? ""}` } : {};
    return this.#transport.open({ method: "GET", path: `/blobs/${encodeURIComponent(id)}`, headers }, "*/*");
  }
}
