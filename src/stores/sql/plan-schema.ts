import {
  DatabaseSchema,
  defineEntity,
  MikroORM,
  p,
  SchemaComparator,
  type SchemaDifference,
  SqlSchemaGenerator,
  type TableDifference,
} from "@mikro-orm/sqlite";
import type { Database as Handle } from "better-sqlite3";
import { SqliteDialect } from "kysely";
import { indexName, type Table, type TableColumn } from "./tables.ts";

/** What brings a database to a list of tables, in the order in which it has to run. */
export interface SchemaPlan {
  /** New tables with their indexes, and new columns. */
  readonly tables: string;
  /** New indexes on tables that were there: to be made when their columns are filled. */
  readonly indexes: string;
  /** Columns that exist with another type. */
  readonly conflicts: readonly { readonly table: string; readonly column: string; readonly has: string; readonly wants: string }[];
}

/**
 * Compares, by MikroORM, and keeps of the difference what adds: its own safe mode renames columns that look alike, drops
 * indexes and rebuilds tables. MikroORM is loaded with this file, only when a schema has changed.
 */
export async function planSchema(handle: Handle, tables: readonly Table[]): Promise<SchemaPlan> {
  // MikroORM closes what it opened; this handle is ours.
  const database = { prepare: (text: string) => handle.prepare(text), close: () => {} };
  const orm = await MikroORM.init({
    entities: tables.map(entityOf),
    dbName: ":memory:",
    driverOptions: new SqliteDialect({ database }),
    debug: false,
  });
  try {
    const generator = new SqlSchemaGenerator(orm.em);
    const platform = orm.em.getPlatform();
    const wanted = generator.getTargetSchema();
    // Only our tables: MikroORM cannot read those of others that SQLite allows, and `pragma optimize` makes one of them.
    const existing = await DatabaseSchema.create(
      orm.em.getConnection(),
      platform,
      orm.config,
      undefined,
      undefined,
      tables.map(({ name }) => name),
    );
    const difference = new SchemaComparator(platform).compare(existing, wanted);
    const changed = Object.values(difference.changedTables);
    return {
      tables: clustered(
        generator.diffToSQL({ ...difference, ...nothingElse, changedTables: additions(changed, "columns") }, { safe: true }),
        tables,
      ),
      indexes: generator.diffToSQL(
        { ...difference, ...nothingElse, newTables: {}, changedTables: additions(changed, "indexes") },
        { safe: true },
      ),
      conflicts: changed.flatMap(conflictsOf),
    };
  } finally {
    await orm.close();
    // MikroORM turns them on when it connects.
    handle.pragma("foreign_keys = off");
  }
}

/** MikroORM has no word for it; its statements stand on lines of their own. */
const clustered = (statements: string, tables: readonly Table[]): string =>
  tables.reduce(
    (text, table) =>
      table.clustered ? text.replace(new RegExp(`^(create table \`${table.name}\` .*);$`, "m"), "$1 without rowid;") : text,
    statements,
  );

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

function entityOf({ name, columns, indexes }: Table) {
  const made = indexes.map((index) => ({
    name: indexName(name, index),
    properties: index.columns.map(propertyOf),
    ...(index.where ? { where: index.where } : {}),
    unique: index.unique,
  }));
  return defineEntity({
    name,
    tableName: name,
    properties: Object.fromEntries(columns.map((column) => [propertyOf(column.name), propertyBuilder(column)])),
    indexes: made.filter(({ unique }) => !unique).map(({ unique: _, ...index }) => index),
    uniques: made.filter(({ unique }) => unique).map(({ unique: _, ...index }) => index),
  });
}

function propertyBuilder({ name, type, primary, nullable }: TableColumn) {
  if (primary) return type === "integer" ? p.integer().fieldName(name).primary().autoincrement(false) : p.text().fieldName(name).primary();
  const builder = { text: p.text, integer: p.integer, real: p.double, blob: p.blob }[type]().fieldName(name).columnType(type);
  return nullable ? builder.nullable() : builder;
}
