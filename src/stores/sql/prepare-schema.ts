import { fail } from "../../errors.ts";
import type { Column } from "../../spec/column.ts";
import type { Context } from "../../storage/context.ts";
import { fillColumns, type ReadBytes } from "./fill-columns.ts";
import type { SchemaPlan } from "./plan-schema.ts";
import type { ResourceRows } from "./resource-rows.ts";
import { quoted } from "./sql-text.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import { columnMeanings, formatVersion, indexName, resourceTable, sharedTables } from "./tables.ts";

/** What tells this store from others: made once, with its first table. */
export interface StoreIdentity {
  readonly epoch: string;
  readonly secret: Uint8Array;
}

/** Resource tables as they were last opened: their fingerprint, and the meaning of each column that was kept up to date. */
type Known = ReadonlyMap<string, { readonly hash: string; readonly columns: Readonly<Record<string, string>> }>;

/**
 * Brings the tables to these specs: adds, fills what is new, and drops nothing but indexes of its own. All in one
 * transaction, so that a start that was cut short begins anew. Where nothing has changed it only looks.
 */
export async function prepareSchema(
  connection: SqliteConnection,
  resources: readonly ResourceRows[],
  context: Context,
  readBytes: ReadBytes,
): Promise<StoreIdentity> {
  for (const { spec, table } of resources) {
    if (/^(specstar|sqlite)_/.test(table))
      throw fail("BAD_REQUEST", `Resource ${spec.name}: its table ${table} would clash with the store's own. Choose another name`, {
        resource: spec.name,
      });
  }
  const ready = await connection.retry(() => lookUp(connection, resources));
  if (ready) return ready;
  const { planSchema } = await import("./plan-schema.ts");
  const { handle } = connection;
  await connection.retry(() => handle.exec("begin immediate"));
  try {
    const identity = lookUp(connection, resources) ?? (await change(connection, resources, context, readBytes, planSchema));
    handle.exec("commit");
    return identity;
  } catch (thrown) {
    if (handle.inTransaction) handle.exec("rollback");
    throw thrown;
  }
}

/** The store's identity, if its tables are as these specs want them. */
function lookUp({ handle }: SqliteConnection, resources: readonly ResourceRows[]): StoreIdentity | undefined {
  const identity = readIdentity(handle);
  const known = identity && readKnown(handle);
  return known && resources.every(({ table, hash }) => known.get(table)?.hash === hash) ? identity : undefined;
}

type Handle = SqliteConnection["handle"];

const hasTable = (handle: Handle, table: string): boolean =>
  handle.prepare("select 1 from sqlite_master where type = 'table' and name = ?").get(table) !== undefined;

function readIdentity(handle: Handle): StoreIdentity | undefined {
  if (!hasTable(handle, "specstar_state")) return undefined;
  const row = handle.prepare<[], StoreIdentity & { format: number }>("select format, epoch, secret from specstar_state").get();
  if (row && row.format > formatVersion) {
    throw fail(
      "UNSUPPORTED",
      `The store was written by a newer version of specstar (format ${row.format}; this one knows ${formatVersion}). Upgrade specstar, or restore a backup of before`,
    );
  }
  return row && { epoch: row.epoch, secret: new Uint8Array(row.secret) };
}

function readKnown(handle: Handle): Known {
  const rows = handle.prepare<[], { name: string; hash: string; columns: string }>("select name, hash, columns from specstar_spec").all();
  return new Map(
    rows.map(({ name, hash, columns }) => {
      const meanings: Record<string, string> = JSON.parse(columns);
      return [name, { hash, columns: meanings }];
    }),
  );
}

async function change(
  connection: SqliteConnection,
  resources: readonly ResourceRows[],
  context: Context,
  readBytes: ReadBytes,
  planSchema: (handle: Handle, tables: typeof sharedTables) => Promise<SchemaPlan>,
): Promise<StoreIdentity> {
  const { handle } = connection;
  const known: Known = readIdentity(handle) ? readKnown(handle) : new Map();
  dropOldIndexes(handle, resources);
  const plan = await planSchema(handle, [...sharedTables, ...resources.map(({ spec }) => resourceTable(spec))]);
  checkConflicts(plan, resources);
  handle.exec(plan.tables);
  for (const { spec, table } of resources) {
    const before = known.get(table);
    const missing = before ? spec.columns.filter(({ name }) => before.columns[name] !== columnMeanings(spec)[name]) : [];
    if (missing.length > 0) await fillColumns(connection, spec, missing, readBytes);
    checkUnique(handle, spec.name, table, spec.uniques);
  }
  handle.exec(plan.indexes);
  const remember = handle.prepare("replace into specstar_spec (name, hash, columns) values (?, ?, ?)");
  for (const { spec, table, hash } of resources) remember.run(table, hash, JSON.stringify(columnMeanings(spec)));
  return readIdentity(handle) ?? makeIdentity(handle, context);
}

function makeIdentity(handle: Handle, context: Context): StoreIdentity {
  const identity = { epoch: context.uuid(), secret: new Uint8Array(context.randomBytes(32)) };
  handle
    .prepare("insert into specstar_state (id, format, epoch, secret) values (1, ?, ?, ?)")
    .run(formatVersion, identity.epoch, identity.secret);
  return identity;
}

/** Indexes that a spec no longer declares: a unique one would go on refusing. Those that somebody else made stay. */
function dropOldIndexes(handle: Handle, resources: readonly ResourceRows[]): void {
  const names = handle
    .prepare<[string], string>("select name from sqlite_master where type = 'index' and tbl_name = ? and sql is not null")
    .pluck();
  for (const { spec, table } of resources) {
    const wanted = new Set(resourceTable(spec).indexes.map((index) => indexName(table, index)));
    const ours = (name: string) => name.startsWith(`${table}__`) && /__(index|unique)$/.test(name);
    for (const name of names.all(table)) if (ours(name) && !wanted.has(name)) handle.exec(`drop index ${quoted(name)}`);
  }
}

function checkConflicts({ conflicts: [conflict] }: SchemaPlan, resources: readonly ResourceRows[]): void {
  if (!conflict) return;
  const { table, column, has, wants } = conflict;
  const spec = resources.find((each) => each.table === table)?.spec;
  const field = spec?.columns.find(({ name }) => name === column)?.path.join(".") ?? column;
  throw fail(
    "UNSUPPORTED",
    `Resource ${spec?.name ?? table}, field ${field}: it was indexed as ${has} and is now ${wants}, and this store does not change the type of a column. Give the new field another name, or take it out of \`index\` and \`unique\``,
    {
      resource: spec?.name ?? table,
      field,
    },
  );
}

function checkUnique(handle: Handle, resource: string, table: string, uniques: readonly Column[]): void {
  for (const { name, path } of uniques) {
    const column = quoted(name);
    const twice = handle
      .prepare<[], string>(
        `select min(_id) || ' and ' || max(_id) from ${quoted(table)} where _state = 0 and ${column} is not null group by ${column} having count(*) > 1 limit 1`,
      )
      .pluck()
      .get();
    if (twice === undefined) continue;
    const field = path.join(".");
    throw fail(
      "UNIQUE_VIOLATION",
      `Resource ${resource}: ${field} cannot be unique, because ${twice} have the same value. Change one of them with the former spec, or take ${field} out of \`unique\``,
      { resource, field },
    );
  }
}
