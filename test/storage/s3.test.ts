import { rm } from "node:fs/promises";
import { join } from "node:path";
import { s3Storage } from "../../src/s3.ts";
import { newDirectory } from "../support/new-directory.ts";
import { onEachS3 } from "../support/s3-server.ts";
import { storageConformance } from "./conformance.ts";

onEachS3((newPrefix) => {
  // Reopening finds another, empty folder: all that is kept is in the bucket.
  storageConformance("s3", async (variant) => {
    const dir = await newDirectory("s3");
    const options = { ...newPrefix(), ...variant };
    let opened = 0;
    const open = () => {
      opened += 1;
      return s3Storage({ ...options, dir: join(dir, String(opened)) });
    };
    return { storage: open(), reopen: async () => open(), cleanup: () => rm(dir, { recursive: true }) };
  });
});
