import { fail } from "../../errors.ts";
import type { Column } from "../../spec/column.ts";
import type { Context } from "../../storage/context.ts";
import { fillColumns, type ReadBytes } from "./fill-columns.ts";
import { columnMeanings, formatVersion, indexName, type Layout, type Table } from "./layout.ts";
import type { SchemaPlan } from "./plan-schema.ts";
import type { ResourceRows, Row } from "./resource-rows.ts";
import { type Bind, name, quoted, type Sql, shortName, sql } from "./sql-text.ts";

/** What tells this store from others: made once, with its first table. */
export interface StoreIdentity {
  readonly epoch: string;
  readonly secret: Uint8Array;
}

/** A database, as far as its schema is concerned. */
export interface SchemaConnection {
  readonly layout: Layout;
  all(query: Sql): Promise<readonly Row[]>;
  /** Statements without parameters. */
  run(statements: string): Promise<void>;
  hasTable(table: string): Promise<boolean>;
  /** Names of a table's indexes. */
  indexes(table: string): Promise<readonly string[]>;
  plan(tables: readonly Table[]): Promise<SchemaPlan>;
  /** Nobody else writes to these tables until the transaction ends. */
  lock(tables: readonly string[]): Promise<void>;
}

export interface SchemaDatabase extends SchemaConnection {
  /** All of it or nothing; one process at a time. */
  transaction<Answer>(work: (connection: SchemaConnection) => Promise<Answer>): Promise<Answer>;
}

/** Resource tables as they were last opened: their fingerprint, and the meaning of each column that was kept up to date. */
type Known = ReadonlyMap<string, { readonly hash: string; readonly columns: Readonly<Record<string, string>> }>;

/**
 * Brings the tables to these specs: adds, fills what is new, and drops nothing but indexes of its own. All in one
 * transaction, so that a start that was cut short begins anew. Where nothing has changed it only looks.
 */
export async function prepareSchema(
  database: SchemaDatabase,
  resources: readonly ResourceRows[],
  context: Context,
  readBytes: ReadBytes,
): Promise<StoreIdentity> {
  for (const { spec, table } of resources) {
    if (/^(specstar|sqlite|pg)_/.test(table))
      throw fail("BAD_REQUEST", `Resource ${spec.name}: its table ${table} would clash with the store's own. Choose another name`, {
        resource: spec.name,
      });
  }
  return (
    (await lookUp(database, resources)) ??
    database.transaction(async (connection) => (await lookUp(connection, resources)) ?? change(connection, resources, context, readBytes))
  );
}

/** The store's identity, if its tables are as these specs want them. */
async function lookUp(connection: SchemaConnection, resources: readonly ResourceRows[]): Promise<StoreIdentity | undefined> {
  const identity = await readIdentity(connection);
  const known = identity && (await readKnown(connection));
  return known && resources.every(({ table, hash }) => known.get(table)?.hash === hash) ? identity : undefined;
}

async function readIdentity(connection: SchemaConnection): Promise<StoreIdentity | undefined> {
  if (!(await connection.hasTable("specstar_state"))) return undefined;
  const [row] = await connection.all(sql`select format, epoch, secret from specstar_state`);
  if (!row) return undefined;
  const [format, epoch, secret] = row;
  if (Number(format) > formatVersion) {
    throw fail(
      "UNSUPPORTED",
      `The store was written by a newer version of specstar (format ${format}; this one knows ${formatVersion}). Upgrade specstar, or restore a backup of before`,
    );
  }
  return { epoch: String(epoch), secret: secret instanceof Uint8Array ? new Uint8Array(secret) : new Uint8Array() };
}

async function readKnown(connection: SchemaConnection): Promise<Known> {
  const rows = await connection.all(sql`select name, hash, columns from specstar_spec`);
  return new Map(
    rows.map(([table, hash, columns]) => {
      const meanings: Record<string, string> = JSON.parse(String(columns));
      return [String(table), { hash: String(hash), columns: meanings }];
    }),
  );
}

