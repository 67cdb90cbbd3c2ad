import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { fail } from "../../src/errors.ts";
import { systemContext } from "../../src/storage/context.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import { S3BlobStore } from "../../src/stores/s3/s3-blob-store.ts";
import { S3Bucket } from "../../src/stores/s3/s3-bucket.ts";
import type { S3Options } from "../../src/stores/s3/s3-options.ts";
import { S3RevisionStore } from "../../src/stores/s3/s3-revision-store.ts";
import type { Fault } from "../support/s3-double.ts";
import type { DoubleRequest } from "../support/s3-double-routes.ts";
import { bytesOf, expectCode } from "./case.ts";
import { hashOf, streamOf } from "./fixtures.ts";
import { S3World } from "./s3-fixtures.ts";

const world = new S3World();
afterEach(() => setCrashHandler(undefined));

const uuid = systemContext.uuid;
const large = Buffer.alloc(20 * 1024 * 1024, "large");

async function revisions(options: S3Options = world.newPrefix({ cacheBytes: 0 })): Promise<S3RevisionStore> {
  const store = new S3RevisionStore(new S3Bucket(options));
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

async function blobs(options: S3Options = world.newPrefix()): Promise<S3BlobStore> {
  const store = new S3BlobStore(new S3Bucket(options));
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

const isPut = ({ method }: DoubleRequest) => method === "PUT";
const isGet = ({ method }: DoubleRequest) => method === "GET";
/** Everything below a prefix of the double's bucket, uploads under way included. */
const left = ({ bucket, prefix = "" }: S3Options): string[] => {
  const { objects, uploads } = world.double().bucket(bucket);
  return [...objects.keys(), ...[...uploads.values()].map(({ key }) => key)].flatMap((key) =>
    key.startsWith(prefix) && !key.endsWith("/probe") ? [key.slice(prefix.length)] : [],
  );
};

describe("a put of a revision", () => {
  test.each<Fault>(["reset", "lost-reply", { status: 500, code: "InternalError" }])("is done once in spite of %o", async (fault) => {
    const store = await revisions();
    const key = uuid();
    const befallen = world.plant(fault, isPut, 2);
    await store.put(key, Buffer.from("bytes"));
    expect(befallen()).toBe(2);
    expect(String(Buffer.from((await store.get([key]))[0] ?? []))).toBe("bytes");
    await expectCode("CONFLICT", store.put(key, Buffer.from("bytes")));
  });

  test("whose reply was lost still is CONFLICT where the bytes are another's", async () => {
    const store = await revisions();
    const key = uuid();
    await store.put(key, Buffer.from("first"));
    world.plant("lost-reply", isPut, 1);
    await expectCode("CONFLICT", store.put(key, Buffer.from("second")));
    expect(String(Buffer.from((await store.get([key]))[0] ?? []))).toBe("first");
  });

  test("that another one is writing at the same time is settled by the bytes", async () => {
    const store = await revisions();
    world.plant({ status: 409, code: "ConditionalRequestConflict" }, isPut, 99);
    await expectCode("CONFLICT", store.put(uuid(), Buffer.from("bytes")));
  });

  test("gives up after a few tries, UNAVAILABLE", async () => {
    const store = await revisions();
    for (const fault of ["reset", { status: 503, code: "ServiceUnavailable" }] as const) {
      const befallen = world.plant(fault, isPut, 99);
      await expectCode("UNAVAILABLE", store.put(uuid(), new Uint8Array()));
      expect(befallen()).toBe(4);
    }
  });

  test("that is never answered is UNAVAILABLE when the time is up", async () => {
    const store = await revisions(world.newPrefix({ timeouts: { idleMs: 50, attempts: 2 } }));
    world.plant("stall", isPut, 99);
    await expect(store.put(uuid(), Buffer.from("bytes"))).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("out of reach"),
    });
  });
});

describe("a read", () => {
  test("begins again where the answer was cut", async () => {
    const store = await revisions();
    const key = uuid();
    await store.put(key, large);
    const befallen = world.plant("cut", isGet, 1);
    expect(Buffer.from((await store.get([key]))[0] ?? []).equals(large)).toBe(true);
    expect(befallen()).toBe(1);
  });

  test("of a blob goes on where the connection broke, and ends after three breaks without a byte", async () => {
    const store = await blobs();
    const { hash } = await store.put(streamOf(large));
    const ranges: unknown[] = [];
    world.plant("cut", (request) => isGet(request) && ranges.push(request.headers.range) > 0, 5);
    expect((await bytesOf(store.get(hash))).equals(large)).toBe(true);
    expect(ranges).toHaveLength(5);
    expect(ranges.slice(1).every((range) => /^bytes=[1-9]/.test(String(range)))).toBe(true);
    world.plant("cut", isGet, 5);
    expect((await bytesOf(store.get(hash, { start: 5, end: 17_000_000 }))).equals(large.subarray(5, 17_000_001))).toBe(true);
    world.plant("reset", isGet, 99);
    await expectCode("UNAVAILABLE", bytesOf(store.get(hash)));
  });

  test("from the cache asks nobody, until the bytes are deleted", async () => {
    const store = await revisions(world.newPrefix());
    const key = uuid();
    await store.put(key, Buffer.from("bytes"));
    const befallen = world.plant("reset", isGet, 99);
    expect(await store.get([key, key])).toEqual([Buffer.from("bytes"), Buffer.from("bytes")]);
    expect(befallen()).toBe(0);
    await store.delete([key]);
    await expectCode("UNAVAILABLE", store.get([key]));
  });
});

