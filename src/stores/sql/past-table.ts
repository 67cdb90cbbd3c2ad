import { createHash } from "node:crypto";
import type { Column } from "../../spec/column.ts";
import { instantKeyOfMs } from "../../spec/instant.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { PastQuery } from "../../storage/past.ts";
import { columnSql, type Dialect } from "./dialect.ts";
import { columnMeanings, formatVersion, key, type Layout, type Table, text } from "./layout.ts";
import type { PagedRows } from "./paged-rows.ts";
import type { SearchSource } from "./search-page.ts";
import { joined, name, quoted, raw, type Sql, sql } from "./sql-text.ts";
import { whereSql } from "./where.ts";

// Past states of the resources of specs with `history: true`. A state is the row that there was, from its `_updated_at` until its
// `_to`. What is current stands in the resource's own table alone: so a creation costs nothing, any other change one row, and
// switching history on has nothing to fill.

/** Two underscores: it clashes with the table of no other resource. */
export const pastName = (spec: ResourceSpec): string => `${spec.names.table}__past`;

const isKey: ReadonlySet<string> = new Set(["_id", "_version"]);

/** Sorted as the resource's own table is; items of lists and unique values are not looked for in the past. */
export function pastTable(layout: Layout, spec: ResourceSpec): Table {
  const today = layout.resource(spec);
  const sorted = today.indexes.filter(({ unique, items }) => !unique && !items);
  return {
    ...today,
    name: pastName(spec),
    columns: [...today.columns.map((column) => (isKey.has(column.name) ? key(column) : column)), text("_to")],
    indexes: [
      ...sorted.map((index) => ({ ...index, columns: index.columns.map((column) => (column === "_state" ? "_to" : column)) })),
      { columns: ["_to"] },
    ],
  };
}

/** The tables of a resource: its own, and that of its past where it is kept. */
export const tablesOf = (layout: Layout, spec: ResourceSpec): readonly Table[] =>
  spec.history ? [layout.resource(spec), pastTable(layout, spec)] : [layout.resource(spec)];

/** Two programs with the same fingerprint write the same tables in the same way. */
export const tableHash = (layout: Layout, spec: ResourceSpec): string =>
  createHash("sha256")
    .update(JSON.stringify([formatVersion, spec.schemaVersion, ...tablesOf(layout, spec), layout.shared, columnMeanings(spec)]))
    .digest("hex");

/** What a draft that is modified changes in all states that point at it. */
export function followSql(layout: Layout, spec: ResourceSpec, ids: Sql): Sql {
  const data: readonly Pick<Column, "name">[] = [...spec.stored, ...spec.stored.flatMap((column) => layout.derived(column))];
  const set = ["_status", "_schema_version", ...data.map((column) => column.name)].map((each) => sql`${name(each)} = t.${name(each)}`);
  return sql`update ${name(pastName(spec))} as p set ${joined(set, ", ")} from ${name(spec.names.table)} t
    where ${ids} and p._id = t._id and p._current = t._current`;
}

/** Later than all that can be written as an instant; keys of years with more digits would not sort behind it. */
const lastInstant = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** The states at an instant, of which each resource has at most one, in place of the rows of today. */
export function pastSource(dialect: Dialect, layout: Layout, rows: PagedRows, { at, today }: PastQuery): SearchSource {
  const { spec } = rows;
  const table = name(rows.table);
  const columns = raw(
    layout
      .resource(spec)
      .columns.map((column) => quoted(column.name))
      .join(", "),
  );
  const instant = instantKeyOfMs(Math.min(at, lastInstant));
  const current = sql`select ${columns} from ${table} where _state < 2 and _updated_at <= ${instant}`;
  const past = sql`select ${columns} from ${name(pastName(spec))} where _updated_at <= ${instant} and _to > ${instant}`;
  const within = today && sql`select t._id from ${table} t where t._state < 2 and ${whereSql(dialect, today)}`;
  return {
    table: sql`(${current} union all ${past})`,
    isQuery: true,
    selected: `${rows.selected}, (select c._current from ${table.text} c where c._id = t._id)`,
    ...(within ? { where: dialect.among(columnSql("_id"), within) } : {}),
  };
}
