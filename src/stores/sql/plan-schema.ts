import {
  DatabaseSchema,
  type DatabaseTable,
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

/** A table or a column that is to be made. */
export interface TableChange {
  readonly table: string;
  /** A column of a table that is there; undefined for a new table with its indexes. */
  readonly column?: string;
  /** There is a column of this name, which has to be set aside first. */
  readonly replaces: boolean;
  readonly statements: readonly string[];
}

/** Columns that are not to be used as they are, though their type is right. */
export type Replaced = (table: string, column: string) => boolean;

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
 * Compares, by MikroORM, and keeps of the difference what adds tables and columns: its own safe mode renames columns that look
 * alike, drops indexes and rebuilds tables. Indexes of tables that are there are made by `Layout.indexSql`.
 * @param orm over the caller's connection, with the `entitiesOf` these tables. It is closed.
 */
export async function planSchema(
  orm: MikroORM,
  tables: readonly Table[],
  { tables: found, schema }: Found,
  replaced: Replaced,
): Promise<readonly TableChange[]> {
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
    const aside = new Set<string>();
    const setAside = (table: DatabaseTable, column: string) => {
      table.removeColumn(column);
      aside.add(`${table.name}.${column}`);
    };
    for (const table of existing.getTables())
      for (const { name } of table.getColumns()) if (replaced(table.name, name)) setAside(table, name);
    const compare = () => new SchemaComparator(platform).compare(existing, wanted);
    for (const { fromTable, changedColumns } of Object.values(compare().changedTables))
      for (const { column, changedProperties } of Object.values(changedColumns))
        if (changedProperties.has("type")) setAside(fromTable, column.name);
    const difference = compare();
    const sqlOf = (part: Partial<SchemaDifference>): readonly string[] =>
      generator
        .diffToSQL({ ...difference, ...nothingElse, ...part }, { safe: true, wrap: false })
        .split(/;\n*/)
        .filter((statement) => statement.trim() !== "");
    return [
      ...Object.entries(difference.newTables).map(
        ([key, table]): TableChange => ({ table: table.name, replaces: false, statements: sqlOf({ newTables: { [key]: table } }) }),
      ),
      ...Object.entries(difference.changedTables).flatMap(([key, changed]) =>
        [...Object.values(changed.addedColumns), ...Object.values(changed.renamedColumns)].map((column): TableChange => {
          const adding = { ...changed, ...nothingChanged, addedColumns: { [column.name]: column } };
          const table = changed.fromTable.name;
          return {
            table,
            column: column.name,
            replaces: aside.has(`${table}.${column.name}`),
            statements: sqlOf({ changedTables: { [key]: adding } }),
          };
        }),
      ),
    ];
  } finally {
    await orm.close();
  }
}

const nothingElse = {
  newTables: {},
  changedTables: {},
  removedTables: {},
  newViews: {},
  changedViews: {},
  removedViews: {},
  newRoutines: {},
  changedRoutines: {},
  removedRoutines: {},
  orphanedForeignKeys: [],
} satisfies Partial<SchemaDifference>;

const nothingChanged = {
  addedIndexes: {},
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
