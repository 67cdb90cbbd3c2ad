import type { Column, ColumnValue } from "../spec/column.ts";
import { instantKeyOfMs } from "../spec/instant.ts";
import type { Filter, Order } from "../spec/query.ts";
import type { Imported } from "./archives.ts";

/** The rows that storages keep, as plain data. Instants are milliseconds since the epoch. */

export type RevisionStatus = "draft" | "stable";
export type ResourceState = "live" | "deleted" | "purged";
export const changeKinds = ["created", "updated", "modified", "switched", "deleted", "restored", "purged"] as const;
export type ChangeKind = (typeof changeKinds)[number];

/** What is known of a resource without reading its data. `columns` holds the indexed values of the current revision. */
export interface MetaRow {
  readonly id: string;
  readonly version: number;
  /** Number of the current revision. */
  readonly current: number;
  readonly revisionCount: number;
  readonly status: RevisionStatus;
  readonly schemaVersion: number;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
  readonly deletedAt: number | null;
  readonly state: ResourceState;
  readonly columns: Readonly<Record<string, ColumnValue>>;
}

/** One revision without its bytes. */
export interface RevisionRow {
  /** Of the resource. */
  readonly id: string;
  readonly number: number;
  readonly parent: number | null;
  readonly status: RevisionStatus;
  /** `sha256:` + hex over the body's UTF-8 bytes. */
  readonly hash: string;
  /** Bytes of the body. */
  readonly size: number;
  readonly schemaVersion: number;
  /** Fingerprint of the spec's fields that the body was checked against. */
  readonly shape: string;
  readonly createdAt: number;
  readonly createdBy: string;
  readonly updatedAt: number;
  readonly updatedBy: string;
}

/** A revision with its body: canonical JSON (RFC 8785). */
export interface Revision extends RevisionRow {
  readonly body: string;
}

/** A revision as meta stores keep it: the body inline, or the key of its bytes in the revision store; one of them is null. */
export interface PlacedRevision extends RevisionRow {
  readonly inline: string | null;
  readonly key: string | null;
}

/** One change of one resource. `R` is Revision above composeStorage and PlacedRevision below it. */
export interface Change<R extends RevisionRow = Revision> {
  readonly kind: ChangeKind;
  /** Name of the spec. */
  readonly type: string;
  /** The version that this replaces; 0: the id must never have been used. */
  readonly expected: number;
  /** The row after the change; `version` is `expected + 1`, or any higher one of what is imported. */
  readonly meta: MetaRow;
  /** A new revision (`number` = `meta.revisionCount`), or for `modified` the replaced current one; else absent. */
  readonly revision?: R;
  /** Ids of the blobs that the revision's data holds: each must have a row, and is used as long as the revision is there. */
  readonly blobs?: readonly string[];
  /**
   * The resource with all its past, which takes the place of whatever was kept of it under `expected`. Then there is no
   * `revision`, and `blobs` are those of all revisions. The feed gets one row; its `at` and `by` are of the import.
   */
  readonly imported?: Imported<R>;
  /** Number of the revision that was current before; null for created, modified and imported. Goes into the feed row. */
  readonly previous: number | null;
  readonly at: number;
  readonly by: string;
}

export type Guard =
  | { readonly kind: "version"; readonly type: string; readonly id: string; readonly version: number }
  /** Live. */
  | { readonly kind: "exists"; readonly type: string; readonly id: string }
  /** Not live: missing, deleted or purged. */
  | { readonly kind: "absent"; readonly type: string; readonly id: string }
  /** Once the changes of the unit are made, no live resource of `type` holds `id` in `column`. */
  | { readonly kind: "noReferrers"; readonly type: string; readonly column: string; readonly id: string };

/** The kept answer of an operation that carried an idempotency key. */
export interface Reply {
  /** Made of actor, operation, type and the caller's key. */
  readonly key: string;
  /** Hash of the request's payload. */
  readonly payload: string;
  /** Ids whose purge removes this reply. */
  readonly id: string;
  readonly result: string;
  readonly expiresAt: number;
}

/** Changes that commit together or not at all. */
export interface UnitOfWork<R extends RevisionRow = Revision> {
  readonly changes: readonly Change<R>[];
  readonly guards?: readonly Guard[];
  readonly reply?: Reply;
}

export type UnitResult = { readonly ok: true } | { readonly ok: false; readonly failure: UnitFailure };

/** Why a unit was not committed; nothing of it was written. */
export type UnitFailure =
  /** `actual` is 0 where there is no such resource. */
  | { readonly kind: "version"; readonly id: string; readonly actual: number }
  | { readonly kind: "taken"; readonly id: string }
  /** `columns` by name; `holder` is the id of the live resource that has the value. */
  | { readonly kind: "unique"; readonly type: string; readonly columns: readonly string[]; readonly holder: string | null }
  | { readonly kind: "guard"; readonly guard: Guard }
  /** There is no such blob. */
  | { readonly kind: "blob"; readonly id: string }
  /** The idempotency key was used before; its reply. */
  | { readonly kind: "replay"; readonly reply: Reply };

