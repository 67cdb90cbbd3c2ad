import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { BeforeChanges, SchemaChange } from "../../storage/stored-schema.ts";
import { historyAfter } from "./known-history.ts";
import { isKnown, type KnownSpecs, keepSpecSql, knownSpecsOf, knownSpecsSql } from "./known-specs.ts";
import { formatVersion, type Layout, type Table } from "./layout.ts";
import { planChanges } from "./plan-changes.ts";
import type { Replaced, TableChange } from "./plan-schema.ts";
import type { ResourceRows, Row } from "./resource-rows.ts";
import { type Bind, type Sql, sql } from "./sql-text.ts";

/** What tells this store from others: made once, with its first table. */
export interface StoreIdentity {
  readonly epoch: string;
  readonly secret: Uint8Array;
}

/** An index that is there. */
export interface FoundIndex {
  readonly name: string;
  /** Those that it names; expressions are left out. */
  readonly columns: readonly string[];
  /** False for what is left of one whose making failed. */
  readonly valid: boolean;
}

/** A database, as far as its schema is concerned. */
export interface SchemaConnection {
  readonly layout: Layout;
  all(query: Sql): Promise<readonly Row[]>;
  /** A statement without parameters. */
  run(statement: string): Promise<void>;
  hasTable(table: string): Promise<boolean>;
  indexes(table: string): Promise<readonly FoundIndex[]>;
  columns(table: string): Promise<readonly string[]>;
  /** Tables and columns that are lacking. */
  tableChanges(tables: readonly Table[], replaced: Replaced): Promise<readonly TableChange[]>;
  /** Nobody else writes to these tables until the transaction ends. */
  lock(tables: readonly string[]): Promise<void>;
}

export interface SchemaDatabase extends SchemaConnection {
  /** All of it or nothing; one process at a time. */
  transaction<Answer>(work: (connection: SchemaConnection) => Promise<Answer>): Promise<Answer>;
}

/** A store whose tables are as its specs want them, but for what is still to be filled. */
export interface PreparedSchema {
  readonly identity: StoreIdentity;
  readonly known: KnownSpecs;
}

/**
 * Brings the tables to these specs, as far as that is quick: all in one transaction, so that a start that was cut short
 * begins anew. Where nothing has changed it only looks. What is left to fill is noted in the same transaction.
 */
export async function prepareSchema(
  database: SchemaDatabase,
  resources: readonly ResourceRows[],
  context: Context,
  beforeChanges: BeforeChanges,
): Promise<PreparedSchema> {
  checkNames(resources);
  return (
    (await lookUp(database, resources)) ??
    database.transaction(
      async (connection) => (await lookUp(connection, resources)) ?? change(connection, resources, context, beforeChanges),
    )
  );
}

/** What `prepareSchema` would change. */
export async function planSchemaChanges(
  connection: SchemaConnection,
  resources: readonly ResourceRows[],
): Promise<readonly SchemaChange[]> {
  checkNames(resources);
  const { changes } = await planChanges(connection, resources, (await readStore(connection))?.known ?? new Map());
  return changes;
}

function checkNames(resources: readonly ResourceRows[]): void {
  for (const { spec, table } of resources) {
    if (/^(specstar|sqlite|pg)_/.test(table))
      throw fail("BAD_REQUEST", `Resource ${spec.name}: its table ${table} would clash with the store's own. Choose another name`, {
        resource: spec.name,
      });
  }
}

/** The store, if its tables are as these specs want them. */
async function lookUp(connection: SchemaConnection, resources: readonly ResourceRows[]): Promise<PreparedSchema | undefined> {
  const store = await readStore(connection);
  return store && resources.every((rows) => isKnown(rows, store.known.get(rows.table))) ? store : undefined;
}

async function readStore(connection: SchemaConnection): Promise<PreparedSchema | undefined> {
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
  const identity = { epoch: String(epoch), secret: secret instanceof Uint8Array ? new Uint8Array(secret) : new Uint8Array() };
  return { identity, known: knownSpecsOf(await connection.all(knownSpecsSql(Number(format)))) };
}

async function change(
  connection: SchemaConnection,
  resources: readonly ResourceRows[],
  context: Context,
  beforeChanges: BeforeChanges,
): Promise<PreparedSchema> {
  const known: KnownSpecs = (await readStore(connection))?.known ?? new Map();
  const changed = resources.filter((rows) => !isKnown(rows, known.get(rows.table)));
  await connection.lock(changed.filter(({ table }) => known.has(table)).map(({ table }) => table));
  const { changes, fills } = await planChanges(connection, resources, known);
  if (changes.length > 0) beforeChanges(changes);
  for (const { background, statements } of changes) if (!background) for (const statement of statements) await connection.run(statement);
  crashPoint("after-columns-added");
  await connection.all(sql`update specstar_state set format = ${formatVersion}`);
  for (const rows of changed) {
    const before = known.get(rows.table);
    const fill = fills.get(rows.table) ?? (before?.hash === rows.hash ? before.fill : undefined);
    const history = await historyAfter(connection.all, rows, before, fill, context.now());
    await connection.all(keepSpecSql(rows, fill, history));
  }
  if ((await readStore(connection)) === undefined) await makeIdentity(connection, context);
  const store = await readStore(connection);
  if (!store) throw fail("INTERNAL", "The store has no identity");
  return store;
}

async function makeIdentity(connection: SchemaConnection, context: Context): Promise<void> {
  const values: readonly Bind[] = [formatVersion, context.uuid(), new Uint8Array(context.randomBytes(32))];
  await connection.all({ text: "insert into specstar_state (id, format, epoch, secret) values (1, ?, ?, ?)", values });
}
