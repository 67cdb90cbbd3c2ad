import { pastStates } from "../../storage/archives.ts";
import type { Change, MetaRow, PlacedRevision } from "../../storage/rows.ts";
import type { KnownHistory } from "../sql/known-history.ts";
import { type ResourceRows, type Row, stateNumber, systemWidth } from "../sql/resource-rows.ts";
import { type Bind, quoted } from "../sql/sql-text.ts";
import { PastWriter } from "./past-writer.ts";
import type { Read, SqliteConnection, Write } from "./sqlite-connection.ts";

const keptUpdates = 64;

/** What a resource's row was before a change. */
export interface Before {
  readonly version: number;
  readonly state: number;
}

/** Prepared statements that change one resource's table. */
export class ResourceWriter {
  readonly rows: ResourceRows;
  readonly past: PastWriter;
  readonly #connection: SqliteConnection;
  readonly #insert: Write;
  readonly #remove: Write;
  readonly #current: Read;
  readonly #hash: Read;
  readonly #holders: readonly { readonly column: string; readonly at: number; readonly read: Read }[];
  readonly #updates = new Map<string, Write>();

  constructor(connection: SqliteConnection, rows: ResourceRows, history: KnownHistory | undefined) {
    const table = quoted(rows.table);
    const columns = rows.columns.map(quoted).join(", ");
    this.rows = rows;
    this.past = new PastWriter(connection, rows, history);
    this.#connection = connection;
    this.#insert = connection.prepareWrite(`insert into ${table} (${columns}) values (${rows.columns.map(() => "?").join(", ")})`);
    this.#remove = connection.prepareWrite(`delete from ${table} where _id = ? and _version = ?`);
    this.#current = connection.prepareRead(`select ${columns} from ${table} where _id = ?`);
    this.#hash = connection.prepareRead("select hash from specstar_spec where name = ?");
    this.#holders = rows.spec.uniques.map(({ name: column }) => ({
      column,
      at: rows.columns.indexOf(column),
      read: connection.prepareRead(`select _id from ${table} where ${quoted(column)} = ? and _state = 0 and _id <> ?`),
    }));
  }

  /** False once another process has opened the store with another definition of this resource: it keeps other columns. */
  ownsTable(): boolean {
    return this.#hash.get(this.rows.table)?.[0] === this.rows.hash;
  }

  row(id: string): Row | undefined {
    return this.#current.get(id);
  }

  insert(meta: MetaRow): undefined {
    this.#insert.run(...this.rows.binds(meta));
  }

  /**
   * The compare-and-set: sets what differs from `old`, and only that, because every column that is set rewrites its indexes.
   * False where the version has moved on, else `old` is past.
   */
  update(old: Row, meta: MetaRow, expected: number): boolean {
    // Somebody else may have made the very row of this change, and nothing would be left to set.
    if (beforeOf(old).version !== expected) return false;
    const next = this.rows.binds(meta);
    const changed: number[] = [];
    // A deletion leaves the data's columns as they are: while they are being filled, its own may be older.
    const end = meta.state === "deleted" ? systemWidth : next.length;
    for (let i = 1; i < end; i++) if (next[i] !== old[i]) changed.push(i);
    const values: Bind[] = changed.map((i) => next[i] ?? null);
    values.push(meta.id, expected);
    if (this.#update(changed).run(...values).changes !== 1) return false;
    if (meta.state !== "purged") this.past.keep(old, meta);
    return true;
  }

  /** The row of an import in place of the one that was there, which nobody else holds in this transaction. */
  replace(meta: MetaRow, expected: number): boolean {
    if (this.#remove.run(meta.id, expected).changes !== 1) return false;
    this.insert(meta);
    return true;
  }

  /** The past of an import in place of what was kept. */
  importPast(change: Change<PlacedRevision>): void {
    if (change.expected > 0) this.past.purge(change.meta.id);
    if (!this.past.on) return;
    for (const { meta, to } of pastStates(change)) this.past.add(this.rows.binds(meta), to);
  }

  #update(changed: readonly number[]): Write {
    const key = changed.join();
    const known = this.#updates.get(key);
    if (known) return known;
    if (this.#updates.size >= keptUpdates) this.#updates.clear();
    const set = changed.map((i) => `${quoted(this.rows.columns[i] ?? "")} = ?`).join(", ");
    const update = this.#connection.prepareWrite(`update ${quoted(this.rows.table)} set ${set} where _id = ? and _version = ?`);
    this.#updates.set(key, update);
    return update;
  }

  /** Those of these ids that a live resource refers to. */
  referred(column: string, ids: readonly string[]): readonly string[] {
    const list = this.rows.spec.stored.find(({ name }) => name === column)?.array;
    const [table, ref] = [quoted(this.rows.table), quoted(column)];
    // No index knows the items of a list: one look at all of them, whatever their number.
    const text = list
      ? `select distinct e.value from ${table} t cross join json_each(t.${ref}) e where t._state = 0 and e.value in (select value from json_each(?))`
      : `select k.value from json_each(?) k where exists (select 1 from ${table} t where t.${ref} = k.value and t._state = 0)`;
    return this.#connection.all({ text, values: [JSON.stringify(ids)] }).map(([id]) => String(id));
  }

  /** The first unique column whose value another live resource holds. */
  holder(meta: MetaRow): { readonly column: string; readonly holder: string } | undefined {
    const binds = this.rows.binds(meta);
    for (const { column, at, read } of this.#holders) {
      const value = binds[at] ?? null;
      const holder = value === null ? undefined : read.get(value, meta.id)?.[0];
      if (typeof holder === "string") return { column, holder };
    }
    return undefined;
  }
}

/** Version and state, where `ResourceRows.columns` has them. */
export const beforeOf = (row: Row): Before => ({ version: Number(row[1]), state: Number(row[11]) });
export const isPurged = (before: Before): boolean => before.state === stateNumber.purged;