describe("a long blob", () => {
  test.each([
    ["a part", ({ query, headers }: DoubleRequest) => query.get("partNumber") === "2" && !headers["x-amz-copy-source"]],
    ["the end of its upload", ({ method, query }: DoubleRequest) => method === "POST" && query.has("uploadId")],
    ["its copy", ({ headers }: DoubleRequest) => headers["x-amz-copy-source"] !== undefined],
  ])("of which %s fails leaves nothing", async (_what, which) => {
    const options = world.newPrefix();
    const store = await blobs(options);
    world.plant({ status: 403, code: "AccessDenied" }, which, 1);
    await expectCode("UNAVAILABLE", store.put(streamOf(large)));
    expect(left(options)).toEqual([]);
    await expectCode("NOT_FOUND", bytesOf(store.get(hashOf(large))));
  });

  test("outlives breaks of its connections", async () => {
    const options = world.newPrefix();
    const store = await blobs(options);
    const befallen = world.plant("reset", isPut, 3);
    const { hash } = await store.put(streamOf(large));
    expect(befallen()).toBe(3);
    expect((await bytesOf(store.get(hash))).equals(large)).toBe(true);
    expect(left(options)).toEqual([`blobs/${hash.slice(7)}`]);
  });

  test("that is interrupted before it has its name leaves nothing", async () => {
    const options = world.newPrefix();
    const store = await blobs(options);
    setCrashHandler((point) => {
      if (point === "blob-bytes-written") throw fail("UNAVAILABLE", "crashed");
    });
    await expectCode("UNAVAILABLE", store.put(streamOf(large)));
    expect(left(options)).toEqual([]);
  });

  test("that a crash left half-written is swept away after a day, and not before", async () => {
    const options = world.newPrefix();
    const leave = () => {
      const bucket = world.double().bucket(options.bucket);
      bucket.put(`${options.prefix}blobs/tmp/${uuid()}`, [large]);
      bucket.startUpload(`${options.prefix}blobs/tmp/${uuid()}`, {});
    };
    world.double().now = () => Date.now() - 25 * 60 * 60 * 1000;
    leave();
    world.double().now = () => Date.now();
    leave();
    const kept = left(options).filter((_, i) => i % 2 === 1);
    await (await blobs(options)).close();
    expect(left(options)).toEqual(kept);
  });
});

describe("a bucket", () => {
  const opened = async (options: S3Options): Promise<S3Bucket> => {
    const bucket = new S3Bucket(options);
    await bucket.open();
    return bucket;
  };
  const conditional = ({ headers }: DoubleRequest) => headers["if-none-match"] !== undefined;

  test.each<Fault>(["unconditional", { status: 501, code: "NotImplemented" }])(
    "without conditional writes (%o) is told from one with them, and keeps revisions all the same",
    async (fault) => {
      const options = world.newPrefix({ cacheBytes: 0 });
      world.plant(fault, conditional, 99);
      const bucket = await opened(options);
      expect(bucket.createsAtomically).toBe(false);
      const store = new S3RevisionStore(bucket);
      const key = uuid();
      await store.put(key, Buffer.from("bytes"));
      expect(await store.get([key])).toHaveLength(1);
    },
  );

  test("that may not be written is UNAVAILABLE as it opens", async () => {
    world.plant({ status: 403, code: "AccessDenied" }, isPut, 99);
    await expect(opened(world.newPrefix())).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining("may not use") });
  });

  test("that cannot be reached is UNAVAILABLE, and no message names it to clients", async () => {
    const options = world.newPrefix();
    const bucket = await opened(options);
    const store = new S3RevisionStore(bucket);
    world.plant("reset", () => true, 99);
    const reading = store.get([uuid()]);
    await expectCode("UNAVAILABLE", reading);
    await expect(reading).rejects.not.toMatchObject({ message: expect.stringMatching(/specstar-test|127\.0\.0\.1/) });
    await expectCode("UNAVAILABLE", opened(world.newPrefix({ endpoint: "http://127.0.0.1:1", timeouts: { attempts: 1 } })));
  });

  test("that fails while it is opened can be opened later", async () => {
    world.plant("reset", () => true, 4);
    const bucket = new S3Bucket(world.newPrefix());
    await expectCode("UNAVAILABLE", bucket.open());
    await bucket.open();
    expect(bucket.createsAtomically).toBe(true);
  });
});
