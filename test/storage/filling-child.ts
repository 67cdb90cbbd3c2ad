import { join } from "node:path";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { defineResource } from "../../src/spec/resource.ts";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "../../src/stores/fs/fs-revision-store.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { create, unit } from "./fixtures.ts";

/** A program that does nothing but wait until its columns are filled, where the first reading fails. */
const [dir = ""] = process.argv.slice(2);
const schema = z.object({ title: z.string() });
const Narrow = defineResource("note", { schema });
const before = diskStorage(dir, { inlineBytes: 0 });
await before.open([Narrow], () => {});
await before.commit([unit(create(Narrow, { title: "one" }))]);
await before.close();

const revisions = new FsRevisionStore(join(dir, "revisions"));
let failed = false;
const meta = new SqliteMetaStore(join(dir, "meta.db"), {
  readBytes: (keys) => {
    const fails = !failed;
    failed = true;
    return fails ? Promise.reject(new Error("out of reach")) : revisions.get(keys);
  },
});
const storage = composeStorage({ meta, revisions, blobs: new FsBlobStore(join(dir, "blobs")), inlineBytes: 0 });
await storage.open([defineResource("note", { schema, index: ["title"] })], () => {});
const left = await storage.schema.filled();
await storage.close();
process.stdout.write(JSON.stringify({ failed, left }));
