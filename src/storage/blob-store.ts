/** Keeps large binaries by content: the key is the SHA-256 of the bytes, so the same bytes are kept once. */
export interface BlobStore {
  open(): Promise<void>;

  /** Streams the bytes in; durable and visible under its hash once it resolves, invisible before. Same bytes again: no change. */
  put(bytes: AsyncIterable<Uint8Array>): Promise<{ readonly hash: string; readonly size: number }>;

  /** The bytes of a `sha256:…`; ends with DATA_CORRUPTION if they do not match it, begins with NOT_FOUND if they are not there. */
  get(hash: string): AsyncIterable<Uint8Array>;

  /** Whether the bytes are there. */
  has(hash: string): Promise<boolean>;

  /** Gone when it resolves; hashes that are not there are no error. */
  delete(hashes: readonly string[]): Promise<void>;

  /** Hashes whose bytes were put before an instant (milliseconds), for the sweeper; in any order. Put again, they may count as old. */
  list(before: number): AsyncIterable<string>;

  close(): Promise<void>;
}
