import { randomUUID } from "node:crypto";
import { connect } from "node:net";
import { CreateBucketCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeClient } from "../../src/stores/s3/s3-client.ts";
import type { S3Options } from "../../src/stores/s3/s3-options.ts";
import { type S3Double, startS3Double } from "./s3-double.ts";
import { credentials } from "./s3-double-auth.ts";

const bucket = "specstar-test";
const cephUrl = "http://127.0.0.1:7480";

/** An S3 server for tests: each call gives a part of its bucket that nobody else has. */
export type NewPrefix = (options?: Partial<S3Options>) => S3Options;

const prefixesOf =
  (url: () => string): NewPrefix =>
  (options) => ({ bucket, endpoint: url(), credentials, prefix: `${randomUUID()}/`, ...options });

/** The double, for one file of tests. Faults are its own. */
export function useS3Double(): { readonly newPrefix: NewPrefix; readonly double: () => S3Double } {
  let started: S3Double | undefined;
  const double = (): S3Double => {
    expect(started, "the double was started").toBeDefined();
    return started ?? expect.unreachable();
  };
  beforeAll(async () => {
    started = await startS3Double();
  });
  afterAll(() => started?.close());
  return { newPrefix: prefixesOf(() => double().url), double };
}

/** The real server: where SPECSTAR_TEST_S3 says, else Ceph's usual place if somebody answers there. */
const realUrl = process.env.SPECSTAR_TEST_S3 ?? ((await answers(cephUrl)) ? cephUrl : undefined);

function answers(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    const socket = connect(Number(port), hostname);
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/** Runs a suite on the double, and on a real server if there is one. In CI there must be one. */
export function onEachS3(suite: (newPrefix: NewPrefix) => void): void {
  describe("on the S3 double", () => suite(useS3Double().newPrefix));
  onRealS3(suite);
}

export function onRealS3(suite: (newPrefix: NewPrefix) => void): void {
  if (realUrl !== undefined) {
    describe("on a real S3 server", () => {
      const newPrefix = prefixesOf(() => realUrl);
      beforeAll(async () => {
        const client = makeClient(newPrefix());
        await client.send(new CreateBucketCommand({ Bucket: bucket }));
        client.destroy();
      });
      suite(newPrefix);
    });
  } else if (process.env.CI) {
    test("on a real S3 server", () => {
      expect.unreachable("CI tests a real S3 server too: start it with .ci/services/ceph.sh start, or give its URL in SPECSTAR_TEST_S3");
    });
  } else test.skip("on a real S3 server: sudo .ci/services/ceph.sh start", () => {});
}
