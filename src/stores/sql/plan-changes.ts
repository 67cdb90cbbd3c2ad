import { fail } from "../../errors.ts";
import type { Column } from "../../spec/column.ts";
import { lostPaths } from "../../spec/dropped.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { SchemaChange } from "../../storage/stored-schema.ts";
import type { Fill, KnownSpec, KnownSpecs } from "./known-specs.ts";
import { columnMeanings, indexName, type Table, type TableIndex } from "./layout.ts";
import { pastName, pastTable, tablesOf } from "./past-table.ts";
import type { TableChange } from "./plan-schema.ts";
import { indexChange, planTable, tableChange } from "./plan-table.ts";
import type { FoundIndex, SchemaConnection } from "./prepare-schema.ts";
import type { ResourceRows } from "./resource-rows.ts";
import { name, shortName, sql } from "./sql-text.ts";

/** What has to be done, and what is left to fill then, by table. */
export interface PlannedChanges {
  readonly changes: readonly SchemaChange[];
  readonly fills: ReadonlyMap<string, Fill>;
}

/** A resource's table that is there, and what is to become of it. */
interface Existing {
  readonly rows: ResourceRows;
  readonly wanted: Table;
  readonly found: readonly FoundIndex[];
  /** To be computed anew. */
  readonly missing: readonly Column[];
}

/**
 * Plans the changes that bring a database to these specs. It reads, and changes nothing.
 * @throws BAD_REQUEST for fields that are gone and were not let go, and for upcasters that were taken back; UNIQUE_VIOLATION
 * for a field that cannot be unique.
 */
export async function planChanges(
  connection: SchemaConnection,
  resources: readonly ResourceRows[],
  known: KnownSpecs,
): Promise<PlannedChanges> {
  for (const { spec, table } of resources) await checkLosses(connection, spec, table, known.get(table));
  const changed = resources.filter(({ table, hash }) => known.get(table)?.hash !== hash);
  // A store of no resources has the shared tables all the same.
  if (changed.length === 0 && (await connection.hasTable("specstar_state"))) return { changes: [], fills: new Map() };
  const existing = new Map<string, Existing>();
  for (const rows of changed) {
    const before = known.get(rows.table);
    if (before) existing.set(rows.table, await existingOf(connection, rows, before));
  }
  const { layout } = connection;
  const tables = [...layout.shared, ...changed.flatMap(({ spec }) => tablesOf(layout, spec))];
  const made = await connection.tableChanges(tables, (table, column) =>
    [...existing.values()].some((each) => shortName(each.rows.table) === table && needsFreshColumn(each, column)),
  );
  const changes: SchemaChange[] = [];
  for (const table of layout.shared) changes.push(...(await sharedChanges(connection, table, ofTable(made, table.name))));
  const fills = new Map<string, Fill>();
  for (const rows of changed) {
    const there = existing.get(rows.table);
    const before = known.get(rows.table);
    const [of, ofPast] = [ofTable(made, rows.table), ofTable(made, pastName(rows.spec))];
    const more =
      there && before
        ? [...(await resourceChanges(connection, there, of)), ...(await pastChanges(connection, rows.spec, before, ofPast))]
        : [...of, ...ofPast].map((each) => tableChange(each, rows.spec));
    changes.push(...more);
    const fill = there && fillOf(there, more);
    if (fill) fills.set(rows.table, fill);
  }
  return { changes, fills };
}

const ofTable = (made: readonly TableChange[], table: string): readonly TableChange[] =>
  made.filter((each) => each.table === shortName(table));

async function existingOf(connection: SchemaConnection, rows: ResourceRows, before: KnownSpec): Promise<Existing> {
  const meanings = columnMeanings(rows.spec);
  const unready = new Set(before.fill?.columns);
  const missing = rows.spec.stored.filter(({ name }) => before.columns[name] !== meanings[name] || unready.has(name));
  const wanted = connection.layout.resource(rows.spec);
  return { rows, wanted, found: await connection.indexes(shortName(rows.table)), missing };
}

/** Its old values, of whatever time, would be in the way of a unique index that there is from now on. */
const needsFreshColumn = ({ rows, wanted, found, missing }: Existing, column: string): boolean =>
  missing.some((each) => shortName(each.name) === column) &&
  wanted.indexes.some(
    (index) =>
      index.unique &&
      index.columns.some((each) => shortName(each) === column) &&
      !found.some((each) => each.name === indexName(rows.table, index)),
  );

async function sharedChanges(connection: SchemaConnection, table: Table, made: readonly TableChange[]): Promise<readonly SchemaChange[]> {
  const changes = made.map((each) => tableChange(each, undefined));
  if (made.some(({ column }) => column === undefined)) return changes;
  const found = new Set((await connection.indexes(shortName(table.name))).map((each) => each.name));
  const indexes = table.indexes.filter((index) => !found.has(indexName(table.name, index)));
  return [...changes, ...indexes.map((index): SchemaChange => indexChange(connection, undefined, table.name, index, false))];
}

