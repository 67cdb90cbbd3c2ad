import type { Filter } from "../spec/query.ts";
import type { Revision, RevisionRow, StoragePage, StorageQuery, Stored } from "./rows.ts";

export interface PastQuery extends StorageQuery {
  /** In milliseconds since the epoch. */
  readonly at: number;
  /** What must be true of a resource as it is today, deleted or not, for it to be found in the past. */
  readonly today: Filter | undefined;
}

/** A resource as it was. */
export interface PastStored<R extends RevisionRow = Revision> extends Stored<R> {
  /** Number of the revision that is current today. */
  readonly currentToday: number;
}

export interface PastPage<R extends RevisionRow = Revision> extends StoragePage<R> {
  readonly rows: readonly PastStored<R>[];
}

/**
 * Lists as of an instant, of specs with `history: true`: a part of `IStorage` and of `MetaStore`. The laws:
 *
 * - Each change begins a state of its resource, which lasts from `meta.updatedAt` until the next change of it, that instant
 *   excluded; what is written down of it is written in the change's transaction. At every instant a resource has at most one
 *   state, and none before it was created.
 * - A draft shows as last modified: `modified` changes what is known of its revision in all states that point at it, but not
 *   when they were, nor whose they are.
 * - A purge takes all states of the resource along, also physically, and also where the spec has no `history` any more.
 * - What was before `history` was switched on, or of a field before it was indexed, is not known, and refused: `refuseUnkept`.
 */
export interface Past<R extends RevisionRow = Revision> {
  /**
   * What `search` would have answered at the instant `at`.
   * @throws BAD_REQUEST that names the instant from which on it can be asked
   */
  search(type: string, query: PastQuery): Promise<PastPage<R>>;
}
