import { hash } from "node:crypto";
import { SpecStarError } from "../../errors.ts";
import { type Column, type ColumnType, type ColumnValue, columnValue } from "../../spec/column.ts";
import { readData, type StoredData } from "../../spec/read-data.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import type { Conflicts, Fill } from "./known-specs.ts";
import type { Layout } from "./layout.ts";
import { encode, type ResourceRows, type Row, stateNumber } from "./resource-rows.ts";
import { allOf, anyOf, type Bind, joined, name, operands, type Sql, sql } from "./sql-text.ts";

/** Bytes of revisions that are not inline, in order. */
export type ReadBytes = (keys: readonly string[]) => Promise<readonly (Uint8Array | undefined)[]>;

/** Part of a transaction: a query, or statements that change rows. */
export type FillStep = { readonly read: Sql } | { readonly write: readonly Sql[] };
export type FillSteps<Answer> = Generator<FillStep, Answer, readonly Row[]>;

/** What a batch is run with. */
export interface FillConnection {
  readonly layout: Layout;
  /** Behind a query whose rows nobody else may change until the transaction ends. */
  readonly lock: Sql;
  all(query: Sql): Promise<readonly Row[]>;
  /** One transaction. The work may run more than once. */
  write<Answer>(work: () => FillSteps<Answer>): Promise<Answer>;
}

const batchSize = 500;
const keptConflicts = 20;

/** A resource as it was read, with what its columns have to hold. */
interface Filled {
  readonly id: string;
  readonly version: number;
  readonly live: boolean;
  readonly fits: boolean;
  readonly values: ReadonlyMap<Column, ColumnValue>;
}

/** How far the cursor was when it was read: its text, which nobody else may have changed since. */
export interface Cursor {
  readonly text: string;
  readonly fill: Fill;
}

/**
 * Fills the columns of the next resources from their current revisions, and moves the cursor, all in one transaction. Answers
 * where the cursor is then; undefined where another process has moved it in the meantime, and nothing was written.
 */
export async function fillBatch(
  connection: FillConnection,
  rows: ResourceRows,
  { text, fill }: Cursor,
  readBytes: ReadBytes,
): Promise<Fill | undefined> {
  const table = name(rows.table);
  const found = await connection.all(
    sql`select t._id, t._version, t._state, r.number, r.shape, r.schema_version, r.hash, r.inline, r.key from ${table} t
      join specstar_revision r on r.id = t._id and r.number = t._current where t._id > ${fill.after} and t._state < 2 order by t._id limit ${batchSize}`,
  );
  const columns = rows.spec.stored.filter((column) => fill.columns.includes(column.name));
  const bodies = await bodiesOf(found, readBytes);
  const batch = found.map((row, i) => filledOf(rows.spec, columns, row, bodies[i]));
  if (batch.length > 0) return connection.write(() => writeBatch(connection, rows, { text, fill }, batch));
  const next = endOfPass(fill);
  return (await connection.write(() => moveCursor(rows, text, next))) ? next : undefined;
}

/** False where somebody else has moved it in the meantime, and then nothing else is done either. */
export function* moveCursor(
  rows: ResourceRows,
  text: string,
  to: Fill | undefined,
  before: FillSteps<void> = nothing(),
): FillSteps<boolean> {
  if (!(yield* isMine(rows, text))) return false;
  yield* before;
  yield { write: [cursorSql(rows, to)] };
  return true;
}

function* nothing(): FillSteps<void> {}

function* isMine({ table, hash }: ResourceRows, text: string): FillSteps<boolean> {
  const [row] = yield { read: sql`select hash, fill from specstar_spec where name = ${table}` };
  return row?.[0] === hash && row[1] === text;
}

const cursorSql = ({ table }: ResourceRows, fill: Fill | undefined): Sql =>
  sql`update specstar_spec set fill = ${fill ? JSON.stringify(fill) : null} where name = ${table}`;

