import { holdersAtOnce } from "../../storage/blob-holders.ts";
import { nextBlobName } from "../../storage/blob-name.ts";
import type { BlobRows } from "../../storage/blob-rows.ts";
import type { Context } from "../../storage/context.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { blobOf, type Row } from "../sql/resource-rows.ts";
import type { PostgresConnection } from "./postgres-connection.ts";
import { converted } from "./postgres-errors.ts";
import { Pipeline } from "./postgres-pipeline.ts";

const releasedAtOnce = 500;

// A name in specstar_blob_dying is being deleted since an instant; at 0 it was given up for good.

const put = `insert into specstar_blob (id, hash, size, content_type, created_at, created_by)
  select $1::text, $2::text, $3::bigint, $4::text, $5::bigint, $6::text where not exists (select 1 from specstar_blob_dying where hash = $2)
  on conflict (id) do update set hash = excluded.hash, size = excluded.size, content_type = excluded.content_type,
    created_at = excluded.created_at, created_by = excluded.created_by
  returning id`;
const get = "select id, hash, size, content_type, created_at, created_by from specstar_blob where id = any($1::text[])";
const holders = `select distinct id from specstar_blob_use where blob = $1 and id > $2 order by id limit ${holdersAtOnce}`;

const unused = "not exists (select 1 from specstar_blob_use u where u.blob = b.id)";
// A unit that uses a blob holds its row until it is committed: then the second look, a statement of its own, sees the use.
const holdChosen = `select id from specstar_blob b where b.id = any($1::text[]) and ${unused} order by b.id for update`;
const holdOld = `select id from specstar_blob b where b.created_at < $1 and ${unused} order by b.created_at, b.id limit ${releasedAtOnce} for update skip locked`;
const remove = `delete from specstar_blob b where b.id = any($1::text[]) and ${unused} returning hash`;
const unheld = "select h.hash from unnest($1::text[]) h (hash) where not exists (select 1 from specstar_blob b where b.hash = h.hash)";
const takeOver = "update specstar_blob_dying set at = 0 where at < $1 and at > 0 returning hash";
const givenUp = "select hash from specstar_blob_dying where at = 0 and hash >= $1 and hash < $1 || '/'";
const mark = `insert into specstar_blob_dying (hash, at) select distinct h.hash, $2::bigint from unnest($1::text[]) h (hash)
  where h.hash not in (select hash from specstar_blob where hash = any($1::text[])) on conflict do nothing returning hash`;

/** Putting a row of a hash and marking it as dying exclude each other, in every process. */
const holdHashes = "select pg_advisory_xact_lock(hashtextextended(h.hash, 0)) from (select unnest($1::text[]) hash order by 1) h";

const firsts = (rows: readonly Row[]): string[] => rows.map(([first]) => String(first));

/** Blobs' rows in PostgreSQL. What belongs to a unit of work is in `postgres-records.ts`. */
export class PostgresBlobRows implements BlobRows {
  readonly #connection: () => PostgresConnection;
  readonly #context: Context;

  constructor(connection: () => PostgresConnection, context: Context) {
    this.#connection = connection;
    this.#context = context;
  }

  nameOf(hash: string): Promise<string> {
    return converted(async () => nextBlobName(hash, firsts(await this.#connection().read({ text: givenUp, values: [hash] }))));
  }

  put({ id, hash, size, contentType, createdAt, createdBy }: BlobRow): Promise<boolean> {
    return this.#transaction(async (pipeline) => {
      void pipeline.send({ text: holdHashes, values: [[hash]] });
      const rows = pipeline.send({ text: put, values: [id, hash, size, contentType, createdAt, createdBy] });
      await pipeline.commit();
      return (await rows).length === 1;
    });
  }

  get(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> {
    return converted(async () => {
      const rows = await this.#connection().read({ text: get, values: [ids] });
      const found = new Map(rows.map((row) => [String(row[0]), blobOf(row)]));
      return ids.map((id) => found.get(id));
    });
  }

  holders(blob: string, after: string): Promise<readonly string[]> {
    return converted(async () => firsts(await this.#connection().read({ text: holders, values: [blob, after] })));
  }

  release(which: { readonly ids: readonly string[] } | { readonly before: number }): Promise<readonly string[]> {
    return this.#transaction(async (pipeline) => {
      const left = "before" in which ? pipeline.send({ text: takeOver, values: [which.before] }) : [];
      const held = await pipeline.send(
        "ids" in which ? { text: holdChosen, values: [which.ids] } : { text: holdOld, values: [which.before] },
      );
      const hashes = firsts(await pipeline.send({ text: remove, values: [firsts(held)] }));
      void pipeline.send({ text: holdHashes, values: [hashes] });
      const marked = pipeline.send({ text: mark, values: [hashes, this.#context.now()] });
      await pipeline.commit();
      return [...firsts(await left), ...firsts(await marked)];
    });
  }

  async condemn(names: readonly string[]): Promise<readonly string[]> {
    const found = firsts(await converted(() => this.#connection().read({ text: unheld, values: [names] })));
    if (found.length === 0) return [];
    return this.#transaction(async (pipeline) => {
      void pipeline.send({ text: holdHashes, values: [found] });
      const marked = pipeline.send({ text: mark, values: [found, this.#context.now()] });
      const left = pipeline.send({ text: "select hash from specstar_blob_dying where at = 0 and hash = any($1::text[])", values: [found] });
      await pipeline.commit();
      return [...firsts(await marked), ...firsts(await left)];
    });
  }

  forget(names: readonly string[]): Promise<void> {
    return converted(async () => {
      await this.#connection().read({ text: "delete from specstar_blob_dying where hash = any($1::text[]) and at > 0", values: [names] });
    });
  }

  #transaction<Answer>(work: (pipeline: Pipeline) => Promise<Answer>): Promise<Answer> {
    const connection = this.#connection();
    return converted(() => connection.write((client) => work(new Pipeline(connection, client))));
  }
}
