import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { systemContext } from "../../src/storage/context.ts";
import { newDirectory } from "../support/new-directory.ts";
import { bytesOf, commit, expectCode, expectCurrent, expectFeed, readOne, searchQuery } from "./case.ts";
import { storageConformance } from "./conformance.ts";
import { damage, filesHolding, filesOf, metaFile, openDisk, tamper, temporaryDirectory } from "./disk-fixtures.ts";
import { Article, create, modify, purge, specs, streamOf, unit, update } from "./fixtures.ts";

storageConformance("disk", async (variant) => {
  const dir = await newDirectory("disk");
  return {
    storage: diskStorage(dir, variant),
    reopen: async () => diskStorage(dir, variant),
    cleanup: () => rm(dir, { recursive: true }),
  };
});

const large = "x".repeat(50_000);

describe("a search that has to look at every row", () => {
  /** Whether the event loop has to take a turn before this is answered: microtasks alone do not bring it. */
  async function takesTurns(work: Promise<unknown>): Promise<boolean> {
    let answered = false;
    const done = work.then(() => {
      answered = true;
    });
    for (let n = 0; n < 100; n++) await Promise.resolve();
    const waiting = !answered;
    await done;
    return waiting;
  }
  const search = (where: object) => ({ ...searchQuery(Article, { where }), total: true });

  test("leaves the event loop free, and knows what was committed before", async () => {
    const storage = await openDisk(await temporaryDirectory());
    await commit(storage, create(Article, { title: "One" }));
    await storage.search("article", search({ title: { iContains: "n" } }));
    await commit(storage, create(Article, { title: "None" }));
    const found = storage.search("article", search({ title: { iContains: "ONE" } }));
    expect(await takesTurns(found)).toBe(true);
    expect((await found).total).toBe(2);
    expect(await takesTurns(storage.search("article", search({ title: { startsWith: "N" } })))).toBe(false);
    await storage.close();
  });

  test("is answered before the storage is closed, and leaves others their files", async () => {
    const [one, other] = [await openDisk(await temporaryDirectory()), await openDisk(await temporaryDirectory())];
    for (const storage of [one, other]) await commit(storage, create(Article, { title: "One" }));
    const ask = (storage: typeof one) => storage.search("article", search({ title: { contains: "n" } }));
    const asked = [ask(one), ask(other), ask(one)];
    await one.close();
    expect((await Promise.all(asked)).map(({ total }) => total)).toEqual([1, 1, 1]);
    expect((await ask(other)).total).toBe(1);
    await other.close();
  });
});

describe("a directory that disk storage cannot use", () => {
  /** A place below a file, one where no directory can be made, and, for those whom modes bind, one that is read-only. */
  async function unusable(): Promise<string[]> {
    const dir = await temporaryDirectory();
    const file = join(dir, "file");
    const locked = join(dir, "locked");
    await writeFile(file, "");
    await mkdir(locked, { mode: 0o500 });
    return [join(file, "data"), "/proc/specstar", ...(process.getuid?.() === 0 ? [] : [join(locked, "data")])];
  }

  test("is UNAVAILABLE and named", async () => {
    for (const dir of await unusable()) {
      const opening = diskStorage(dir).open(specs, () => {});
      await expect(opening, dir).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining(dir) });
    }
  });

  test("with a database that is none is DATA_CORRUPTION, and stays as it was", async () => {
    for (const garbage of ["no database", "garbage! ".repeat(10_000)]) {
      const dir = await temporaryDirectory();
      await writeFile(metaFile(dir), garbage);
      await expectCode(
        "DATA_CORRUPTION",
        diskStorage(dir).open(specs, () => {}),
      );
      expect(await readFile(metaFile(dir), "utf8")).toBe(garbage);
    }
  });

  test("that another process holds is UNAVAILABLE to writers for as long, after busyMs, and to nobody who reads", async () => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir, { busyMs: 50 });
    const article = create(Article, { title: "One" });
    await commit(storage, article);
    const other = new Database(metaFile(dir));
    onTestFinished(() => void other.close());
    other.exec("begin immediate");
    const refused = { code: "UNAVAILABLE", message: expect.stringMatching(/Another process holds the database\. Try again, or stop/) };
    await expect(storage.commit([unit(update(article, { title: "Two" }))])).rejects.toMatchObject(refused);
    await expectCurrent(storage, article);
    other.exec("rollback");
    await commit(storage, update(article, { title: "Two" }));
  });

  test("from a newer version is UNSUPPORTED, and keeps its data", async () => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir);
    const article = create(Article, { title: "One" });
    await commit(storage, article);
    await storage.close();
    tamper(dir, "update specstar_state set format = format + 1");
    await expectCode(
      "UNSUPPORTED",
      diskStorage(dir).open(specs, () => {}),
    );
    tamper(dir, "update specstar_state set format = format - 1");
    await expectCurrent(await openDisk(dir), article);
  });
});

