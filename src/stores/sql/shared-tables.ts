import type { ResourceSpec } from "../../spec/resource.ts";
import { droppedAtOnce } from "../../storage/feed-retention.ts";
import { integer, key, nullable, type Table, type TableColumn, text } from "./layout.ts";

// What all databases keep in the same way. Long values come last: what stands before them is read without them.

export const stateColumns: readonly TableColumn[] = [
  key(integer("id")),
  integer("format"),
  text("epoch"),
  { name: "secret", type: "blob" },
];

/** Resource tables as they were last opened, what is still to be filled in them, and what is known of their past: `KnownSpec`. */
export const specTable: Table = {
  name: "specstar_spec",
  columns: [
    key(text("name")),
    text("hash"),
    text("columns"),
    nullable(integer("version")),
    nullable(text("fields")),
    nullable(text("fill")),
    nullable(text("history")),
  ],
  indexes: [],
};

export const revisionTable: Table = {
  name: "specstar_revision",
  columns: [
    key(text("id")),
    key(integer("number")),
    nullable(integer("parent")),
    text("status"),
    text("hash"),
    integer("size"),
    integer("schema_version"),
    text("shape"),
    integer("created_at"),
    text("created_by"),
    integer("updated_at"),
    text("updated_by"),
    nullable(text("key")),
    nullable(text("inline")),
  ],
  indexes: [{ columns: ["key"], where: "key is not null" }],
};

/** Where a resource's pointer stood from a version on. */
export const historyColumns: readonly TableColumn[] = [
  key(text("id")),
  key(integer("version")),
  integer("at"),
  text("by"),
  integer("current"),
  integer("state"),
];

/** A feed row without its position. */
export const feedColumns: readonly TableColumn[] = [
  text("type"),
  text("id"),
  text("kind"),
  integer("revision"),
  nullable(integer("previous")),
  integer("version"),
  integer("at"),
  text("by"),
];

export const replyTable: Table = {
  name: "specstar_reply",
  columns: [key(text("key")), text("payload"), text("id"), integer("expires_at"), text("result")],
  indexes: [{ columns: ["id"] }, { columns: ["expires_at"] }],
};

export const blobTable: Table = {
  name: "specstar_blob",
  columns: [key(text("id")), text("hash"), integer("size"), text("content_type"), integer("created_at"), text("created_by")],
  indexes: [{ columns: ["hash"] }, { columns: ["created_at"] }],
};

/** Which revisions hold a blob. */
export const blobUseTable: Table = {
  name: "specstar_blob_use",
  clustered: true,
  columns: [key(text("blob")), key(text("id")), key(integer("number"))],
  indexes: [{ columns: ["id"] }],
};

/** Keys of revisions' bytes that are deleted or about to be, since when. */
export const sweptTable: Table = {
  name: "specstar_swept",
  clustered: true,
  columns: [key(text("key")), integer("at")],
  indexes: [],
};

/** Hashes whose bytes are being deleted, since when. */
export const dyingBlobTable: Table = {
  name: "specstar_blob_dying",
  columns: [key(text("hash")), integer("at")],
  indexes: [],
};

/** Messages of the embedded queue: waiting, or held by a consumer, or dead since an instant. */
export const messageTable = (place: TableColumn): Table => ({
  name: "specstar_message",
  columns: [
    key(place),
    text("queue"),
    text("id"),
    integer("deliveries"),
    nullable(text("consumer")),
    nullable(integer("died_at")),
    nullable(text("reason")),
    text("body"),
  ],
  indexes: [
    { columns: ["queue", "place"], where: "consumer is null and died_at is null" },
    { columns: ["consumer"], where: "consumer is not null" },
    { columns: ["queue", "died_at"], where: "died_at is not null" },
  ],
});

/** Who holds messages, until an instant unless it holds on. */
export const consumerTable: Table = {
  name: "specstar_consumer",
  columns: [key(text("id")), integer("until")],
  indexes: [],
};

/** What a resource is sorted and filtered by: lists of columns that each have an index. */
export const sortedColumns = (spec: ResourceSpec): readonly (readonly string[])[] => [
  ["_created_at"],
  ["_updated_at"],
  ...spec.stored.filter(({ array, claim }) => !array && !claim).map(({ name }) => [name]),
  ...spec.composites,
];

/** Drops the oldest feed rows up to the first that is not from before an instant; never the newest row, because positions go on from it. */
export const dropOldFeedSql = (instant: string): string => `delete from specstar_feed where position < (
  select coalesce(min(position) filter (where at >= ${instant}), max(position))
  from (select position, at from specstar_feed order by position limit ${droppedAtOnce + 1}) oldest)`;
