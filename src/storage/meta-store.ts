import type { ResourceSpec } from "../spec/resource.ts";
import type { Aggregates } from "./aggregates.ts";
import type { Archives } from "./archives.ts";
import type { BlobRows } from "./blob-rows.ts";
import type { Known } from "./known-states.ts";
import type { MessageRows } from "./message-rows.ts";
import type { Past } from "./past.ts";
import type { ReferrerQuery } from "./referrers.ts";
import type {
  ChangeRow,
  FeedQuery,
  PlacedRevision,
  ReadKey,
  Reply,
  Revision,
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

export type MetaUnit = UnitOfWork<PlacedRevision>;
export type MetaStored = Stored<PlacedRevision>;
/** A state as the store keeps it, or the one that was known. */
export type MetaState = Stored<PlacedRevision | Revision>;

export interface MetaCapabilities {
  readonly durable: boolean;
  readonly shared: boolean;
  /** The most units that are worth one transaction. */
  readonly maxBatch: number;
  /** How many transactions it pays to have under way at once. */
  readonly transactions: number;
}

/**
 * Keeps rows: meta, revision rows, pointer history, feed, idempotency replies, blobs' and messages' rows. The laws of `IStorage` hold for
 * the methods of the same names; here revisions carry their bytes inline or the key of where they are.
 */
export interface MetaStore {
  readonly capabilities: MetaCapabilities;
  readonly blobs: BlobRows;
  readonly messages: MessageRows;
  readonly schema: StoredSchema;
  readonly referrers: MetaReferrers;
  readonly aggregates: Aggregates;
  readonly past: Past<PlacedRevision>;
  readonly archives: Archives<PlacedRevision>;

  /**
   * Creates or widens tables as the laws of `StoredSchema` say. Refuses a store that a newer version wrote (UNSUPPORTED). Stores
   * that hear of commits by other processes call `onChange`; of this process's own the caller knows.
   */
  open(specs: readonly ResourceSpec[], onChange?: () => void, beforeChanges?: BeforeChanges): Promise<void>;

  /**
   * One transaction for the list, a savepoint for each unit. Within a unit: guards but for `noReferrers`, which come last, then per change the compare-and-set on
   * `version` first, then revision, indexed columns, past state, pointer history and feed row; the reply last. No two units of one list
   * change the same resource, nor do two of lists that are under way at once. A unit that refers to a key that was condemned fails with UNAVAILABLE. Adds, for committed units,
   * the revision keys that nothing refers to any more, and the blobs that purged revisions used. Where it rejects, nothing of
   * the list was written, or the outcome is unknown and it says so.
   */
  commit(units: readonly MetaUnit[]): Promise<readonly MetaResult[]>;

  read(type: string, keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]>;
  /** States that are `known` may be answered as they are, and need not be read. */
  search(type: string, query: StorageQuery, known: Known): Promise<StoragePage<MetaState["revision"]>>;
  revisions(type: string, ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage<PlacedRevision>[]>;
  changes(query: FeedQuery): Promise<readonly ChangeRow[]>;
  state(): Promise<StoreState>;
  reply(key: string): Promise<Reply | undefined>;

  /**
   * Answers those of these revision keys that no revision refers to: their bytes may be deleted, because from here on no
   * commit can refer to them. That is for good: a write that is held up has no longest time, and keys are never reused.
   */
  condemn(keys: readonly string[]): Promise<readonly string[]>;

  close(): Promise<void>;
}

export interface MetaReferrers {
  /** As the method of the same name in `Referrers`, with `known` as in `search`. */
  pages(type: string, query: ReferrerQuery, known: Known): Promise<readonly StoragePage<MetaState["revision"]>[]>;
}

export type MetaResult =
  | (UnitResult & { readonly orphans?: readonly string[]; readonly released?: readonly string[] })
  /** Of this unit nothing was written, for a reason that lies in the store; others of the list may be committed. */
  | { readonly ok: false; readonly error: unknown };