describe("disk storage", () => {
  test.each([{ inlineBytes: 0 }, {}])("leaves no byte of a purged resource in any file, with %o", async (options) => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir, options);
    const first = create(
      Article,
      { title: "purged-title", slug: "purged-slug", text: `purged-text ${large}`, tags: ["purged-tag"] },
      { by: "purged-actor" },
    );
    const second = update(first, { title: "purged-second", tags: ["purged-tag"] });
    const neighbour = create(Article, { title: "neighbour" });
    await commit(storage, first, second, neighbour);
    expect(await filesHolding(dir, "purged-t")).not.toEqual([]);
    await commit(storage, purge(second));
    for (const text of ["purged-t", "purged-s"]) expect(await filesHolding(dir, text)).toEqual([]);
    expect(await filesHolding(dir, "neighbour")).not.toEqual([]);
  });

  test("keeps one file for the same blob, and one per large revision", async () => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir);
    const row = { contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
    for (const last of ["a", "b", "c"]) await storage.putBlob(streamOf("same bytes"), { id: `blob_${last.padStart(26, "0")}`, ...row });
    expect(await filesOf(dir, "blobs")).toHaveLength(1);
    const draft = create(Article, { text: large }, { status: "draft" });
    const modified = modify(draft, { text: `${large}2` });
    await commit(storage, draft, modified, create(Article, { title: "small" }));
    expect(await filesOf(dir, "revisions")).toHaveLength(1);
    await storage.commit([unit(create(Article, { text: large }, { id: draft.meta.id }))]);
    expect(await filesOf(dir, "revisions")).toHaveLength(1);
  });

  test.each([{ inlineBytes: 0 }, {}])("notices damaged and lost revisions, with %o", async (options) => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir, options);
    const [damaged, healthy] = [create(Article, { text: "damage-me" }), create(Article, { text: "healthy" })];
    await commit(storage, damaged, healthy);
    await storage.close();
    const files = await damage(await filesOf(dir, "revisions"), "damage-me");
    if (files === 0) tamper(dir, "update specstar_revision set inline = replace(inline, 'damage-me', 'damage-mf')");
    const again = await openDisk(dir, options);
    await expectCode("DATA_CORRUPTION", readOne(again, damaged));
    await expectCode("DATA_CORRUPTION", again.search("article", searchQuery(Article, {})));
    await expectCurrent(again, healthy);
    for (const file of await filesOf(dir, "revisions")) await rm(file);
    if (files > 0) await expectCode("DATA_CORRUPTION", readOne(again, healthy));
  });

  test("notices a damaged blob while it is read, and heals it when it is put again", async () => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir);
    const row = { contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
    const blob = await storage.putBlob(streamOf("blob bytes"), { id: "blob_00000000000000000000000001", ...row });
    expect(await damage(await filesOf(dir, "blobs"), "blob bytes")).toBe(1);
    await expectCode("DATA_CORRUPTION", bytesOf(storage.readBlob(blob)));
    const again = await storage.putBlob(streamOf("blob bytes"), { id: "blob_00000000000000000000000002", ...row });
    for (const each of [blob, again]) expect(String(await bytesOf(storage.readBlob(each)))).toBe("blob bytes");
  });

  test("opened twice shows each the other's writes, and compares and sets across both", async () => {
    const dir = await temporaryDirectory();
    const both = [await openDisk(dir), await openDisk(dir)];
    expect(both.map(({ capabilities }) => capabilities.shared)).toEqual([true, true]);
    const [one, other] = both as [(typeof both)[0], (typeof both)[0]];
    let current = create(Article, { views: 0 });
    const seen = [current];
    await commit(one, current);
    for (let views = 1; views <= 20; views++) {
      const rivals = both.map(() => update(current, { views }));
      const results = (await Promise.all(rivals.map((rival, index) => (index === 0 ? one : other).commit([unit(rival)])))).flat();
      expect(results.filter(({ ok }) => ok)).toHaveLength(1);
      current = rivals[results.findIndex(({ ok }) => ok)] ?? current;
      seen.push(current);
      await expectCurrent(one, current);
      await expectCurrent(other, current);
    }
    await expectFeed(one, ...seen);
    await expectFeed(other, ...seen);
  });

  test("sweeps bytes that no revision refers to when they are an hour old, and no others", async () => {
    const dir = await temporaryDirectory();
    const storage = await openDisk(dir, { inlineBytes: 0 });
    const [kept, lost] = [create(Article, { title: "kept" }), create(Article, { title: "lost" })];
    await commit(storage, kept, lost);
    tamper(dir, "delete from specstar_revision where id = ?", lost.meta.id);
    await storage.close();
    await (await openDisk(dir, { inlineBytes: 0 })).close();
    expect(await filesOf(dir, "revisions")).toHaveLength(2);
    const later = { ...systemContext, now: () => Date.now() + 2 * 60 * 60 * 1000 };
    const again = await openDisk(dir, { inlineBytes: 0, context: later });
    await vi.waitFor(async () => expect(await filesOf(dir, "revisions")).toHaveLength(1), { timeout: 5_000, interval: 5 });
    await expectCurrent(again, kept);
  });
});
