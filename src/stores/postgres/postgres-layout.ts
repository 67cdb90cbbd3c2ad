import { type Column, type ColumnValue, systemColumns } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import {
  type Derived,
  indexName,
  integer,
  key,
  type Layout,
  nullable,
  type SqlType,
  type Table,
  type TableColumn,
  type TableIndex,
  text,
} from "../sql/layout.ts";
import {
  blobTable,
  blobUseTable,
  consumerTable,
  dyingBlobTable,
  feedColumns,
  historyColumns,
  messageTable,
  replyTable,
  revisionTable,
  sortedColumns,
  specTable,
  stateColumns,
  sweptTable,
} from "../sql/shared-tables.ts";
import { type Bind, joined, name, operands, quoted, raw, rounded, type Sql, sql } from "../sql/sql-text.ts";

const sqlTypes: Record<Column["type"], SqlType> = {
  string: "text",
  enum: "text",
  id: "text",
  date: "text",
  datetime: "text",
  int: "integer",
  float: "real",
  boolean: "boolean",
};
export const postgresTypeOf = (column: Column): SqlType => (column.array ? "json" : sqlTypes[column.type]);

/**
 * Beside a string stands its lower-case form as JavaScript makes it, but only where PostgreSQL's `lower` under the collation
 * "C", which knows ASCII alone, would say something else: for most texts it is null.
 */
export const foldedName = (column: string): string => `_lower__${column}`;

/** Of a text an index holds so many characters, so that some of them fit into one entry, whatever their bytes. */
export const indexedStart = 120;
const uniqueStart = 500;

const isText = ({ type, array }: Column): boolean => type === "string" && !array;
/** Columns of the data whose indexes hold only the start of a text: pages are then counted in the rows and not in the index. */
export const isLongText = (column: Column): boolean =>
  isText(column) && column.path.length > 0 && (column.max ?? Number.POSITIVE_INFINITY) > indexedStart;

export const startSql = (column: string): string => `left(${column}, ${indexedStart})`;
/** What is unique of a text is its start and a hash of the rest. */
export const uniqueSql = (column: string): string =>
  `left(${column}, ${uniqueStart}), hashtextextended(substr(${column}, ${uniqueStart + 1}), 0)`;

const derived = (column: Column): readonly Derived[] => (isText(column) ? [{ name: foldedName(column.name), of: folded }] : []);

function folded(value: ColumnValue): string | null {
  if (typeof value !== "string") return null;
  const lower = value.toLowerCase();
  return lower === value.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()) ? null : lower;
}

const shared: readonly Table[] = [
  { name: "specstar_state", columns: stateColumns, indexes: [] },
  specTable,
  revisionTable,
  { name: "specstar_history", columns: historyColumns, indexes: [] },
  // Feed rows of committed transactions, before they have a position: writers would have to wait for one another to give it.
  { name: "specstar_waiting", columns: [key({ name: "place", type: "integer", counted: true }), ...feedColumns], indexes: [] },
  { name: "specstar_feed", columns: [key(integer("position")), ...feedColumns], indexes: [{ columns: ["id", "position"] }] },
  // One row: the newest position of the feed. Who gives positions holds it.
  { name: "specstar_head", columns: [key(integer("id")), integer("position")], indexes: [] },
  // One row per transaction, for a while: whoever lost the answer of a commit finds out here.
  { name: "specstar_batch", columns: [key(text("token")), integer("at")], indexes: [{ columns: ["at"] }] },
  replyTable,
  blobTable,
  blobUseTable,
  dyingBlobTable,
  sweptTable,
  messageTable({ name: "place", type: "integer", counted: true }),
  consumerTable,
];

function resource(spec: ResourceSpec): Table {
  const system = systemColumns.map(
    (column): TableColumn => ({
      name: column.name,
      type: postgresTypeOf(column),
      ...(column.name === "_id" ? { primary: true } : {}),
      ...(column.name === "_deleted_at" ? { nullable: true } : {}),
    }),
  );
  return {
    name: spec.names.table,
    columns: [
      ...system,
      integer("_current"),
      integer("_state"),
      ...spec.stored.map((column): TableColumn => nullable({ name: column.name, type: postgresTypeOf(column) })),
      ...[...systemColumns, ...spec.stored].flatMap(derived).map(({ name }): TableColumn => nullable(text(name))),
    ],
    indexes: [
      ...sortedColumns(spec).map((columns): TableIndex => startsOf(spec, { columns: [...columns, "_id", "_state"] })),
      ...spec.stored.filter(({ array }) => array).map(({ name }): TableIndex => ({ columns: [name], items: true })),
      ...spec.uniques.map(({ name }): TableIndex => startsOf(spec, { columns: [name], unique: true, where: "_state = 0" })),
    ],
  };
}

function indexSql(table: string, index: TableIndex, online: boolean): string {
  const column = (name: string) => (index.starts?.includes(name) ? (index.unique ? uniqueSql : startSql)(quoted(name)) : quoted(name));
  const where = index.where ? ` where ${index.where}` : "";
  return `create ${index.unique ? "unique " : ""}index ${online ? "concurrently " : ""}${quoted(indexName(table, index))} on ${quoted(table)}${index.items ? " using gin" : ""} (${index.columns.map(column).join(", ")})${where}`;
}

function holds(column: Column, values: readonly Bind[]): Sql {
  const whole = sql`${name(column.name)} in (${operands(values)})`;
  if (!isLongText(column)) return whole;
  const starts = rounded(values).map((value) => sql`left(${value}, ${raw(String(uniqueStart))})`);
  return sql`(left(${name(column.name)}, ${raw(String(uniqueStart))}) in (${joined(starts, ", ")}) and ${whole})`;
}

export const postgresLayout: Layout = { shared, resource, derived, holds, indexSql, online: true };

function startsOf(spec: ResourceSpec, index: TableIndex): TableIndex {
  const starts = spec.stored.filter((column) => isLongText(column) && index.columns.includes(column.name)).map(({ name }) => name);
  return starts.length === 0 ? index : { ...index, starts };
}
