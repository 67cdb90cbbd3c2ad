import { describe, expect, onTestFinished, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { fail } from "../../src/errors.ts";
import { memoryStorage } from "../../src/memory.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { temporaryDirectory } from "../storage/disk-fixtures.ts";
import { storageAt, temporaryPlace } from "../storage/postgres-fixtures.ts";
import { postgresMissing } from "../support/postgres-database.ts";
import { contentOf } from "./frames.ts";
import { Article, Author, exported, openFull, openOn, pieces, type World } from "./world.ts";

const storages: Record<string, () => Promise<IStorage>> = {
  memory: async () => memoryStorage(),
  disk: async () => diskStorage(await temporaryDirectory(), { inlineBytes: 0 }),
  ...(postgresMissing === undefined ? { postgres: async () => storageAt(await temporaryPlace(), "sql") } : {}),
};

const titles = async (platform: World): Promise<string[]> => {
  const { items } = await platform.resource(Article).search({ first: 200, includeDeleted: true, orderBy: ["id"] });
  return items.map(({ data, meta }) => `${data.title}${meta.deletedAt === null ? "" : " (deleted)"}`);
};

/** Two worlds with the same past, and another present: one moved on here, one there, one on both sides, one was purged here. */
async function parted(storage: IStorage) {
  const here = await openOn(storage);
  const [first, ...rest] = await Promise.all(["a", "b", "c", "d", "e"].map((title) => here.resource(Article).create({ title })));
  const ids = [first, ...rest].map((each) => each?.id ?? "").toSorted();
  const there = await openOn();
  await there.import(pieces(await exported(here)));
  const [a = "", b = "", c = "", d = ""] = ids;
  await here.resource(Article).update(a, { title: "here" });
  await there.resource(Article).update(b, { title: "there" });
  await here.resource(Article).update(c, { title: "here too" });
  await here.resource(Article).update(c, { title: "here again" });
  await there.resource(Article).delete(c);
  await here.resource(Article).purge(d);
  return { here, ids, archive: await exported(there) };
}

describe.each(Object.entries(storages))("what is here already, on %s,", (_name, open) => {
  test("refuses the whole archive, unless told otherwise", async () => {
    const { here, archive } = await parted(await open());
    const before = await exported(here);
    await expect(here.import(pieces(archive))).rejects.toMatchObject({ code: "CONFLICT", details: { resource: "article" } });
    expect(contentOf(await exported(here))).toEqual(contentOf(before));
  });

  test("is left as it is by skip", async () => {
    const { here, archive } = await parted(await open());
    const before = await exported(here);
    expect(await here.import(pieces(archive), { onConflict: "skip" })).toMatchObject({ created: 0, replaced: 0, unchanged: 1, skipped: 4 });
    expect(contentOf(await exported(here))).toEqual(contentOf(before));
  });

  test("is replaced by replace, under a version that it never had; and a purge is for good", async () => {
    const { here, ids, archive } = await parted(await open());
    const articles = here.resource(Article);
    const versions = async () => (await articles.search({ includeDeleted: true, orderBy: ["id"] })).items.map(({ version }) => version);
    const before = await versions();
    const { cursor } = await here.feed.poll({ id: "me", roles: [], claims: {} }, {});
    const result = await here.import(pieces(archive), { onConflict: "replace" });
    expect(result).toEqual({ created: 0, replaced: 3, unchanged: 1, skipped: 1, revisions: 4, blobs: 0 });
    const now = await versions();
    expect(now.map((version, i) => version > (before[i] ?? 0))).toEqual([true, true, true, false]);
    expect((await titles(here)).toSorted()).toEqual(["a", "c (deleted)", "e", "there"].map((each) => each).toSorted());
    await expect(articles.get(ids[3] ?? "")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const { items } = await here.feed.poll({ id: "me", roles: [], claims: {} }, { after: cursor });
    expect(items.map(({ kind, id, previous }) => [kind, id, previous])).toEqual([
      ["updated", ids[0], null],
      ["updated", ids[1], null],
      ["deleted", ids[2], null],
    ]);
    // Once more there is nothing to do, though versions differ.
    expect(await here.import(pieces(archive), { onConflict: "replace" })).toMatchObject({ replaced: 0, unchanged: 4, skipped: 1 });
    expect((await articles.update(ids[0] ?? "", { title: "on" })).version).toBe((now[0] ?? 0) + 1);
  });

  test("is purged where the archive says so, and the id stays reserved where it was never", async () => {
    const there = await openOn();
    const { id } = await there.resource(Article).create({ title: "gone" });
    const live = await exported(there);
    await there.resource(Article).purge(id);
    const purged = await exported(there);
    const here = await openOn(await open());
    await here.import(pieces(live));
    await expect(here.import(pieces(purged))).rejects.toMatchObject({ code: "CONFLICT", details: { id } });
    expect(await here.import(pieces(purged), { onConflict: "replace" })).toMatchObject({ replaced: 1 });
    await expect(here.resource(Article).get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
    const fresh = await openOn(await open());
    expect(await fresh.import(pieces(purged))).toMatchObject({ created: 1, revisions: 0 });
    await expect(fresh.import(pieces(live))).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await fresh.import(pieces(live), { onConflict: "replace" })).toMatchObject({ skipped: 1 });
    expect(contentOf(await exported(fresh))).toEqual(contentOf(purged));
  });

  test("keeps its unique values: the archive is refused, or what clashes is left out", async () => {
    const there = await openOn();
    await there.resource(Author).create({ name: "Ann" });
    await there.resource(Author).create({ name: "Bob" });
    const archive = await exported(there);
    const here = await openOn(await open());
    await here.resource(Author).create({ name: "Bob" });
    const clash = { code: "UNIQUE_VIOLATION", details: { resource: "author", field: "name" } };
    await expect(here.import(pieces(archive))).rejects.toMatchObject(clash);
    expect((await here.resource(Author).search()).items).toHaveLength(1);
    expect(await here.import(pieces(archive), { onConflict: "skip" })).toMatchObject({ created: 1, skipped: 1 });
    await expect(here.import(pieces(archive), { onConflict: "replace" })).rejects.toMatchObject(clash);
  });

  test("is gone on from where an import was killed half-way, and comes to the same", async () => {
    const source = await openFull();
    for (let i = 0; i < 450; i++) await source.resource(Article).create({ title: `many ${i}` });
    const archive = await exported(source);
    for (const onConflict of ["fail", "skip", "replace"] as const) {
      const target = await openOn(await open());
      let batches = 0;
      onTestFinished(() => setCrashHandler(undefined));
      setCrashHandler((point) => {
        if (point === "before-import-batch" && ++batches === 3) throw fail("UNAVAILABLE", "Crashed");
      });
      await expect(target.import(pieces(archive, 50_000), { onConflict })).rejects.toMatchObject({ message: "Crashed" });
      setCrashHandler(undefined);
      const { length } = await titles(target);
      expect(length > 0 && length < 453).toBe(true);
      const { created, unchanged } = await target.import(pieces(archive, 50_000), { onConflict });
      expect([created > 0, created + unchanged]).toEqual([true, 456]);
      expect(contentOf(await exported(target))).toEqual(contentOf(archive));
    }
  });
});

test("a blob that is here with other bytes refuses the archive", async () => {
  const there = await openFull();
  const archive = await exported(there);
  const storage = memoryStorage();
  const here = await openOn(storage);
  const { items } = await there.resource(Article).search({ where: { title: { eq: "one" } } });
  const [row] = await there.blobs.stat([String(items[0]?.data.cover)]);
  await storage.putBlob(pieces(Buffer.from("other")), {
    id: row?.id ?? "",
    contentType: "text/plain",
    createdAt: Date.now(),
    createdBy: "bob",
  });
  await expect(here.import(pieces(archive), { onConflict: "replace" })).rejects.toMatchObject({
    code: "CONFLICT",
    details: { id: row?.id },
  });
  expect(await titles(here)).toEqual([]);
});

test("who follows some of the resources hears that one is none of them after it was replaced", async () => {
  const here = await openOn();
  const { id } = await here.resource(Article).create({ title: "followed", views: 1 });
  const there = await openOn();
  await there.import(pieces(await exported(here)));
  await there.resource(Article).update(id, { title: "other", views: 2 });
  const [me, args] = [
    { id: "me", roles: [], claims: {} },
    { types: ["article"], where: { views: { eq: 1 } } },
  ];
  const { cursor } = await here.feed.poll(me, args);
  await here.import(await there.export(), { onConflict: "replace" });
  const { items } = await here.feed.poll(me, { ...args, after: cursor });
  expect(items.map((event) => [event.kind, event.id])).toEqual([["left", id]]);
});
