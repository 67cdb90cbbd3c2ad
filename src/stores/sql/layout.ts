import type { Column, ColumnValue } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type Bind, type Sql, shortName } from "./sql-text.ts";

/** Tables as plain data: what schemas are planned from and statements are made of. */

/** `json` and `boolean` are for databases that have them. */
export type SqlType = "text" | "integer" | "real" | "blob" | "json" | "boolean";

export interface TableColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly primary?: true;
  readonly nullable?: true;
  /** The database numbers the rows as they are written. */
  readonly counted?: true;
}

export interface TableIndex {
  readonly columns: readonly string[];
  readonly unique?: true;
  /** Only rows for which this holds. */
  readonly where?: string;
  /** Over the items of a `json` list. */
  readonly items?: true;
  /** Of these columns only the start, because a text may be longer than what an index can hold. */
  readonly starts?: readonly string[];
}

export interface Table {
  readonly name: string;
  /** Rows lie in the order of the primary key, where a database has a choice: one tree less to write to. Only for short rows. */
  readonly clustered?: true;
  readonly columns: readonly TableColumn[];
  readonly indexes: readonly TableIndex[];
}

/** A column that follows from another one. */
export interface Derived {
  readonly name: string;
  readonly of: (value: ColumnValue) => string | null;
}

/** What a database keeps in which tables. */
export interface Layout {
  /** Shared by all resources. */
  readonly shared: readonly Table[];
  /** The table of a resource. */
  resource(spec: ResourceSpec): Table;
  /** What stands beside a column of the data, computed from the same value. */
  derived(column: Column): readonly Derived[];
  /** The condition that a unique column holds one of these values, in words that its index serves. */
  holds(column: Column, values: readonly Bind[]): Sql;
  /** The statement that makes an index; `online` where the database can do it while others write. */
  indexSql(table: string, index: TableIndex, online: boolean): string;
  /** Indexes are made online, after the start. */
  readonly online: boolean;
}

/** Raised when an older program could misread what this one writes. */
export const formatVersion = 3;

/** Names of resources are snake_case with single underscores, so these clash with none of their tables, nor with columns. */
export const indexName = (table: string, index: TableIndex): string =>
  shortName(
    `${table}__${index.columns.map((column) => (index.starts?.includes(column) ? `${column}__start` : column)).join("__")}__`,
    index.unique ? "unique" : "index",
  );

export const text = (name: string): TableColumn => ({ name, type: "text" });
export const integer = (name: string): TableColumn => ({ name, type: "integer" });
export const key = (column: TableColumn): TableColumn => ({ ...column, primary: true });
export const nullable = (column: TableColumn): TableColumn => ({ ...column, nullable: true });

/** What the values in a column mean, beyond their SQL type: where this changes, they are computed anew. An upcaster may change any of them. */
export function columnMeanings({ stored, schemaVersion }: ResourceSpec): Readonly<Record<string, string>> {
  const version = schemaVersion > 1 ? ` version ${schemaVersion}` : "";
  return Object.fromEntries(stored.map((column) => [column.name, `${meaningOf(column)}${version}`]));
}

function meaningOf({ type, array, hasDefault, defaults, claim }: Column): string {
  if (claim) return `claim of ${claim.members.map((member) => `${member.name} ${meaningOf(member)}`).join(", ")}`;
  return `${type}${array ? "[]" : ""}${hasDefault ? ` default${defaults.length > 0 ? ` ${JSON.stringify(defaults)}` : ""}` : ""}`;
}
