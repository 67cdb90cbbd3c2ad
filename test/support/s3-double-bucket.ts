import { createHash, randomUUID } from "node:crypto";

/** An object as the double keeps it. Chunks stay apart, so that large ones are not copied. */
export interface StoredObject {
  readonly chunks: readonly Buffer[];
  readonly size: number;
  readonly etag: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly metadata: Readonly<Record<string, string>>;
}

interface MultipartUpload {
  readonly key: string;
  readonly at: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly parts: Map<number, StoredObject>;
}

const md5 = (chunks: readonly Uint8Array[]): string => {
  const hash = createHash("md5");
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest("hex");
};

const sizeOf = (chunks: readonly Uint8Array[]): number => chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);

/** One bucket: objects by key, and uploads that are under way. Each method is atomic; errors are S3's codes. */
export class DoubleBucket {
  readonly objects = new Map<string, StoredObject>();
  readonly uploads = new Map<string, MultipartUpload>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  put(key: string, chunks: readonly Buffer[], metadata: Readonly<Record<string, string>> = {}): StoredObject {
    const object = { chunks, size: sizeOf(chunks), etag: `"${md5(chunks)}"`, at: this.#now(), metadata };
    this.objects.set(key, object);
    return object;
  }

  startUpload(key: string, metadata: Readonly<Record<string, string>>): string {
    const id = randomUUID();
    this.uploads.set(id, { key, metadata, at: this.#now(), parts: new Map() });
    return id;
  }

  putPart(id: string, number: number, chunks: readonly Buffer[]): StoredObject | undefined {
    const part = { chunks, size: sizeOf(chunks), etag: `"${md5(chunks)}"`, at: this.#now(), metadata: {} };
    return this.uploads.get(id)?.parts.set(number, part) && part;
  }

  completeUpload(id: string, wanted: readonly { readonly number: number; readonly etag: string }[]): StoredObject | string {
    const upload = this.uploads.get(id);
    if (!upload) return "NoSuchUpload";
    const parts = wanted.map(({ number, etag }) => {
      const part = upload.parts.get(number);
      return part?.etag === etag ? part : undefined;
    });
    const found = parts.filter((part) => part !== undefined);
    if (found.length === 0 || found.length < wanted.length) return "InvalidPart";
    if (found.slice(0, -1).some(({ size }) => size < 5 * 1024 * 1024)) return "EntityTooSmall";
    this.uploads.delete(id);
    const whole = this.put(
      upload.key,
      found.flatMap(({ chunks }) => chunks),
      upload.metadata,
    );
    const object = { ...whole, etag: `"${md5(found.map(({ etag }) => Buffer.from(etag.slice(1, -1), "hex")))}-${found.length}"` };
    this.objects.set(upload.key, object);
    return object;
  }

  /** Keys in order, behind `after`. */
  list(prefix: string, after: string, limit: number): { readonly keys: readonly string[]; readonly more: boolean } {
    const all = [...this.objects.keys()].filter((key) => key.startsWith(prefix) && key > after).toSorted();
    return { keys: all.slice(0, limit), more: all.length > limit };
  }
}

/** The bytes of an object from `start` to `end`, both within it. */
export function* sliceOf({ chunks }: StoredObject, start: number, end: number): Generator<Buffer> {
  let at = 0;
  for (const chunk of chunks) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end + 1 - at, chunk.byteLength);
    if (from < to) yield chunk.subarray(from, to);
    at += chunk.byteLength;
  }
}
