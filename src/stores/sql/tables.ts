import { createHash } from "node:crypto";
import { type Column, systemColumns } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";

/** Tables as plain data: what schemas are planned from and statements are made of. */

export type SqlType = "text" | "integer" | "real" | "blob";

export interface TableColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly primary?: true;
  readonly nullable?: true;
}

export interface TableIndex {
  readonly columns: readonly string[];
  readonly unique?: true;
  /** Only rows for which this holds. */
  readonly where?: string;
}

export interface Table {
  readonly name: string;
  /** Rows lie in the order of the primary key: one tree less to write to. Only for tables whose rows are short. */
  readonly clustered?: true;
  readonly columns: readonly TableColumn[];
  readonly indexes: readonly TableIndex[];
}

/** Raised when an older program could misread what this one writes. */
export const formatVersion = 1;

/** Names of resources are snake_case with single underscores, so these clash with none of their tables, nor with columns. */
export const indexName = (table: string, index: TableIndex): string =>
  `${table}__${index.columns.join("__")}__${index.unique ? "unique" : "index"}`;

const text = (name: string): TableColumn => ({ name, type: "text" });
const integer = (name: string): TableColumn => ({ name, type: "integer" });
const key = (column: TableColumn): TableColumn => ({ ...column, primary: true });
const nullable = (column: TableColumn): TableColumn => ({ ...column, nullable: true });

/** Shared by all resources. Long values come last: what stands before them is read without them. */
export const sharedTables: readonly Table[] = [
  {
    name: "specstar_state",
    columns: [key(integer("id")), integer("format"), text("epoch"), { name: "secret", type: "blob" }],
    indexes: [],
  },
  { name: "specstar_spec", columns: [key(text("name")), text("hash"), text("columns")], indexes: [] },
  {
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
  },
  // Also finds the feed rows of a resource, by their positions; that is all that a purge leaves in it.
  {
    name: "specstar_history",
    clustered: true,
    columns: [
      key(text("id")),
      key(integer("version")),
      integer("position"),
      integer("at"),
      text("by"),
      integer("current"),
      integer("state"),
    ],
    indexes: [],
  },
  {
    name: "specstar_feed",
    columns: [
      key(integer("position")),
      text("type"),
      text("id"),
      text("kind"),
      integer("revision"),
      nullable(integer("previous")),
      integer("version"),
      integer("at"),
      text("by"),
    ],
    indexes: [],
  },
  {
    name: "specstar_reply",
    columns: [key(text("key")), text("payload"), text("id"), integer("expires_at"), text("result")],
    indexes: [{ columns: ["id"] }, { columns: ["expires_at"] }],
  },
  {
    name: "specstar_blob",
    columns: [key(text("id")), text("hash"), integer("size"), text("content_type"), integer("created_at"), text("created_by")],
    indexes: [],
  },
];

const sqlTypes: Record<Column["type"], SqlType> = {
  string: "text",
  enum: "text",
  id: "text",
  date: "text",
  datetime: "text",
  int: "integer",
  float: "real",
  boolean: "integer",
};
export const sqlTypeOf = (column: Column): SqlType => (column.array ? "text" : sqlTypes[column.type]);

/** The table of a resource. Every index ends with what pages need, so that they are found, ordered and counted in the index alone. */
export function resourceTable(spec: ResourceSpec): Table {
  const system = systemColumns.map(
    (column): TableColumn => ({
      name: column.name,
      type: sqlTypeOf(column),
      ...(column.name === "_id" ? { primary: true } : {}),
      ...(column.name === "_deleted_at" ? { nullable: true } : {}),
    }),
  );
  const sorted = [
    ["_created_at"],
    ["_updated_at"],
    ...spec.columns.filter(({ array }) => !array).map(({ name }) => [name]),
    ...spec.composites,
  ];
  return {
    name: spec.names.table,
    clustered: true,
    columns: [
      ...system,
      integer("_current"),
      integer("_state"),
      ...spec.columns.map((column): TableColumn => ({ name: column.name, type: sqlTypeOf(column), nullable: true })),
    ],
    indexes: [
      ...sorted.map((columns): TableIndex => ({ columns: [...columns, "_id", "_state"] })),
      ...spec.uniques.map(({ name }): TableIndex => ({ columns: [name], unique: true, where: "_state = 0" })),
    ],
  };
}

/** What the values in a column mean, beyond their SQL type: where this changes, they are computed anew. */
export const columnMeanings = (spec: ResourceSpec): Readonly<Record<string, string>> =>
  Object.fromEntries(
    spec.columns.map(({ name, type, array, hasDefault }) => [name, `${type}${array ? "[]" : ""}${hasDefault ? " default" : ""}`]),
  );

/** Two programs with the same fingerprint write the same table in the same way. */
export const tableHash = (spec: ResourceSpec): string =>
  createHash("sha256")
    .update(JSON.stringify([formatVersion, resourceTable(spec), sharedTables, columnMeanings(spec)]))
    .digest("hex");
