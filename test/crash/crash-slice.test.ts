import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { systemContext } from "../../src/storage/context.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "../../src/stores/fs/fs-revision-store.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { commit, expectCode, expectCurrent } from "../storage/case.ts";
import { create, streamOf, unit } from "../storage/fixtures.ts";
import { newDirectory } from "../support/new-directory.ts";
import { Note, noteOf, specs } from "./notes.ts";
import { Place } from "./place.ts";
import { crashTogether } from "./scenarios/crash-points.ts";
import { fileFaults } from "./scenarios/file-faults.ts";

test("processes killed at every crash point leave a whole storage on disk", async () => {
  const { findings, acknowledged } = await crashTogether("disk", 3);
  expect(findings).toEqual([]);
  expect(acknowledged).toBeGreaterThan(50);
});

test("a disk that fails or fills up at any file call leaves a whole storage", async () => {
  for (const fault of ["EIO", "ENOSPC"] as const) expect((await fileFaults({ fault, step: 11 })).findings).toEqual([]);
});

test("power that fails at any file call takes nothing that was acknowledged", async () => {
  expect((await fileFaults({ fault: "power", step: 11 })).findings).toEqual([]);
});

test.each([".datasync", ".sync"])("power that fails takes something when %s is left out", async (call) => {
  expect((await fileFaults({ fault: "power", step: 11, deaf: [call] })).findings).not.toEqual([]);
});

const patience = { timeout: 10_000, interval: 10 };

async function temporaryDirectory(): Promise<string> {
  const dir = await newDirectory("crash");
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

test("a sweep takes the bytes of a blob whose row was never written", async () => {
  const dir = await temporaryDirectory();
  const blobs = new FsBlobStore(join(dir, "blobs"));
  await blobs.open();
  await blobs.put(streamOf("put by a process that died before it wrote the row"));
  expect(await Place.of("disk", dir).checkBytes()).toEqual([]);
});

test("a write that is held up until its bytes are swept is refused, and written nowhere", async () => {
  const dir = await temporaryDirectory();
  const held = Promise.withResolvers<void>();
  class SlowRevisions extends FsRevisionStore {
    override async put(key: string, bytes: Uint8Array): Promise<void> {
      await super.put(key, bytes);
      await held.promise;
    }
  }
  const revisions = new SlowRevisions(join(dir, "revisions"));
  const parts = { meta: new SqliteMetaStore(join(dir, "meta.db")), revisions, blobs: new FsBlobStore(join(dir, "blobs")) };
  const slow = composeStorage({ ...parts, inlineBytes: 0 });
  await slow.open(specs, () => {});
  const note = create(Note, { ...noteOf("slow") }, { at: Date.now() });
  const writing = slow.commit([unit(note)]);
  const keys = async () => (await Array.fromAsync(revisions.list(Number.POSITIVE_INFINITY))).length;
  await vi.waitFor(async () => expect(await keys()).toBe(1), patience);

  const other = diskStorage(dir, { context: { ...systemContext, now: () => Date.now() + 2 * 60 * 60 * 1000 } });
  await other.open(specs, () => {});
  onTestFinished(async () => {
    await slow.close();
    await other.close();
  });
  await vi.waitFor(async () => expect(await keys()).toBe(0), patience);
  held.resolve();
  await expectCode("UNAVAILABLE", writing);
  for (const storage of [slow, other]) expect(await storage.read(Note.name, [{ id: note.meta.id }])).toEqual([undefined]);
  const again = create(Note, { ...noteOf("again") }, { at: Date.now() });
  await commit(slow, again);
  await expectCurrent(slow, again);
});