/** A value that was taken may be free when all the others have their new ones: so it goes on as long as that helps. */
function endOfPass(fill: Fill): Fill {
  const conflicts = countOf(fill.conflicts);
  const goOn = conflicts > 0 && (fill.conflictsBefore === undefined || conflicts < fill.conflictsBefore);
  return goOn ? anew(fill) : { ...fill, phase: "index" };
}

/** From the first resource on again, for what is left. */
export const anew = ({ unfitId: _, ...fill }: Fill): Fill => ({
  ...fill,
  phase: "fill",
  after: "",
  done: 0,
  unfit: 0,
  conflicts: [],
  conflictsBefore: countOf(fill.conflicts),
});

/** When all is filled and indexed: what cannot be ready now waits for the next start. */
export const ended = (fill: Fill): Fill | undefined =>
  fill.conflicts.length === 0 ? undefined : { ...fill, phase: "stopped", columns: fill.conflicts.map(({ column }) => column) };

const countOf = (conflicts: readonly Conflicts[]): number => conflicts.reduce((sum, { count }) => sum + count, 0);

function* writeBatch(
  connection: FillConnection,
  rows: ResourceRows,
  { text, fill }: Cursor,
  batch: readonly Filled[],
): FillSteps<Fill | undefined> {
  if (!(yield* isMine(rows, text))) return undefined;
  const untouched = yield* lockBatch(connection, rows, batch);
  const done = untouched.until === undefined ? batch : batch.slice(0, untouched.until);
  const mine = done.filter(({ id }) => untouched.ids.has(id));
  const taken = yield* takenValues(connection, rows, mine);
  yield { write: mine.flatMap((each) => updateSql(connection, rows, each, taken)) };
  const unfit = mine.filter(({ fits }) => !fits);
  const unfitId = fill.unfitId ?? unfit[0]?.id;
  const next: Fill = {
    ...fill,
    after: done.at(-1)?.id ?? fill.after,
    done: fill.done + done.length,
    unfit: fill.unfit + unfit.length,
    ...(unfitId === undefined ? {} : { unfitId }),
    conflicts: withConflicts(fill.conflicts, taken),
  };
  yield { write: [cursorSql(rows, next)] };
  crashPoint("before-fill-batch");
  return next;
}

interface Untouched {
  readonly ids: ReadonlySet<string>;
  /** The batch ends before this one, which has to be read again. */
  readonly until: number | undefined;
}

/**
 * Which resources are still as they were read. What has changed since was written under today's spec, with all its columns;
 * but a deletion leaves the columns as they were.
 */
function* lockBatch({ lock }: FillConnection, { table }: ResourceRows, batch: readonly Filled[]): FillSteps<Untouched> {
  const ids = operands(batch.map(({ id }) => id));
  const found = yield { read: sql`select _id, _version, _state from ${name(table)} where _id in (${ids}) order by _id${lock}` };
  const now = new Map(found.map(([id, version, state]) => [id, { version, state }]));
  const isSame = ({ id, version }: Filled): boolean => now.get(id)?.version === version;
  const deleted = batch.findIndex((each) => !isSame(each) && now.get(each.id)?.state === stateNumber.deleted);
  return { ids: new Set(batch.filter(isSame).map(({ id }) => id)), until: deleted < 0 ? undefined : deleted };
}

/** A unique value that somebody else holds. */
interface Taken {
  readonly column: string;
  readonly id: string;
  readonly holder: string;
}

function* takenValues({ layout }: FillConnection, { spec, table }: ResourceRows, batch: readonly Filled[]): FillSteps<readonly Taken[]> {
  const taken: Taken[] = [];
  for (const column of spec.uniques) {
    const claims = batch.flatMap(({ id, live, values }) => {
      const value = live ? encode(values.get(column) ?? null) : null;
      return value === null ? [] : [{ id, value }];
    });
    if (claims.length === 0) continue;
    const found = yield {
      read: sql`select ${name(column.name)}, _id from ${name(table)} where ${layout.holds(
        column,
        claims.map(({ value }) => value),
      )} and _state = 0`,
    };
    const holders = new Map(found.map(([value, id]) => [keyOf(value), String(id)]));
    for (const { id, value } of claims) {
      const holder = holders.get(keyOf(value));
      if (holder === undefined) holders.set(keyOf(value), id);
      else if (holder !== id) taken.push({ column: column.name, id, holder });
    }
  }
  return taken;
}

