import type { ResourceSpec } from "../spec/resource.ts";
import type { Aggregates } from "./aggregates.ts";
import type { Archives } from "./archives.ts";
import type { BlobHolders } from "./blob-holders.ts";
import type { BlobLinks } from "./blob-links.ts";
import type { ByteRange } from "./blob-store.ts";
import type { MessageRows } from "./message-rows.ts";
import type { Past } from "./past.ts";
import type { Referrers } from "./referrers.ts";
import type {
  BlobRow,
  ChangeRow,
  FeedQuery,
  ReadKey,
  Reply,
  RevisionPage,
  RevisionQuery,
  StoragePage,
  StorageQuery,
  Stored,
  StoreState,
  UnitOfWork,
  UnitResult,
} from "./rows.ts";
import type { BeforeChanges, StoredSchema } from "./stored-schema.ts";

export interface StorageCapabilities {
  /** An acknowledged write survives the loss of power. */
  readonly durable: boolean;
  /** Several processes may have it open at once. */
  readonly shared: boolean;
  /** Clients can read blobs from the store itself, by `links`. */
  readonly presigns: boolean;
}

/**
 * Where resources live: the port under the ResourceManager. `composeStorage` makes one of a meta store, a revision store and
 * a blob store; whoever writes another keeps these laws, and proves them with the conformance suite in `test/storage`.
 *
 * Every method rejects with a SpecStarError: UNAVAILABLE when the store is out of reach or the outcome of a commit is
 * unknown, DATA_CORRUPTION when bytes do not match their hash. Nothing is half-written, whatever happens in between.
 */
export interface IStorage {
  readonly capabilities: StorageCapabilities;
  readonly schema: StoredSchema;
  readonly referrers: Referrers;
  readonly aggregates: Aggregates;
  readonly past: Past;
  readonly holders: BlobHolders;
  readonly links: BlobLinks;
  readonly archives: Archives;
  /** Once it is open. */
  readonly messages: MessageRows;

  /** Prepares the store for these specs and keeps existing data. `onCommit` is called after commits of this process. */
  open(specs: readonly ResourceSpec[], onCommit: () => void, beforeChanges?: BeforeChanges): Promise<void>;

  /**
   * Commits each unit by itself, all of it or nothing, and answers in the order given. A unit whose `expected` versions,
   * guards, unique columns or idempotency key do not hold is a failure in the result, never an exception; it does not
   * disturb the others. A unit that is acknowledged is durable and seen by every later read, in every process. Its changes
   * stand in the feed, in order, without a gap.
   */
  commit(units: readonly UnitOfWork[]): Promise<readonly UnitResult[]>;

  /**
   * One answer per key, in order; undefined for what is not there: unknown ids, purged ones, unknown revision numbers, and
   * instants before creation. Deleted resources are answered: their `meta.state` says so.
   */
  read(type: string, keys: readonly ReadKey[]): Promise<readonly (Stored | undefined)[]>;

  /** A page of current revisions; the same rows in the same order on every storage. Purged resources are never in it. */
  search(type: string, query: StorageQuery): Promise<StoragePage>;

  /** For each id, in order, a page of its history, by number; empty for what is not there. */
  revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage[]>;

  /** Feed rows behind a position, in order; what is older than the retention may be gone, and `tail` of the state says from where on. */
  changes(query: FeedQuery): Promise<readonly ChangeRow[]>;

  state(): Promise<StoreState>;

  /** The kept reply of an idempotency key, undefined when there is none or it is past `expiresAt`. */
  reply(key: string): Promise<Reply | undefined>;

  /** Stores bytes and then their row; the same bytes twice are kept once. */
  putBlob(bytes: AsyncIterable<Uint8Array>, row: Omit<BlobRow, "hash" | "size">): Promise<BlobRow>;

  /** Rows of these blobs, in order; undefined for unknown ones. */
  blobs(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]>;

  /** The bytes of a blob. A damaged one ends with DATA_CORRUPTION; of a range, which the hash says nothing about, nobody knows. */
  readBlob(row: BlobRow, range?: ByteRange): AsyncIterable<Uint8Array>;

  /** Finishes what was begun, then lets go of files and connections. */
  close(): Promise<void>;
}
