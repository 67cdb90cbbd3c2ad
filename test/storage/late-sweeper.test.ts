import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { type Context, systemContext } from "../../src/storage/context.ts";
import type { MetaStore } from "../../src/storage/meta-store.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { MemoryRevisionStore } from "../../src/stores/memory/memory-revision-store.ts";
import { PostgresBlobStore } from "../../src/stores/postgres/postgres-blob-store.ts";
import { PostgresMetaStore } from "../../src/stores/postgres/postgres-meta-store.ts";
import { S3BlobStore } from "../../src/stores/s3/s3-blob-store.ts";
import { S3Bucket } from "../../src/stores/s3/s3-bucket.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { temporaryDirectory } from "./disk-fixtures.ts";
import { hashOf, specs, streamOf } from "./fixtures.ts";
import { temporaryPlace } from "./postgres-fixtures.ts";
import { S3World } from "./s3-fixtures.ts";

const world = new S3World();

/** Over the same data each time, as another process would have them. */
interface Parts {
  readonly meta: (context: Context) => MetaStore;
  readonly blobs: () => BlobStore;
}

const backends: Readonly<Record<string, () => Promise<Parts>>> = {
  files: async () => {
    const dir = await temporaryDirectory();
    return {
      meta: (context) => new SqliteMetaStore(join(dir, "meta.db"), { context }),
      blobs: () => new FsBlobStore(join(dir, "blobs")),
    };
  },
  s3: async () => {
    const [dir, place] = [await temporaryDirectory(), await world.newPlace()];
    return {
      meta: (context) => new SqliteMetaStore(join(dir, "meta.db"), { context }),
      blobs: () => new S3BlobStore(new S3Bucket(place)),
    };
  },
  postgres: async () => {
    const { url, schema } = await temporaryPlace();
    const timeouts = { connectMs: 5_000, statementMs: 30_000, lockMs: 5_000, idleInTransactionMs: 10_000 };
    const settings = { address: { url }, schema, pool: 2, timeouts };
    return { meta: (context) => new PostgresMetaStore({ settings, context }), blobs: () => new PostgresBlobStore(settings) };
  },
};
const there = Object.entries(backends).filter(([name]) => name !== "postgres" || !withoutPostgres());

const text = "the same bytes";
const put = (storage: IStorage, id: string) =>
  storage.putBlob(streamOf(text), { id, contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" });

test.each(there)("on %s, a sweeper that stood still for days takes no bytes that came again since", async (_, start) => {
  const { meta, blobs } = await start();
  /** A process whose clock is so many hours ahead. */
  const after = async (hours: number, store = blobs()): Promise<IStorage> => {
    const context = { ...systemContext, now: () => Date.now() + hours * 60 * 60 * 1000 };
    const storage = composeStorage({ meta: meta(context), revisions: new MemoryRevisionStore(context), blobs: store, context });
    await storage.open(specs, () => {});
    onTestFinished(() => storage.close());
    return storage;
  };
  const first = await after(0);
  await put(first, "blob_1");
  const [begun, goesOn, late] = [Promise.withResolvers<void>(), Promise.withResolvers<void>(), blobs()];
  const remove = late.delete.bind(late);
  late.delete = async (names) => {
    begun.resolve();
    await goesOn.promise;
    await remove(names);
  };
  const still = await after(25, late);
  await begun.promise;

  const other = await after(50);
  const looking = blobs();
  await looking.open();
  onTestFinished(() => looking.close());
  await vi.waitFor(async () => expect(await looking.has(hashOf(text))).toBe(false), 5_000);
  const row = await put(other, "blob_2");
  goesOn.resolve();
  await still.close();
  expect(Buffer.concat(await Array.fromAsync(other.readBlob(row))).toString()).toBe(text);
  expect(await put(other, "blob_3")).toMatchObject({ hash: row.hash });
});
