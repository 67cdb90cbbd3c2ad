import type { BlobLink } from "./blob-links.ts";

/** Some of the bytes, from the first to the last of them, counted from 0. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Under which name bytes of this hash are to be kept. */
export type NameOf = (hash: string) => Promise<string>;

/**
 * Keeps large binaries by content: the name is the SHA-256 of the bytes, so the same bytes are kept once. Whoever deletes may
 * be late for any time; then the same bytes come again under another name (`blob-name.ts`).
 */
export interface BlobStore {
  /** Whether clients can read the bytes from the store itself, by URLs that it gives. */
  readonly presigns: boolean;

  open(): Promise<void>;

  /**
   * Streams the bytes in, and asks for their name when their hash is known; durable and visible under that name once it
   * resolves, invisible before. The same bytes again: no change. Answers the name.
   */
  put(bytes: AsyncIterable<Uint8Array>, nameOf?: NameOf): Promise<{ readonly hash: string; readonly size: number }>;

  /**
   * The bytes of a name; ends with DATA_CORRUPTION if they do not match it, begins with NOT_FOUND if they are not there. With a
   * range only those bytes, as far as there are any, without reading what stands before: they cannot be checked, because the
   * hash is of the whole.
   */
  get(name: string, range?: ByteRange): AsyncIterable<Uint8Array>;

  /**
   * A URL from which whoever has it can read the bytes of a name until it expires, whole or by range, whatever rights say by
   * then. Nobody looks whether they are there, or what they are. UNSUPPORTED where the store does not presign.
   */
  presign(name: string, link: BlobLink): Promise<string>;

  /** Whether the bytes are there. */
  has(name: string): Promise<boolean>;

  /** Gone when it resolves; names that are not there are no error. */
  delete(names: readonly string[]): Promise<void>;

  /** Names whose bytes were put before an instant (milliseconds), for the sweeper; in any order. Put again, they may count as old. */
  list(before: number): AsyncIterable<string>;

  close(): Promise<void>;
}
