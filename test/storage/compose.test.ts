import { describe, expect, test, vi } from "vitest";
import { fail } from "../../src/errors.ts";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { RevisionStore } from "../../src/storage/revision-store.ts";
import { MemoryBlobStore } from "../../src/stores/memory/memory-blob-store.ts";
import { MemoryMetaStore } from "../../src/stores/memory/memory-meta-store.ts";
import { MemoryRevisionStore } from "../../src/stores/memory/memory-revision-store.ts";
import { commit, expectAbsent, expectCode, expectCurrent, historyOf, refusal, searchQuery } from "./case.ts";
import { Article, Author, create, hashOf, modify, purge, specs, streamOf, unit, update, type Version } from "./fixtures.ts";

const keysIn = async (store: RevisionStore): Promise<number> => (await Array.fromAsync(store.list(Number.POSITIVE_INFINITY))).length;

/** A storage with all bodies in revision stores, and a store of its own for authors. */
async function composed(change: (revisions: RevisionStore) => RevisionStore = (revisions) => revisions) {
  const revisions = new MemoryRevisionStore(systemContext);
  const authors = new MemoryRevisionStore(systemContext);
  const storage = composeStorage({
    meta: new MemoryMetaStore(systemContext),
    revisions: change(revisions),
    blobs: new MemoryBlobStore(),
    inlineBytes: 0,
    resources: { author: { revisions: authors } },
  });
  await storage.open(specs, () => {});
  return { storage, counts: async () => [await keysIn(revisions), await keysIn(authors)] };
}

/** A store that does some things otherwise. */
const other =
  (changed: (store: RevisionStore) => Partial<RevisionStore>) =>
  (store: RevisionStore): RevisionStore => ({
    open: () => store.open(),
    put: (key, bytes) => store.put(key, bytes),
    get: (keys) => store.get(keys),
    delete: (keys) => store.delete(keys),
    list: (before) => store.list(before),
    close: () => store.close(),
    ...changed(store),
  });

