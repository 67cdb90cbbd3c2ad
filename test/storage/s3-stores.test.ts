import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemContext } from "../../src/storage/context.ts";
import { S3BlobStore } from "../../src/stores/s3/s3-blob-store.ts";
import { S3Bucket } from "../../src/stores/s3/s3-bucket.ts";
import type { S3Options } from "../../src/stores/s3/s3-options.ts";
import { S3RevisionStore } from "../../src/stores/s3/s3-revision-store.ts";
import { onEachS3 } from "../support/s3-server.ts";
import { bytesOf, expectCode } from "./case.ts";
import { hashOf, streamOf } from "./fixtures.ts";

async function openRevisions(options: S3Options): Promise<S3RevisionStore> {
  const store = new S3RevisionStore(new S3Bucket(options));
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

async function openBlobs(options: S3Options): Promise<S3BlobStore> {
  const store = new S3BlobStore(new S3Bucket(options));
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

async function keysIn(options: S3Options, folder = ""): Promise<string[]> {
  const bucket = new S3Bucket(options);
  const keys: string[] = [];
  for await (const { key } of bucket.list(folder)) keys.push(key);
  bucket.client.destroy();
  return keys;
}

async function collect(keys: AsyncIterable<string>): Promise<string[]> {
  const all: string[] = [];
  for await (const key of keys) all.push(key);
  return all;
}

const uuid = systemContext.uuid;
const mebibyte = 1024 * 1024;

/** Bytes that differ everywhere, so that parts in the wrong order are seen. */
function* pattern(mebibytes: number): Generator<Buffer> {
  for (let i = 0; i < mebibytes; i++) yield Buffer.alloc(mebibyte, createHash("sha256").update(String(i)).digest());
}

onEachS3((newPrefix) => {
  describe("the revision store", () => {
    test("keeps bytes by key, and answers a batch in order", async () => {
      const options = newPrefix();
      const store = await openRevisions(options);
      const keys = Array.from({ length: 40 }, uuid);
      await Promise.all(keys.map((key, i) => store.put(key, Buffer.from(`bytes of ${i}`))));
      for (const each of [store, await openRevisions(options), await openRevisions({ ...options, cacheBytes: 0 })]) {
        const answers = await each.get([...keys.toReversed(), uuid()]);
        expect(answers.map((bytes) => bytes && String(Buffer.from(bytes)))).toEqual([
          ...keys.keys().map((i) => `bytes of ${39 - i}`),
          undefined,
        ]);
      }
      expect(await store.get([])).toEqual([]);
    });

    test("refuses a key that exists and keeps its bytes", async () => {
      const options = newPrefix({ cacheBytes: 0 });
      const store = await openRevisions(options);
      const key = uuid();
      await store.put(key, Buffer.from("first"));
      for (const bytes of ["second", "first"]) await expectCode("CONFLICT", store.put(key, Buffer.from(bytes)));
      expect(String(Buffer.from((await store.get([key]))[0] ?? []))).toBe("first");
    });

    test("lets one of many puts of a key win", async () => {
      const store = await openRevisions(newPrefix({ cacheBytes: 0 }));
      const key = uuid();
      const puts = await Promise.allSettled(Array.from({ length: 10 }, (_, i) => store.put(key, Buffer.from(`${i}`))));
      const won = puts.flatMap(({ status }, i) => (status === "fulfilled" ? [i] : []));
      expect(won).toHaveLength(1);
      expect(String(Buffer.from((await store.get([key]))[0] ?? []))).toBe(String(won[0]));
    });

    test("lists and deletes keys, more than one page of them", async () => {
      const options = newPrefix();
      const store = await openRevisions(options);
      const keys = Array.from({ length: 1_100 }, uuid);
      await Promise.all(keys.map((key) => store.put(key, new Uint8Array())));
      const later = Date.now() + 60_000;
      expect((await collect(store.list(later))).toSorted()).toEqual(keys.toSorted());
      expect(await collect(store.list(Date.now() - 60_000))).toEqual([]);
      const [kept = "", ...deleted] = keys;
      await store.delete([...deleted, uuid()]);
      await store.delete([]);
      expect(await collect(store.list(later))).toEqual([kept]);
      expect(await store.get(deleted.slice(0, 1))).toEqual([undefined]);
    });

    test("takes only keys that a server makes", async () => {
      const store = await openRevisions(newPrefix());
      for (const key of ["", "../../etc", `${uuid()}/x`, "ff"]) await expectCode("BAD_REQUEST", store.put(key, new Uint8Array()));
    });
  });

  describe("the blob store", () => {
    test.each([0, 1, 5, 6, 30])("keeps a blob of %i MiB under its hash, and nothing else", async (mebibytes) => {
      const options = newPrefix();
      const store = await openBlobs(options);
      const whole = Buffer.concat([...pattern(mebibytes)]);
      const put = await store.put(streamOf(...pattern(mebibytes)));
      expect(put).toEqual({ hash: hashOf(whole), size: whole.byteLength });
      expect((await bytesOf(store.get(put.hash))).equals(whole)).toBe(true);
      expect(await Promise.all([put.hash, hashOf("never put")].map((hash) => store.has(hash)))).toEqual([true, false]);
      expect(await store.put(streamOf(whole))).toEqual(put);
      expect(await keysIn(options, "blobs/")).toEqual([`blobs/${put.hash.slice(7)}`]);
      await store.delete([put.hash, hashOf("never put")]);
      await expectCode("NOT_FOUND", bytesOf(store.get(put.hash)));
    });

    test("reads ranges", async () => {
      const store = await openBlobs(newPrefix());
      const { hash } = await store.put(streamOf("0123456789"));
      const range = async (start: number, end: number) => String(await bytesOf(store.get(hash, { start, end })));
      expect(await Promise.all([range(0, 0), range(2, 4), range(8, 100), range(0, 9)])).toEqual(["0", "234", "89", "0123456789"]);
      await expectCode("RANGE_NOT_SATISFIABLE", range(10, 11));
      await expectCode("NOT_FOUND", bytesOf(store.get(hashOf("other"), { start: 0, end: 1 })));
    });

    test.each([1, 30])("leaves nothing of a stream that breaks after %i MiB", async (mebibytes) => {
      const options = newPrefix();
      const store = await openBlobs(options);
      let closed = false;
      async function* breaking(): AsyncGenerator<Uint8Array> {
        try {
          yield* pattern(mebibytes);
          throw new RangeError("the client went away");
        } finally {
          closed = true;
        }
      }
      await expect(store.put(breaking())).rejects.toThrow(RangeError);
      expect(closed).toBe(true);
      expect(await keysIn(options, "blobs/")).toEqual([]);
    });

    test("notices bytes that do not match their hash, and heals them when they are put again", async () => {
      const options = newPrefix();
      const store = await openBlobs(options);
      const { hash } = await store.put(streamOf("healthy"));
      const bucket = new S3Bucket(options);
      await bucket.put(`blobs/${hash.slice(7)}`, Buffer.from("damaged"));
      bucket.client.destroy();
      await expectCode("DATA_CORRUPTION", bytesOf(store.get(hash)));
      await store.put(streamOf("healthy"));
      expect(String(await bytesOf(store.get(hash)))).toBe("healthy");
    });
  });

  describe("a bucket", () => {
    const opening = async (options: S3Options) => {
      const bucket = new S3Bucket(options);
      await bucket.open();
      await bucket.close();
    };

    test("that is missing is UNAVAILABLE and named", async () => {
      await expect(opening(newPrefix({ bucket: "missing-bucket" }))).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringMatching(/missing-bucket.*does not exist/),
      });
    });

    test.each([
      { accessKeyId: "test", secretAccessKey: "wrong" },
      { accessKeyId: "nobody", secretAccessKey: "testsecret" },
    ])("is UNAVAILABLE with wrong credentials, and says what to check", async (credentials) => {
      await expect(opening(newPrefix({ credentials }))).rejects.toMatchObject({
        code: "UNAVAILABLE",
        message: expect.stringContaining("Check the access key"),
      });
    });

    test("is known to write conditionally", async () => {
      const bucket = new S3Bucket(newPrefix());
      await bucket.open();
      await bucket.open();
      expect(bucket.createsAtomically).toBe(true);
      await bucket.close();
      await bucket.close();
    });
  });
});
