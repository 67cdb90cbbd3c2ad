import type { ResourceSpec } from "../../spec/resource.ts";
import type { SchemaChange } from "../../storage/stored-schema.ts";
import { indexName, type Table, type TableIndex } from "./layout.ts";
import type { TableChange } from "./plan-schema.ts";
import type { FoundIndex, SchemaConnection } from "./prepare-schema.ts";
import { quoted, shortName } from "./sql-text.ts";

/** What becomes of a table that is there. */
export interface PlannedTable {
  /** Of its columns, and of indexes that are no longer right. */
  readonly changes: readonly SchemaChange[];
  /** Indexes that are to be made. */
  readonly indexes: readonly TableIndex[];
}

/** @param made what it lacks */
export async function planTable(
  connection: SchemaConnection,
  spec: ResourceSpec,
  { name: table, indexes: wanted }: Table,
  found: readonly FoundIndex[],
  made: readonly TableChange[],
): Promise<PlannedTable> {
  const replaced = made.flatMap(({ column, replaces }) => (column !== undefined && replaces ? [column] : []));
  const names = new Set(wanted.map((index) => indexName(table, index)));
  const gone = found.filter(
    (index) => isOurs(table, index) && (!names.has(index.name) || !index.valid || index.columns.some((each) => replaced.includes(each))),
  );
  const there = new Set(found.filter((index) => !gone.includes(index)).map((index) => index.name));
  const free = await freeNames(connection, table, replaced);
  return {
    changes: [
      ...gone.map((index) => dropChange(spec, index)),
      ...replaced.map((column): SchemaChange => asideChange(spec, table, column, free.get(column) ?? column)),
      ...made.map((each) => tableChange(each, spec)),
    ],
    indexes: wanted.filter((index) => !there.has(indexName(table, index))),
  };
}

/** Those that somebody else made stay. */
const isOurs = (table: string, { name }: FoundIndex): boolean =>
  name.startsWith(shortName(table).slice(0, 40)) && /__(index|unique)$/.test(name);

/** Those of these columns that are fields of the spec. */
function fieldsOf(spec: ResourceSpec | undefined, columns: readonly string[]): Pick<SchemaChange, "field"> {
  const fields = columns.flatMap((column) => spec?.stored.find(({ name }) => shortName(name) === shortName(column))?.path.join(".") ?? []);
  return fields.length > 0 ? { field: fields.join(", ") } : {};
}

export function tableChange({ column, statements }: TableChange, spec: ResourceSpec | undefined): SchemaChange {
  return {
    ...(spec ? { resource: spec.name } : {}),
    ...fieldsOf(spec, column === undefined ? [] : [column]),
    what: column === undefined ? "create table" : "add column",
    statements,
    background: false,
  };
}

const dropChange = (spec: ResourceSpec, { name: index, columns }: FoundIndex): SchemaChange => ({
  resource: spec.name,
  ...fieldsOf(spec, columns),
  what: "drop index",
  statements: [`drop index ${quoted(index)}`],
  background: false,
});

const asideChange = (spec: ResourceSpec, table: string, column: string, free: string): SchemaChange => ({
  resource: spec.name,
  ...fieldsOf(spec, [column]),
  what: "set column aside",
  statements: [`alter table ${quoted(table)} rename column ${quoted(column)} to ${quoted(free)}`],
  background: false,
});

export function indexChange(
  connection: SchemaConnection,
  spec: ResourceSpec | undefined,
  table: string,
  index: TableIndex,
  online: boolean,
): SchemaChange {
  return {
    ...(spec ? { resource: spec.name } : {}),
    ...fieldsOf(spec, index.columns),
    what: index.unique ? "create unique index" : "create index",
    statements: [connection.layout.indexSql(table, index, online)],
    background: online,
  };
}

async function freeNames(connection: SchemaConnection, table: string, replaced: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const taken = new Set(replaced.length > 0 ? await connection.columns(shortName(table)) : []);
  return new Map(
    replaced.map((column) => {
      const names = Array.from({ length: taken.size + 1 }, (_, i) => shortName(`_was__${column}${i === 0 ? "" : `__${i + 1}`}`));
      return [column, names.find((each) => !taken.has(each)) ?? `_was__${column}`];
    }),
  );
}
