import { type Column, systemColumns } from "../../spec/column.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import {
  indexName,
  integer,
  key,
  type Layout,
  nullable,
  type SqlType,
  type Table,
  type TableColumn,
  type TableIndex,
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
import { type Bind, name, operands, quoted, type Sql, sql } from "../sql/sql-text.ts";

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
const sqlTypeOf = (column: Column): SqlType => (column.array ? "text" : sqlTypes[column.type]);

const shared: readonly Table[] = [
  { name: "specstar_state", columns: stateColumns, indexes: [] },
  specTable,
  revisionTable,
  // Also finds the feed rows of a resource, by their positions; that is all that a purge leaves in it.
  { name: "specstar_history", clustered: true, columns: [...historyColumns, integer("position")], indexes: [] },
  { name: "specstar_feed", columns: [key(integer("position")), ...feedColumns], indexes: [] },
  replyTable,
  blobTable,
  blobUseTable,
  dyingBlobTable,
  sweptTable,
  messageTable(integer("place")),
  consumerTable,
];

/** Lists are JSON text, booleans are 0 and 1. Every index ends with what pages need, so that they are found, ordered and counted in the index alone. */
function resource(spec: ResourceSpec): Table {
  const system = systemColumns.map(
    (column): TableColumn => ({
      name: column.name,
      type: sqlTypeOf(column),
      ...(column.name === "_id" ? { primary: true } : {}),
      ...(column.name === "_deleted_at" ? { nullable: true } : {}),
    }),
  );
  return {
    name: spec.names.table,
    clustered: true,
    columns: [
      ...system,
      integer("_current"),
      integer("_state"),
      ...spec.stored.map((column): TableColumn => nullable({ name: column.name, type: sqlTypeOf(column) })),
    ],
    indexes: [
      ...sortedColumns(spec).map((columns): TableIndex => ({ columns: [...columns, "_id", "_state"] })),
      ...spec.uniques.map(({ name }): TableIndex => ({ columns: [name], unique: true, where: "_state = 0" })),
    ],
  };
}

function indexSql(table: string, index: TableIndex): string {
  const where = index.where ? ` where ${index.where}` : "";
  return `create ${index.unique ? "unique " : ""}index ${quoted(indexName(table, index))} on ${quoted(table)} (${index.columns.map(quoted).join(", ")})${where}`;
}

const holds = (column: Column, values: readonly Bind[]): Sql => sql`${name(column.name)} in (${operands(values)})`;

export const sqliteLayout: Layout = { shared, resource, derived: () => [], holds, indexSql, online: false };
