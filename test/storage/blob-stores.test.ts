import { expect, onTestFinished, test } from "vitest";
import type { BlobStore } from "../../src/storage/blob-store.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { MemoryBlobStore } from "../../src/stores/memory/memory-blob-store.ts";
import { PostgresBlobStore } from "../../src/stores/postgres/postgres-blob-store.ts";
import { S3BlobStore } from "../../src/stores/s3/s3-blob-store.ts";
import { S3Bucket } from "../../src/stores/s3/s3-bucket.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { temporaryDirectory } from "./disk-fixtures.ts";
import { hashOf, streamOf } from "./fixtures.ts";
import { temporaryPlace } from "./postgres-fixtures.ts";
import { S3World } from "./s3-fixtures.ts";

const world = new S3World();

const stores: Readonly<Record<string, () => Promise<BlobStore>>> = {
  memory: async () => new MemoryBlobStore(),
  files: async () => new FsBlobStore(await temporaryDirectory()),
  s3: async () => new S3BlobStore(new S3Bucket(await world.newPlace())),
  postgres: async () => {
    const { url, schema } = await temporaryPlace();
    const timeouts = { connectMs: 5_000, statementMs: 30_000, lockMs: 5_000, idleInTransactionMs: 10_000 };
    return new PostgresBlobStore({ address: { url }, schema, pool: 2, timeouts });
  },
};

const listed = async (store: BlobStore, before: number): Promise<string[]> => (await Array.fromAsync(store.list(before))).toSorted();

const there = Object.entries(stores).filter(([name]) => name !== "postgres" || !withoutPostgres());

test.each(there)("%s list the hashes that were put before an instant", async (_, make) => {
  const store = await make();
  await store.open();
  onTestFinished(() => store.close());
  const begun = Date.now();
  // Servers tell the time of an object to the second.
  for (const text of ["one", "two", "gone"]) await store.put(streamOf(text));
  await store.delete([hashOf("gone")]);
  const hashes = ["one", "two"].map(hashOf).toSorted();
  expect(await listed(store, begun - 1_000)).toEqual([]);
  for (const instant of [Date.now() + 1_000, Number.POSITIVE_INFINITY]) expect(await listed(store, instant)).toEqual(hashes);
  await store.put(streamOf("one"));
  expect(await listed(store, Number.POSITIVE_INFINITY)).toEqual(hashes);
});

test("s3 lists no uploads that are under way", async () => {
  const place = await world.newPlace();
  const bucket = new S3Bucket(place);
  const store = new S3BlobStore(bucket);
  await store.open();
  onTestFinished(() => store.close());
  await bucket.put("blobs/tmp/0123", Buffer.from("half"));
  await store.put(streamOf("whole"));
  expect(await listed(store, Number.POSITIVE_INFINITY)).toEqual([hashOf("whole")]);
});
