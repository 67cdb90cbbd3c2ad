import { createHash } from "node:crypto";
import { fail } from "../../errors.ts";
import { refuseLinks } from "../../storage/blob-links.ts";
import { hashIn } from "../../storage/blob-name.ts";
import type { BlobStore, ByteRange, NameOf } from "../../storage/blob-store.ts";
import { type Context, systemContext } from "../../storage/context.ts";
import { crashPoint } from "../../storage/crash-points.ts";
import { PostgresConnection, type PostgresSettings } from "./postgres-connection.ts";
import { converted } from "./postgres-errors.ts";
import { checkServer, makeUnlessThere } from "./postgres-schema.ts";

/** Bytes of a part: what is in memory at a time. */
const partBytes = 1024 * 1024;
const uploadMs = 24 * 60 * 60 * 1000;

// Parts belong to an upload, because the hash is known only at its end; uploads are named by time, oldest first.
const tables = `
  create table if not exists specstar_blob_part (upload text collate "C" not null, part bigint not null, bytes bytea not null, primary key (upload, part));
  create table if not exists specstar_blob_bytes (hash text collate "C" not null primary key, upload text collate "C" not null unique);`;
const deleteUnfinished =
  "delete from specstar_blob_part p where p.upload < $1 and not exists (select 1 from specstar_blob_bytes b where b.upload = p.upload)";
const deleteHashes = `with gone as (delete from specstar_blob_bytes where hash = any($1::text[]) returning upload)
  delete from specstar_blob_part where upload in (select upload from gone)`;
const listedAtOnce = 1000;
const listHashes = `select hash from specstar_blob_bytes where upload < $1 and hash > $2 order by hash limit ${listedAtOnce}`;
/** Another blob of the same bytes stays, and the parts of this one go. */
const finish = `with kept as (insert into specstar_blob_bytes (hash, upload) values ($1, $2) on conflict do nothing returning upload)
  delete from specstar_blob_part where upload = $2 and not exists (select 1 from kept)`;

/** Blobs in the database itself, in parts: for those who want one thing to keep and back up. */
export class PostgresBlobStore implements BlobStore {
  readonly presigns = false;
  readonly presign = refuseLinks;
  readonly #settings: PostgresSettings;
  readonly #context: Context;
  #opened: PostgresConnection | undefined;

  constructor(settings: PostgresSettings, context: Context = systemContext) {
    this.#settings = { ...settings, pool: Math.min(settings.pool, 4) };
    this.#context = context;
  }

  async open(): Promise<void> {
    const connection = new PostgresConnection(this.#settings);
    try {
      await converted(async () => {
        await checkServer(connection);
        const [there] = await connection.read({ text: "select 1 where to_regclass('specstar_blob_bytes') is not null", values: [] });
        if (!there) await makeUnlessThere(connection, tables);
        await connection.read({ text: deleteUnfinished, values: [uploadBefore(this.#context.now() - uploadMs)] });
      });
      this.#opened = connection;
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  }

  async put(
    bytes: AsyncIterable<Uint8Array>,
    nameOf: NameOf = async (hash) => hash,
  ): Promise<{ readonly hash: string; readonly size: number }> {
    const connection = this.#connection;
    const upload = this.#context.uuid();
    const digest = createHash("sha256");
    let size = 0;
    let part = 0;
    try {
      for await (const chunk of partsOf(bytes)) {
        digest.update(chunk);
        size += chunk.byteLength;
        await converted(() =>
          connection.read({
            text: "insert into specstar_blob_part (upload, part, bytes) values ($1, $2, $3)",
            values: [upload, part, chunk],
          }),
        );
        part += 1;
      }
      crashPoint("blob-bytes-written");
      const hash = await nameOf(`sha256:${digest.digest("hex")}`);
      await converted(() => connection.read({ text: finish, values: [hash, upload] }));
      return { hash, size };
    } catch (thrown) {
      await connection.read({ text: "delete from specstar_blob_part where upload = $1", values: [upload] }).catch(() => {});
      throw thrown;
    }
  }

  async *get(hash: string, range?: ByteRange): AsyncGenerator<Uint8Array> {
    const upload = await this.#uploadOf(hash);
    if (upload === undefined) throw fail("NOT_FOUND", "There are no bytes for this blob");
    if (range) return yield* this.#range(upload, range);
    const digest = createHash("sha256");
    for await (const bytes of this.#parts(upload, 0)) {
      digest.update(bytes);
      yield bytes;
    }
    if (`sha256:${digest.digest("hex")}` !== hashIn(hash))
      throw fail("DATA_CORRUPTION", "The bytes of a blob do not match its hash. Restore it from a backup");
  }

  /** Every part but the last has the same size, so that the first of a range is known. */
  async *#range(upload: string, { start, end }: ByteRange): AsyncGenerator<Uint8Array> {
    const first = Math.floor(start / partBytes);
    let at = first * partBytes;
    for await (const bytes of this.#parts(upload, first)) {
      yield bytes.subarray(Math.max(start - at, 0), end + 1 - at);
      at += bytes.byteLength;
      if (at > end) return;
    }
  }

  async *#parts(upload: string, first: number): AsyncGenerator<Uint8Array> {
    const text = "select bytes from specstar_blob_part where upload = $1 and part = $2";
    for (let part = first; ; part++) {
      const [row] = await converted(() => this.#connection.read({ text, values: [upload, part] }));
      const bytes = row?.[0];
      if (!(bytes instanceof Uint8Array)) return;
      yield bytes;
    }
  }

  async has(hash: string): Promise<boolean> {
    return (await this.#uploadOf(hash)) !== undefined;
  }

  async delete(hashes: readonly string[]): Promise<void> {
    await converted(() => this.#connection.read({ text: deleteHashes, values: [hashes] }));
  }

  /** By the begin of its upload, which is all that is kept. */
  async *list(before: number): AsyncIterable<string> {
    for (let after = ""; ; ) {
      const rows = await converted(() => this.#connection.read({ text: listHashes, values: [uploadBefore(before), after] }));
      for (const [hash] of rows) yield String(hash);
      if (rows.length < listedAtOnce) return;
      after = String(rows.at(-1)?.[0]);
    }
  }

  async close(): Promise<void> {
    const opened = this.#opened;
    this.#opened = undefined;
    await opened?.close();
  }

  async #uploadOf(hash: string): Promise<string | undefined> {
    const text = "select upload from specstar_blob_bytes where hash = $1";
    const [row] = await converted(() => this.#connection.read({ text, values: [hash] }));
    return row && String(row[0]);
  }

  get #connection(): PostgresConnection {
    if (!this.#opened) throw fail("UNAVAILABLE", "The store is not open");
    return this.#opened;
  }
}

/** Chunks of whatever size, as parts of one. */
async function* partsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + partBytes - size);
      waiting.push(piece);
      size += piece.byteLength;
      at += piece.byteLength;
      if (size < partBytes) continue;
      yield Buffer.concat(waiting);
      waiting = [];
      size = 0;
    }
  }
  if (size > 0) yield Buffer.concat(waiting);
}

/** UUIDv7s begin with their time: those from before an instant are below this. */
const uploadBefore = (instant: number): string => {
  const hex = Math.min(Math.floor(instant), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8)}`;
};