async function change(
  connection: SchemaConnection,
  resources: readonly ResourceRows[],
  context: Context,
  readBytes: ReadBytes,
): Promise<StoreIdentity> {
  const { layout } = connection;
  const known: Known = (await readIdentity(connection)) ? await readKnown(connection) : new Map();
  const changed = resources.filter(({ table, hash }) => known.get(table)?.hash !== hash);
  await connection.lock(changed.filter(({ table }) => known.has(table)).map(({ table }) => table));
  await dropOldIndexes(connection, changed);
  const plan = await connection.plan([...layout.shared, ...changed.map(({ spec }) => layout.resource(spec))]);
  checkConflicts(plan, resources);
  await connection.run(plan.tables);
  for (const { spec, table } of changed) {
    const before = known.get(table);
    const missing = before ? spec.columns.filter(({ name }) => before.columns[name] !== columnMeanings(spec)[name]) : [];
    if (missing.length > 0) await fillColumns(connection, spec, missing, readBytes);
    await checkUnique(connection, spec.name, table, spec.uniques);
  }
  await connection.run(plan.indexes);
  for (const { spec, table, hash } of changed)
    await connection.all(
      sql`insert into specstar_spec (name, hash, columns) values (${table}, ${hash}, ${JSON.stringify(columnMeanings(spec))}) on conflict (name) do update set hash = excluded.hash, columns = excluded.columns`,
    );
  return (await readIdentity(connection)) ?? makeIdentity(connection, context);
}

async function makeIdentity(connection: SchemaConnection, context: Context): Promise<StoreIdentity> {
  const identity = { epoch: context.uuid(), secret: new Uint8Array(context.randomBytes(32)) };
  const values: readonly Bind[] = [formatVersion, identity.epoch, identity.secret];
  await connection.all({ text: "insert into specstar_state (id, format, epoch, secret) values (1, ?, ?, ?)", values });
  return identity;
}

/** Indexes that a spec no longer declares: a unique one would go on refusing. Those that somebody else made stay. */
async function dropOldIndexes(connection: SchemaConnection, resources: readonly ResourceRows[]): Promise<void> {
  for (const { spec, table } of resources) {
    const wanted = new Set(connection.layout.resource(spec).indexes.map((index) => indexName(table, index)));
    const ours = (index: string) => index.startsWith(shortName(table).slice(0, 40)) && /__(index|unique)$/.test(index);
    for (const index of await connection.indexes(shortName(table)))
      if (ours(index) && !wanted.has(index)) await connection.run(`drop index ${quoted(index)}`);
  }
}

function checkConflicts({ conflicts: [conflict] }: SchemaPlan, resources: readonly ResourceRows[]): void {
  if (!conflict) return;
  const { table, column, has, wants } = conflict;
  const spec = resources.find((each) => shortName(each.table) === table.split(".").at(-1))?.spec;
  const field = spec?.columns.find(({ name }) => shortName(name) === column)?.path.join(".") ?? column;
  throw fail(
    "UNSUPPORTED",
    `Resource ${spec?.name ?? table}, field ${field}: it was indexed as ${has} and is now ${wants}, and this store does not change the type of a column. Give the new field another name, or take it out of \`index\` and \`unique\``,
    {
      resource: spec?.name ?? table,
      field,
    },
  );
}

async function checkUnique(connection: SchemaConnection, resource: string, table: string, uniques: readonly Column[]): Promise<void> {
  for (const column of uniques) {
    const [twice] = await connection.all(
      sql`select min(_id) || ' and ' || max(_id) from ${name(table)} where _state = 0 and ${name(column.name)} is not null group by ${name(column.name)} having count(*) > 1 limit 1`,
    );
    if (!twice) continue;
    const field = column.path.join(".");
    throw fail(
      "UNIQUE_VIOLATION",
      `Resource ${resource}: ${field} cannot be unique, because ${twice[0]} have the same value. Change one of them with the former spec, or take ${field} out of \`unique\``,
      { resource, field },
    );
  }
}