/** Which state of a resource to read: current, revision `number`, or what the pointer was at the instant `asOf`. */
export interface ReadKey {
  readonly id: string;
  readonly number?: number;
  readonly asOf?: number;
}

/** With `asOf`, `meta` is as it was then (its `columns` are empty); with `number` it is today's. */
export interface Stored<R extends RevisionRow = Revision> {
  readonly meta: MetaRow;
  readonly revision: R;
  /** Where a state is kept in memory: what readers made of it, for those who come later. It is never changed, only added to. */
  readonly derived?: Partial<Record<string, unknown>>;
}

/** A value per order key, as `metaValue` gives it. */
export type Position = readonly (string | number | boolean | null)[];

export interface StorageQuery {
  readonly filter: Filter | undefined;
  /** Total: the id is its last key. Nulls last in both directions. */
  readonly order: readonly Order[];
  /** 0 with `total` only counts. */
  readonly limit: number;
  /** Only rows strictly behind this position … */
  readonly after?: Position;
  /** … and strictly before this one. */
  readonly before?: Position;
  /** Take the last `limit` rows instead of the first; rows come in `order` all the same. */
  readonly fromEnd: boolean;
  readonly includeDeleted: boolean;
  readonly total: boolean;
}

/** The rows of a page come without `meta.columns`. */
export interface StoragePage<R extends RevisionRow = Revision> {
  readonly rows: readonly Stored<R>[];
  /** Where each row stands in the order. */
  readonly positions: readonly Position[];
  /** All rows that the filter matches, wherever the page is; only when asked for. */
  readonly total?: number;
  /** Exact: a matching row stands before the first / behind the last row of this page. */
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

export interface RevisionQuery {
  readonly limit: number;
  readonly after?: number;
  readonly before?: number;
  readonly fromEnd: boolean;
}

export interface RevisionPage<R extends RevisionRow = Revision> {
  readonly rows: readonly R[];
  readonly total: number;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** One row of the feed. `position` is dense from 1. */
export interface ChangeRow {
  readonly position: number;
  readonly type: string;
  readonly id: string;
  readonly kind: ChangeKind;
  /** The current revision after the change, and before it as the change said. */
  readonly revision: number;
  readonly previous: number | null;
  readonly version: number;
  readonly at: number;
  readonly by: string;
}

export interface FeedQuery {
  readonly after: number;
  readonly limit: number;
  /** Only these specs. */
  readonly types?: readonly string[];
  /** Only this resource. */
  readonly id?: string;
}

/** What a meta store knows of itself. */
export interface StoreState {
  /** Changes when history was replaced, as by a restored backup: cursors of another epoch are GONE. */
  readonly epoch: string;
  /** 32 bytes that seal cursors. */
  readonly secret: Uint8Array;
  /** Position of the newest feed row, 0 when there is none. */
  readonly head: number;
  /**
   * Position of the newest feed row that was dropped because it was older than the retention, 0 when none was. Reading goes on
   * from here at the earliest: a cursor below it has missed rows. Always below `head`, because the newest row stays.
   */
  readonly tail: number;
}

export interface BlobRow {
  /** `blob_` + TypeID. */
  readonly id: string;
  /** `sha256:` + hex of the bytes, rarely with a number behind it: the name in the blob store. */
  readonly hash: string;
  readonly size: number;
  readonly contentType: string;
  readonly createdAt: number;
  readonly createdBy: string;
}

const metaValues: Record<string, (meta: MetaRow) => string | number | null> = {
  _id: (meta) => meta.id,
  _version: (meta) => meta.version,
  _created_at: (meta) => instantKeyOfMs(meta.createdAt),
  _created_by: (meta) => meta.createdBy,
  _updated_at: (meta) => instantKeyOfMs(meta.updatedAt),
  _updated_by: (meta) => meta.updatedBy,
  _deleted_at: (meta) => (meta.deletedAt === null ? null : instantKeyOfMs(meta.deletedAt)),
  _revision_count: (meta) => meta.revisionCount,
  _schema_version: (meta) => meta.schemaVersion,
  _status: (meta) => meta.status,
};

/** The value of a column, of the data or of meta, as stores compare it. */
export function metaValue(meta: MetaRow, column: Column): ColumnValue {
  return metaValues[column.name]?.(meta) ?? meta.columns[column.name] ?? null;
}

/** Where a row stands in an order. Order columns hold single values. */
export function positionOf(meta: MetaRow, order: readonly Order[]): Position {
  return order.map(({ column }) => {
    const value = metaValue(meta, column);
    return typeof value === "object" ? null : value;
  });
}
