/**
 * Keeps immutable bytes by key, and no more. Keys are made by the server (hex of a UUIDv7), never reused, and hold no user
 * text.
 */
export interface RevisionStore {
  open(): Promise<void>;

  /** Durable once it resolves. A key that exists is CONFLICT, and its bytes stay. A put that failed left nothing visible. */
  put(key: string, bytes: Uint8Array): Promise<void>;

  /** One answer per key, in order, in one batch; undefined for keys that are not there. */
  get(keys: readonly string[]): Promise<readonly (Uint8Array | undefined)[]>;

  /** Gone when it resolves; keys that are not there are no error. */
  delete(keys: readonly string[]): Promise<void>;

  /** Keys that were put before an instant (milliseconds), for the sweeper; in any order. */
  list(before: number): AsyncIterable<string>;

  close(): Promise<void>;
}
