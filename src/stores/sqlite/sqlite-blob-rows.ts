import { holdersAtOnce } from "../../storage/blob-holders.ts";
import { nextBlobName } from "../../storage/blob-name.ts";
import type { BlobRows } from "../../storage/blob-rows.ts";
import type { Context } from "../../storage/context.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { blobOf, type Row } from "../sql/resource-rows.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";

const releasedAtOnce = 500;

// A name in specstar_blob_dying is being deleted since an instant; at 0 it was given up for good.

const unused = "not exists (select 1 from specstar_blob_use u where u.blob = b.id)";

const statementsOf = (connection: SqliteConnection) => ({
  put: connection.prepareWrite(
    `replace into specstar_blob (id, hash, size, content_type, created_at, created_by)
    select ?, ?, ?, ?, ?, ? where not exists (select 1 from specstar_blob_dying where hash = ?)`,
  ),
  get: connection.prepareRead(
    "select id, hash, size, content_type, created_at, created_by from specstar_blob where id in (select value from json_each(?))",
  ),
  holders: connection.prepareRead(`select distinct id from specstar_blob_use where blob = ? and id > ? order by id limit ${holdersAtOnce}`),
  missing: connection.prepareRead("select value from json_each(?) where value not in (select id from specstar_blob) limit 1"),
  use: connection.prepareWrite("insert into specstar_blob_use (blob, id, number) select value, ?, ? from json_each(?)"),
  unuse: connection.prepareWrite("delete from specstar_blob_use where id = ? and number = ?"),
  usedBy: connection.prepareRead("select distinct blob from specstar_blob_use where id = ?"),
  purge: connection.prepareWrite("delete from specstar_blob_use where id = ?"),
  chosen: connection.prepareRead(`select b.id, b.hash from specstar_blob b where b.id in (select value from json_each(?)) and ${unused}`),
  old: connection.prepareRead(
    `select b.id, b.hash from specstar_blob b where b.created_at < ? and ${unused} order by b.created_at limit ${releasedAtOnce}`,
  ),
  delete: connection.prepareWrite("delete from specstar_blob where id in (select value from json_each(?))"),
  unheld: connection.prepareRead("select value from json_each(?) where value not in (select hash from specstar_blob)"),
  mark: connection.prepareRead(
    `insert into specstar_blob_dying (hash, at) select distinct value, ? from json_each(?)
    where value not in (select hash from specstar_blob) on conflict do nothing returning hash`,
  ),
  takeOver: connection.prepareRead("update specstar_blob_dying set at = 0 where at < ? and at > 0 returning hash"),
  givenUp: connection.prepareRead("select hash from specstar_blob_dying where at = 0 and hash in (select value from json_each(?))"),
  givenUpOf: connection.prepareRead("select hash from specstar_blob_dying where at = 0 and hash >= ? and hash < ? || '/'"),
  forget: connection.prepareWrite("delete from specstar_blob_dying where hash in (select value from json_each(?)) and at > 0"),
});

const firsts = (rows: readonly Row[]): string[] => rows.map(([first]) => String(first));

/** Blobs' rows in SQLite. What belongs to a unit of work runs in the transaction of its caller. */
export class SqliteBlobRows implements BlobRows {
  readonly #connection: SqliteConnection;
  readonly #context: Context;
  readonly #statements: ReturnType<typeof statementsOf>;

  constructor(connection: SqliteConnection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#statements = statementsOf(connection);
  }

  nameOf(hash: string): Promise<string> {
    return this.#connection.read(() => nextBlobName(hash, firsts(this.#statements.givenUpOf.all(hash, hash))));
  }

  put({ id, hash, size, contentType, createdAt, createdBy }: BlobRow): Promise<boolean> {
    return this.#connection.write(() => this.#statements.put.run(id, hash, size, contentType, createdAt, createdBy, hash).changes === 1);
  }

  get(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return this.#connection.read(() => {
      const found = new Map(this.#statements.get.all(JSON.stringify(ids)).map((row) => [String(row[0]), blobOf(row)]));
      return ids.map((id) => found.get(id));
    });
  }

  holders(blob: string, after: string): Promise<readonly string[]> {
    return this.#connection.read(() => firsts(this.#statements.holders.all(blob, after)));
  }

  release(which: { readonly ids: readonly string[] } | { readonly before: number }): Promise<readonly string[]> {
    return this.#connection.write(() => this.#connection.transaction(() => this.#release(which)));
  }

  #release(which: { readonly ids: readonly string[] } | { readonly before: number }): readonly string[] {
    const { chosen, old, takeOver, delete: remove, mark } = this.#statements;
    const left = "before" in which ? firsts(takeOver.all(which.before)) : [];
    const rows = "ids" in which ? chosen.all(JSON.stringify(which.ids)) : old.all(which.before);
    if (rows.length === 0) return left;
    remove.run(JSON.stringify(firsts(rows)));
    const hashes = rows.map(([, hash]) => hash);
    return [...left, ...firsts(mark.all(this.#context.now(), JSON.stringify(hashes)))];
  }

  condemn(names: readonly string[]): Promise<readonly string[]> {
    const { unheld, mark, givenUp } = this.#statements;
    return this.#connection.write(() => {
      const found = JSON.stringify(firsts(unheld.all(JSON.stringify(names))));
      return [...firsts(mark.all(this.#context.now(), found)), ...firsts(givenUp.all(found))];
    });
  }

  async forget(names: readonly string[]): Promise<void> {
    await this.#connection.write(() => this.#statements.forget.run(JSON.stringify(names)));
  }

  /** The first of these ids that has no row. */
  missing(ids: readonly string[]): string | undefined {
    return ids.length === 0 ? undefined : firsts(this.#statements.missing.all(JSON.stringify(ids)))[0];
  }

  use(id: string, number: number, blobs: readonly string[]): void {
    if (blobs.length > 0) this.#statements.use.run(id, number, JSON.stringify(blobs));
  }

  /** Before a revision is replaced. */
  unuse(id: string, number: number): void {
    this.#statements.unuse.run(id, number);
  }

  /** Lets go of all that a resource used, and answers it. */
  purge(id: string): readonly string[] {
    const released = firsts(this.#statements.usedBy.all(id));
    this.#statements.purge.run(id);
    return released;
  }
}
