import { rm } from "node:fs/promises";
import { join } from "node:path";
import { describe } from "vitest";
import { type S3Options, s3Storage } from "../../src/s3.ts";
import { newDirectory } from "../support/new-directory.ts";
import { type NewPrefix, onRealS3, useS3Double } from "../support/s3-server.ts";
import { type Open, storageConformance } from "./conformance.ts";

/** Reopening finds another, empty folder: all that is kept is in the bucket. */
const openIn =
  (newPrefix: NewPrefix, more: Partial<S3Options> = {}): Open =>
  async (variant) => {
    const dir = await newDirectory("s3");
    const options = { ...newPrefix(), ...variant, ...more };
    let opened = 0;
    const open = () => {
      opened += 1;
      return s3Storage({ ...options, dir: join(dir, String(opened)) });
    };
    return { storage: open(), reopen: async () => open(), cleanup: () => rm(dir, { recursive: true }) };
  };

describe("on the S3 double", () => storageConformance("s3", openIn(useS3Double().newPrefix)));

// Another server can only differ where it is asked: as rows, bodies and blobs are written, read and found again. What is
// searched, aggregated, constrained or replied is answered by SQLite in the node, and was answered on the double. Nothing is
// kept in memory, so that all that is read comes from the server.
onRealS3((newPrefix) =>
  storageConformance("s3", openIn(newPrefix, { cacheBytes: 0 }), {
    variants: ["bodies in the revision store"],
    groups: ["committing", "reading", "lifecycle", "feeds", "blobs", "values", "concurrency", "durability"],
  }),
);