/** Drivers give booleans where `encode` has numbers. */
const keyOf = (value: unknown): string => String(typeof value === "boolean" ? Number(value) : value);

function withConflicts(before: readonly Conflicts[], taken: readonly Taken[]): readonly Conflicts[] {
  const columns = [...new Set([...before, ...taken].map(({ column }) => column))];
  return columns.map((column) => {
    const known = before.find((each) => each.column === column) ?? { count: 0, first: [] };
    const more = taken.filter((each) => each.column === column);
    const first = [...known.first, ...more.map(({ id, holder }) => ({ id, holder }))].slice(0, keptConflicts);
    return { column, count: known.count + more.length, first };
  });
}

function updateSql({ layout }: FillConnection, { table }: ResourceRows, { id, values }: Filled, taken: readonly Taken[]): readonly Sql[] {
  const binds: (readonly [Sql, Bind])[] = [];
  for (const [column, computed] of values) {
    const value = taken.some((each) => each.id === id && each.column === column.name) ? null : computed;
    binds.push([name(column.name), encode(value)]);
    for (const derived of layout.derived(column)) binds.push([name(derived.name), derived.of(value)]);
  }
  if (binds.length === 0) return [];
  const set = binds.map(([column, bind]) => sql`${column} = ${bind}`);
  const differs = binds.map(([column, bind]) => sql`${column} is distinct from ${bind}`);
  return [sql`update ${name(table)} set ${joined(set, ", ")} where ${allOf([sql`_id = ${id}`, anyOf(differs)])}`];
}

function filledOf(spec: ResourceSpec, columns: readonly Column[], row: Row, body: string | undefined): Filled {
  const [id, version, state, number, shape, schemaVersion] = row;
  const stored = { id: String(id), number: Number(number), shape: String(shape), schemaVersion: Number(schemaVersion) };
  const { data, fits } = body === undefined ? { data: undefined, fits: false } : dataOf(spec, { ...stored, body });
  const values = new Map(columns.map((column) => [column, typed(column, columnValue(column, data))]));
  return { id: stored.id, version: Number(version), live: state === stateNumber.live, fits, values };
}

/** What no longer fits is indexed as it stands. */
function dataOf(spec: ResourceSpec, stored: StoredData): { readonly data: unknown; readonly fits: boolean } {
  try {
    return { data: readData(spec, stored), fits: true };
  } catch (thrown) {
    if (!(thrown instanceof SpecStarError)) throw thrown;
    return { data: JSON.parse(stored.body), fits: false };
  }
}

const isText = (value: unknown): boolean => typeof value === "string";
const kinds: Record<ColumnType, (value: unknown) => boolean> = {
  string: isText,
  enum: isText,
  id: isText,
  date: isText,
  datetime: isText,
  int: Number.isSafeInteger,
  float: Number.isFinite,
  boolean: (value) => typeof value === "boolean",
};

/** Nothing in place of values that the column cannot hold. */
function typed({ type, array }: Column, value: ColumnValue): ColumnValue {
  return value === null || (array ? typeof value === "object" : kinds[type](value)) ? value : null;
}

/** Undefined where bytes are missing or damaged: whoever reads such a revision hears of it. */
async function bodiesOf(found: readonly Row[], readBytes: ReadBytes): Promise<readonly (string | undefined)[]> {
  const keys = found.flatMap(([, , , , , , , inline, key]) => (inline === null ? [String(key)] : []));
  const bytes = keys.length > 0 ? await readBytes(keys) : [];
  const byKey = new Map(keys.map((key, i) => [key, bytes[i]]));
  return found.map(([, , , , , , expected, inline, key]) => {
    const body = typeof inline === "string" ? inline : textOf(byKey.get(String(key)));
    return body !== undefined && expected === `sha256:${hash("sha256", body)}` ? body : undefined;
  });
}

const textOf = (bytes: Uint8Array | undefined): string | undefined =>
  bytes && Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8");