async function resourceChanges(
  connection: SchemaConnection,
  { rows, wanted, found, missing }: Existing,
  made: readonly TableChange[],
): Promise<readonly SchemaChange[]> {
  const { spec, table } = rows;
  const { changes, indexes } = await planTable(connection, spec, wanted, found, made);
  await checkUniques(connection, rows, indexes, missing);
  const filled = missing.length > 0 ? await countRows(connection, table) : 0;
  return [
    ...changes,
    ...indexes.map((index) => indexChange(connection, spec, table, index, connection.layout.online && !index.unique)),
    ...(filled > 0 ? missing.map((column): SchemaChange => fillChange(spec, column, filled)) : []),
  ];
}

/** The table of the past is filled by the writes to come. Where no past is kept any more it stays, as it is. */
async function pastChanges(
  connection: SchemaConnection,
  spec: ResourceSpec,
  before: KnownSpec,
  made: readonly TableChange[],
): Promise<readonly SchemaChange[]> {
  const was = before.history?.on ?? false;
  const turned = (what: SchemaChange["what"]): SchemaChange => ({ resource: spec.name, what, statements: [], background: false });
  if (!spec.history) return was ? [turned("end history, keep its table")] : [];
  const begun = was ? [] : [turned("begin history")];
  if (made.some(({ column }) => column === undefined)) return [...made.map((each) => tableChange(each, spec)), ...begun];
  const table = pastTable(connection.layout, spec);
  const { changes, indexes } = await planTable(connection, spec, table, await connection.indexes(shortName(table.name)), made);
  return [...changes, ...indexes.map((index) => indexChange(connection, spec, table.name, index, connection.layout.online)), ...begun];
}

const fillChange = (spec: ResourceSpec, column: Column, resources: number): SchemaChange => ({
  resource: spec.name,
  field: column.path.join("."),
  what: "fill column",
  statements: [],
  background: true,
  resources,
});

/** What the background has to do: filling, and then the indexes that are made online. */
function fillOf({ missing }: Existing, changes: readonly SchemaChange[]): Fill | undefined {
  const total = changes.find(({ what }) => what === "fill column")?.resources ?? 0;
  if (!changes.some(({ background }) => background)) return undefined;
  return {
    columns: total > 0 ? missing.map((column) => column.name) : [],
    phase: total > 0 ? "fill" : "index",
    after: "",
    done: 0,
    total,
    unfit: 0,
    conflicts: [],
  };
}

async function countRows(connection: SchemaConnection, table: string): Promise<number> {
  const [row] = await connection.all(sql`select count(*) from ${name(table)} where _state < 2`);
  return Number(row?.[0] ?? 0);
}

/** What would lose data has to be asked for by name. */
async function checkLosses(connection: SchemaConnection, spec: ResourceSpec, table: string, before: KnownSpec | undefined): Promise<void> {
  if (!before?.fields) return;
  const taken = (before.version ?? 1) - spec.schemaVersion;
  const lost = taken < 0 ? [] : lostPaths(spec, before.fields);
  if ((taken <= 0 && lost.length === 0) || (await countRows(connection, table)) === 0) return;
  if (taken > 0)
    throw fail(
      "BAD_REQUEST",
      `Resource ${spec.name}: the store was written under version ${before.version}, and this spec has ${spec.versions.length} upcasters, which lead to version ${spec.schemaVersion}. \`versions\` is only ever added to: put them back`,
      { resource: spec.name },
    );
  const [field = ""] = lost;
  const others = lost.length > 1 ? ` (and ${lost.slice(1).join(", ")})` : "";
  throw fail(
    "BAD_REQUEST",
    `Resource ${spec.name}: the field ${field}${others} is gone from the schema, and there is data. History keeps it, but later revisions will be without it. If it was renamed, write an upcaster in \`versions\`; to let it go, write dropped: ${JSON.stringify(lost)}`,
    { resource: spec.name, field },
  );
}

/** Columns that are filled later are looked at then, value by value. */
async function checkUniques(
  connection: SchemaConnection,
  { spec, table }: ResourceRows,
  indexes: readonly TableIndex[],
  missing: readonly Column[],
): Promise<void> {
  const added = new Set(indexes.filter(({ unique }) => unique).flatMap(({ columns }) => columns));
  for (const column of spec.uniques) {
    if (!added.has(column.name) || missing.includes(column)) continue;
    const [twice] = await connection.all(
      sql`select min(_id) || ' and ' || max(_id) from ${name(table)} where _state = 0 and ${name(column.name)} is not null group by ${name(column.name)} having count(*) > 1 limit 1`,
    );
    if (!twice) continue;
    const field = column.path.join(".");
    throw fail(
      "UNIQUE_VIOLATION",
      `Resource ${spec.name}: ${field} cannot be unique, because ${twice[0]} have the same value. Change one of them with the former spec, or take ${field} out of \`unique\``,
      { resource: spec.name, field },
    );
  }
}