describe("the sweeper", () => {
  const hours = (count: number): number => count * 3_600_000;

  test("leaves a blob that no revision holds to its uploader for a day, then takes it, row and bytes", async () => {
    let now = systemContext.now();
    const context = { ...systemContext, now: () => now };
    const parts = {
      meta: new MemoryMetaStore(context),
      revisions: new MemoryRevisionStore(context),
      blobs: new MemoryBlobStore(),
      context,
    };
    const storage = composeStorage(parts);
    await storage.open(specs, () => {});
    const put = (id: string) => storage.putBlob(streamOf(id), { id, contentType: "text/plain", createdAt: now, createdBy: "ann" });
    const [held, old] = [await put("blob_held"), await put("blob_old")];
    now += hours(2);
    const young = await put("blob_young");
    const article = create(Article, { title: "1" });
    await commit(storage, { ...article, change: { ...article.change, blobs: [held.id] } });
    await storage.close();
    now += hours(23);
    const again = composeStorage(parts);
    await again.open(specs, () => {});
    await vi.waitFor(async () => expect(await parts.blobs.has(old.hash)).toBe(false));
    expect(await again.blobs([held.id, old.id, young.id])).toEqual([held, undefined, young]);
    expect([await parts.blobs.has(held.hash), await parts.blobs.has(young.hash)]).toEqual([true, true]);
    await again.close();
  });

  test("takes bytes of a blob whose row was never written when they are an hour old, and no others", async () => {
    let now = systemContext.now();
    const context = { ...systemContext, now: () => now };
    const blobs = new MemoryBlobStore(context);
    const parts = { meta: new MemoryMetaStore(context), revisions: new MemoryRevisionStore(context), blobs, context };
    const held = await blobs.put(streamOf("with a row"));
    await parts.meta.blobs.put({ id: "blob_1", ...held, contentType: "text/plain", createdAt: now, createdBy: "ann" });
    const old = await blobs.put(streamOf("without a row"));
    now += hours(0.9);
    const young = await blobs.put(streamOf("without a row yet"));
    now += hours(0.2);
    const storage = composeStorage(parts);
    await storage.open(specs, () => {});
    await vi.waitFor(async () => expect(await blobs.has(old.hash)).toBe(false));
    expect([await blobs.has(held.hash), await blobs.has(young.hash)]).toEqual([true, true]);
    const row = { id: "blob_2", contentType: "text/plain", createdAt: now, createdBy: "ann" };
    await vi.waitFor(async () => expect((await storage.putBlob(streamOf("without a row"), row)).hash).toBe(old.hash));
    await storage.close();
  });

  test("lets no blob in whose bytes it takes at that moment", async () => {
    const blobs = new MemoryBlobStore();
    const meta = new MemoryMetaStore(systemContext);
    const put = blobs.put.bind(blobs);
    let meanwhile = async () => {};
    blobs.put = async (...args) => {
      const stored = await put(...args);
      await meanwhile();
      return stored;
    };
    const storage = composeStorage({ meta, revisions: new MemoryRevisionStore(systemContext), blobs });
    await storage.open(specs, () => {});
    const hash = hashOf("swept");
    for (const finished of [false, true]) {
      meanwhile = async () => {
        await meta.blobs.condemn([hash]);
        await blobs.delete([hash]);
        if (finished) await meta.blobs.forget([hash]);
      };
      const row = { id: "blob_swept", contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
      await expectCode("UNAVAILABLE", storage.putBlob(streamOf("swept"), row));
      expect(await storage.blobs(["blob_swept"])).toEqual([undefined]);
      await meta.blobs.forget([hash]);
    }
    await storage.close();
  });

  test("finishes a deletion of bytes that was begun and not ended", async () => {
    const blobs = new MemoryBlobStore();
    let now = systemContext.now();
    const context = { ...systemContext, now: () => now };
    const meta = new MemoryMetaStore(context);
    const parts = { meta, revisions: new MemoryRevisionStore(context), blobs, context };
    const { hash, size } = await blobs.put(streamOf("half deleted"));
    await meta.blobs.put({ id: "blob_1", hash, size, contentType: "text/plain", createdAt: now, createdBy: "ann" });
    expect(await meta.blobs.release({ ids: ["blob_1"] })).toEqual([hash]);
    const storage = composeStorage(parts);
    await storage.open(specs, () => {});
    const put = () =>
      storage.putBlob(streamOf("half deleted"), { id: "blob_2", contentType: "text/plain", createdAt: now, createdBy: "ann" });
    await expectCode("UNAVAILABLE", put());
    await storage.close();
    now += hours(25);
    const again = composeStorage(parts);
    await again.open(specs, () => {});
    await vi.waitFor(async () => expect(await blobs.has(hash)).toBe(false));
    // Whoever had begun may still be at it: the same bytes come under another name.
    await vi.waitFor(async () => expect((await put()).hash).toBe(`${hash}.1`));
    expect([await blobs.has(hash), await blobs.has(`${hash}.1`)]).toEqual([false, true]);
    await again.close();
  });
});

describe("a composed storage", () => {
  test("keeps the bytes of each resource in its store, and takes them from there", async () => {
    const { storage, counts } = await composed();
    const [article, author] = [create(Article, { title: "1" }), create(Author, { name: "Ann" }, { status: "draft" })];
    const [second, renamed] = [update(article, { title: "2" }), modify(author, { name: "Anna" })];
    expect(await storage.commit([unit(article, author)])).toEqual([{ ok: true }]);
    expect(await counts()).toEqual([1, 1]);
    expect(await storage.commit([unit(second, renamed)])).toEqual([{ ok: true }]);
    expect(await counts()).toEqual([2, 1]);
    await expectCurrent(storage, second, renamed);
    expect(await storage.commit([unit(purge(second), purge(renamed))])).toEqual([{ ok: true }]);
    expect(await counts()).toEqual([0, 0]);
  });

  test.each([
    { inlineBytes: 0, batches: 1 },
    { inlineBytes: 1_000_000, batches: 0 },
  ])("asks each store once at most for a page and for a read, with $inlineBytes bytes inline", async ({ inlineBytes, batches }) => {
    const meta = new MemoryMetaStore(systemContext);
    const revisions = new MemoryRevisionStore(systemContext);
    const storage = composeStorage({ meta, revisions, blobs: new MemoryBlobStore(), inlineBytes });
    await storage.open(specs, () => {});
    const articles = Array.from({ length: 20 }, (_, n) => create(Article, { title: `${n}` }));
    await storage.commit(articles.map((article) => unit(article)));
    const ofMeta = (["read", "search", "revisions", "state", "changes"] as const).map((method) => vi.spyOn(meta, method));
    const ofRevisions = vi.spyOn(revisions, "get");
    const callsOf = async (work: Promise<unknown>): Promise<number[]> => {
      await work;
      const calls = [ofMeta.reduce((sum, { mock }) => sum + mock.calls.length, 0), ofRevisions.mock.calls.length];
      for (const spy of [...ofMeta, ofRevisions]) spy.mockClear();
      return calls;
    };
    const keys = articles.map(({ meta: { id } }) => ({ id }));
    expect(await callsOf(storage.search("article", searchQuery(Article, { limit: 20, total: true })))).toEqual([1, batches]);
    expect(await callsOf(storage.read("article", keys))).toEqual([1, batches]);
    expect(await callsOf(historyOf(storage, "article", keys[0]?.id ?? "", { limit: 20, fromEnd: false }))).toEqual([1, batches]);
  });

  test("takes back the bytes of a unit that was refused", async () => {
    const { storage, counts } = await composed();
    const article = create(Article, { slug: "one" });
    await commit(storage, article);
    await refusal(storage, unit(create(Author, { name: "Ann" }), create(Article, { slug: "one" })));
    expect(await counts()).toEqual([1, 0]);
    await expectCurrent(storage, article);
  });

  test("commits nothing whose bytes could not be put", async () => {
    const { storage } = await composed(other(() => ({ put: () => Promise.reject(fail("UNAVAILABLE", "The store is away")) })));
    const [article, author] = [create(Article, { title: "1" }), create(Author, { name: "Ann" })];
    await expectCode("UNAVAILABLE", storage.commit([unit(author, article)]));
    await expectAbsent(storage, article, author);
    expect((await storage.state()).head).toBe(0);
    await commit(storage, author);
  });

  test("reads nothing as whole whose bytes never came", async () => {
    const { storage } = await composed(other(() => ({ put: async () => {} })));
    const article = create(Article, { title: "1" });
    await commit(storage, article);
    await expectCode("DATA_CORRUPTION", storage.read("article", [{ id: article.meta.id }]));
  });

  test("reads again what a modification or a purge took away between its rows and its bytes", async () => {
    const meanwhile: Version[] = [];
    const { storage } = await composed(
      other((store) => ({
        get: async (keys) => {
          await commit(storage, ...meanwhile.splice(0));
          return store.get(keys);
        },
      })),
    );
    const draft = create(Article, { title: "draft" }, { status: "draft" });
    const modified = modify(draft, { title: "modified" });
    await commit(storage, draft);
    meanwhile.push(modified);
    await expectCurrent(storage, modified);
    const again = modify(modified, { title: "again" });
    meanwhile.push(again);
    const { rows } = await historyOf(storage, "article", draft.meta.id, { limit: 10, fromEnd: false });
    expect(rows.map(({ body }) => body)).toEqual(['{"title":"again"}']);
    meanwhile.push(purge(again));
    expect(await storage.search("article", searchQuery(Article, {}))).toMatchObject({ rows: [] });
    await expectAbsent(storage, draft);
  });

  test("says of itself what its meta store says", async () => {
    const { storage } = await composed();
    expect(storage.capabilities).toEqual({ durable: false, shared: false, presigns: false });
  });
});
