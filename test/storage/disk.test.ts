import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskStorage } from "../../src/disk.ts";
import { storageConformance } from "./conformance.ts";

storageConformance("disk", async (variant) => {
  const dir = await mkdtemp(join(tmpdir(), "specstar-storage-"));
  return {
    storage: diskStorage(dir, variant),
    reopen: async () => diskStorage(dir, variant),
    cleanup: () => rm(dir, { recursive: true }),
  };
});
