import {
  DatabaseSchema,
  defineEntity,
  type MikroORM,
  p,
  SchemaComparator,
  type SchemaDifference,
  SqlSchemaGenerator,
  type TableDifference,
} from "@mikro-orm/sql";
import { indexName, type SqlType, type Table, type TableColumn, type TableIndex } from "./layout.ts";
import { shortName } from "./sql-text.ts";

/** What brings a database to a list of tables, in the order in which it has to run. */
export interface SchemaPlan {
  /** New tables with their indexes, and new columns. */
  readonly tables: string;
  /** New indexes on tables that were there: to be made when their columns are filled. */
  readonly indexes: string;
  /** Columns that exist with another type. */
  readonly conflicts: readonly { readonly table: string; readonly column: string; readonly has: string; readonly wants: string }[];
}

/** How a database writes what tables are made of. */
export interface ColumnTypes {
  readonly names: Record<SqlType, string>;
  /** Of text. */
  readonly collation?: string;
  /** Makes an index that holds only the starts of some columns. */
  readonly startsIndex?: (table: string, index: TableIndex) => string;
}

/** What there is before. */
export interface Found {
  /** Names of tables, among them those that are wanted. */
  readonly tables: readonly string[];
  /** Where a database has several. */
  readonly schema?: string;
}

/**
 * Compares, by MikroORM, and keeps of the difference what adds: its own safe mode renames columns that look alike, drops
 * indexes and rebuilds tables.
 * @param orm over the caller's connection, with the `entitiesOf` these tables. It is closed.
 */
export async function planSchema(orm: MikroORM, tables: readonly Table[], { tables: found, schema }: Found): Promise<SchemaPlan> {
  try {
    const generator = new SqlSchemaGenerator(orm.em);
    const platform = orm.em.getPlatform();
    const wanted = generator.getTargetSchema(schema);
    // Only our tables. By itself MikroORM looks at all there are: it cannot read some that SQLite allows, of which `pragma optimize`
    // makes one, and on PostgreSQL it fails over those that others drop at that moment.
    const names = new Set(tables.map(({ name }) => shortName(name)));
    const ours = found
      .filter((name) => names.has(name))
      .map((name) => ({ table_name: name, ...(schema === undefined ? {} : { schema_name: schema }) }));
    const existing = new DatabaseSchema(platform, schema ?? platform.getDefaultSchemaName() ?? "");
    await platform
      .getSchemaHelper()
      ?.loadInformationSchema(existing, orm.em.getConnection(), ours, schema === undefined ? undefined : [schema]);
    const difference = new SchemaComparator(platform).compare(existing, wanted);
    const changed = Object.values(difference.changedTables);
    const sqlOf = (part: Partial<SchemaDifference>) =>
      generator.diffToSQL({ ...difference, ...nothingElse, ...part }, { safe: true, wrap: false });
    return {
      tables: sqlOf({ changedTables: additions(changed, "columns") }),
      indexes: sqlOf({ newTables: {}, changedTables: additions(changed, "indexes") }),
      conflicts: changed.flatMap(conflictsOf),
    };
  } finally {
    await orm.close();
  }
}

const nothingElse = {
  removedTables: {},
  newViews: {},
  changedViews: {},
  removedViews: {},
  newRoutines: {},
  changedRoutines: {},
  removedRoutines: {},
  orphanedForeignKeys: [],
} satisfies Partial<SchemaDifference>;

function additions(changed: readonly TableDifference[], part: "columns" | "indexes"): Record<string, TableDifference> {
  return Object.fromEntries(
    changed.map((difference) => [
      difference.name,
      {
        ...difference,
        addedColumns: part === "columns" ? { ...difference.addedColumns, ...byName(difference.renamedColumns, "name") } : {},
        addedIndexes: part === "indexes" ? { ...difference.addedIndexes, ...byName(difference.renamedIndexes, "keyName") } : {},
        ...nothingChanged,
      },
    ]),
  );
}

const nothingChanged = {
  changedColumns: {},
  removedColumns: {},
  renamedColumns: {},
  changedIndexes: {},
  removedIndexes: {},
  renamedIndexes: {},
  addedChecks: {},
  changedChecks: {},
  removedChecks: {},
  addedTriggers: {},
  changedTriggers: {},
  removedTriggers: {},
  addedForeignKeys: {},
  changedForeignKeys: {},
  removedForeignKeys: {},
} satisfies Partial<TableDifference>;

/** Renames are listed under the old name; as additions they go under the new one. */
const byName = <K extends string, T extends Record<K, string>>(renamed: Record<string, T>, key: K): Record<string, T> =>
  Object.fromEntries(Object.values(renamed).map((each) => [each[key], each]));

const conflictsOf = ({ name, changedColumns }: TableDifference): SchemaPlan["conflicts"] =>
  Object.values(changedColumns)
    .filter(({ changedProperties }) => changedProperties.has("type"))
    .map(({ column, fromColumn }) => ({ table: name, column: column.name, has: fromColumn.type, wants: column.type }));

/** Properties have a prefix of their own: some names, as `_id`, mean something to MikroORM. */
const propertyOf = (column: string): string => `column_${column}`;

export const entitiesOf = (tables: readonly Table[], types: ColumnTypes) => tables.map((table) => entityOf(table, types));

function entityOf(table: Table, types: ColumnTypes) {
  const { name, columns, indexes } = table;
  const made = (unique: boolean) =>
    indexes.filter((index) => (index.unique ?? false) === unique).map((index) => entityIndex(table, index, types));
  return defineEntity({
    name,
    tableName: shortName(name),
    properties: Object.fromEntries(columns.map((column) => [propertyOf(column.name), propertyBuilder(column, types)])),
    indexes: made(false).map(({ index, items }) => (items ? { ...index, type: "gin" } : index)),
    uniques: made(true).map(({ index }) => index),
  });
}

function entityIndex(table: Table, index: TableIndex, { startsIndex }: ColumnTypes) {
  const name = indexName(table.name, index);
  if (index.starts && startsIndex) return { index: { name, expression: startsIndex(table.name, index) } };
  const where = index.where ? { where: index.where } : {};
  return { index: { name, properties: index.columns.map(propertyOf), ...where }, items: index.items };
}

const builders = { text: p.text, integer: p.integer, real: p.double, blob: p.blob, json: p.json, boolean: p.boolean };

function propertyBuilder({ name, type, primary, nullable, counted }: TableColumn, { names, collation }: ColumnTypes) {
  if (counted) return p.bigint("number").fieldName(name).primary().autoincrement();
  const column = shortName(name);
  if (type === "text") {
    const text = collation === undefined ? p.text() : p.text().collation(collation);
    const builder = text.fieldName(column).columnType(names.text);
    return primary ? builder.primary() : nullable ? builder.nullable() : builder;
  }
  const builder = builders[type]().fieldName(column).columnType(names[type]);
  if (primary) return p.integer().fieldName(column).columnType(names.integer).primary().autoincrement(false);
  return nullable ? builder.nullable() : builder;
}
