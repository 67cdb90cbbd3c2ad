import { expect } from "vitest";
import type { Archived } from "../../../src/storage/archives.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, expectAbsent, expectCurrent, feedRow, found, historyOf, refusal, searchQuery } from "../case.ts";
import { Article, create, modify, newId, purge, remove, restore, streamOf, switchTo, unit, update, type Version } from "../fixtures.ts";
import { goneOf, importOf, wholeOf } from "../whole.ts";

type Versions = readonly [Version, ...Version[]];

const everything = async (storage: IStorage, limit = 1_000, ids?: readonly string[]): Promise<Archived[]> => {
  const all: Archived[] = [];
  for (let page = await next(); page.length > 0; page = await next()) all.push(...page);
  return all;
  function next() {
    return storage.archives.page("article", { after: all.at(-1)?.meta.id ?? "", limit, ...(ids ? { ids } : {}) });
  }
};

/** A life with drafts, switches, a deletion and a restoration. */
function lifeOf(title: string, slug: string): Versions {
  const first = create(Article, { title, slug, views: 1, tags: ["a"] }, { status: "draft", by: "ann" });
  const drafted = modify(first, { title: `${title}'`, slug, views: 2 }, { status: "stable", by: "bob" });
  const second = update(drafted, { title: `${title} 2`, slug, views: 3, tags: ["b"] }, { by: "bob" });
  const back = switchTo(second, drafted);
  const deleted = remove(back);
  const restored = restore(deleted, { by: "ann" });
  return [first, drafted, second, back, deleted, restored];
}

const lastOf = (life: Versions): Version => life.at(-1) ?? life[0];

/** What reads of every kind say of a life, as of each of its instants. */
async function expectPast(storage: IStorage, life: readonly Version[]): Promise<void> {
  const id = life[0]?.meta.id ?? "";
  const seen = (at: number) => storage.read("article", [{ id, asOf: at }]);
  expect(await seen((life[0]?.change.at ?? 0) - 1)).toEqual([undefined]);
  // A draft shows as it was last modified.
  const viewsOf = new Map(life.map(({ meta }) => [meta.current, meta.columns.views]));
  for (const { change, meta } of life) {
    const [then] = await seen(change.at);
    const { version, current, state } = meta;
    expect(then?.meta, change.kind).toMatchObject({ version, current, state, updatedAt: change.at, updatedBy: change.by });
    const query = { ...searchQuery(Article, { includeDeleted: true, where: { id: { eq: id } } }), at: change.at, today: undefined };
    const { rows } = await storage.past.search("article", query);
    expect(rows.map((row) => [row.meta.version, row.meta.state, row.revision.number])).toEqual([[version, state, current]]);
    const titled = { ...query, filter: searchQuery(Article, { where: { views: { eq: viewsOf.get(current) } } }).filter };
    expect((await storage.past.search("article", titled)).rows).toHaveLength(1);
  }
}

let blobs = 0;
const newBlob = (storage: IStorage, bytes: string) => {
  blobs += 1;
  const id = `blob_import${String(blobs).padStart(20, "0")}`;
  return storage.putBlob(streamOf(bytes), { id, contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" });
};

const holding = (version: Version, ...ids: readonly string[]): Version => ({ ...version, change: { ...version.change, blobs: ids } });

/** Whole resources: read for an archive, and written from one. */
export const importing: readonly Case[] = [
  {
    name: "an archive has every revision, pointer and blob of a resource, and the id of a purged one",
    run: async ({ storage }) => {
      const [one, two] = [await newBlob(storage, "one"), await newBlob(storage, "two")];
      const first = holding(create(Article, { title: "1" }, { status: "draft" }), two.id);
      const drafted = holding(modify(first, { title: "2" }), two.id, one.id);
      const second = update(drafted, { title: "3" });
      const [life, other] = [lifeOf("life", "life"), create(Article, { title: "gone" })];
      const gone = purge(other);
      await commit(storage, first, drafted, second, ...life, other, gone);
      const [a, b, c, ...rest] = await everything(storage);
      expect([a, b, rest]).toEqual([wholeOf(first, drafted, second), wholeOf(...life), []]);
      expect(c).toMatchObject(goneOf(gone));
    },
  },
  {
    name: "an archive is read in pages by id, of all resources or of some",
    run: async ({ storage }) => {
      const all = Array.from({ length: 7 }, (_, n) => create(Article, { title: String(n) }));
      await commit(storage, ...all.toReversed());
      const wholes = all.map((version) => wholeOf(version));
      expect(await everything(storage, 3)).toEqual(wholes);
      const ids = [all[5], all[1], all[2]].map((version) => version?.meta.id ?? "");
      expect(await everything(storage, 2, [...ids, newId(Article)])).toEqual([wholes[1], wholes[2], wholes[5]]);
      expect(await everything(storage, 2, [])).toEqual([]);
    },
  },
  {
    name: "an import is there with all of its past, and a single row in the feed",
    run: async ({ storage }) => {
      const life = lifeOf("life", "life");
      const [whole, blob] = [wholeOf(...life), await newBlob(storage, "kept")];
      const revisions = whole.revisions.map((each, i) => (i === 0 ? { ...each, blobs: [blob.id] } : each));
      const imported = importOf(lastOf(life), { ...whole, revisions });
      await commit(storage, imported);
      await expectCurrent(storage, lastOf(life));
      expect(await everything(storage)).toEqual([{ ...whole, revisions }]);
      expect((await historyOf(storage, "article", imported.meta.id, { limit: 9, fromEnd: false })).rows).toEqual(
        revisions.map(({ revision }) => revision),
      );
      expect(await storage.holders.page(blob.id, "")).toEqual([imported.meta.id]);
      expect(await storage.changes({ after: 0, limit: 9, id: imported.meta.id })).toEqual([feedRow(imported.change, 1)]);
      expect(await found(storage, Article, { where: { slug: { eq: "life" } } })).toEqual([imported.meta.id]);
      await expectPast(storage, life);
      await commit(storage, update(lastOf(life), { title: "later" }));
    },
  },
  {
    name: "an import of a deleted resource is deleted, with what was indexed of it",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", views: 5 });
      const life: Versions = [first, remove(first)];
      await commit(storage, importOf(lastOf(life), wholeOf(...life), 0, { kind: "deleted" }));
      await expectCurrent(storage, lastOf(life));
      expect(await found(storage, Article, { where: { views: { eq: 5 } } })).toEqual([]);
      expect(await found(storage, Article, { where: { views: { eq: 5 } }, includeDeleted: true })).toEqual([first.meta.id]);
      await expectPast(storage, life);
    },
  },
  {
    name: "an import takes the place of what was there, of which only the rows of the feed are left",
    run: async ({ storage }) => {
      const blob = await newBlob(storage, "left behind");
      const there = holding(create(Article, { title: "there", slug: "there", views: 7 }), blob.id);
      const later = update(there, { title: "later", slug: "later", views: 8 });
      await commit(storage, there, later);
      const id = there.meta.id;
      for (const [expected, slug] of [
        [2, "first"],
        [7, "second"],
      ] as const) {
        const life = lifeOf("life", slug);
        const moved = wholeOf(...life);
        const at = { version: moved.meta.version + expected - 1 };
        const whole: Archived = {
          meta: { ...moved.meta, ...at, id },
          pointers: moved.pointers.map((pointer) => (pointer.version === moved.meta.version ? { ...pointer, ...at } : pointer)),
          revisions: moved.revisions.map((each) => ({ ...each, revision: { ...each.revision, id } })),
        };
        await commit(storage, importOf({ ...lastOf(life), meta: whole.meta }, whole, expected));
        expect(await everything(storage)).toEqual([whole]);
        const renamed = life.map((each, i) => ({ ...each, meta: { ...each.meta, id, version: whole.pointers[i]?.version ?? 0 } }));
        await expectPast(storage, renamed);
        expect(await found(storage, Article, { where: { slug: { eq: slug } } })).toEqual([id]);
      }
      expect(await storage.blobs([blob.id])).toEqual([undefined]);
      const kinds = (await storage.changes({ after: 0, limit: 9, id })).map(({ kind, position }) => [position, kind]);
      expect(kinds).toEqual([
        [1, "created"],
        [2, "updated"],
        [3, "updated"],
        [4, "updated"],
      ]);
      await commit(storage, create(Article, { title: "free", slug: "first" }), create(Article, { title: "free", slug: "later" }));
    },
  },
  {
    name: "an import that deletes what was there leaves nothing of its columns",
    run: async ({ storage }) => {
      const there = create(Article, { title: "there", views: 7 });
      await commit(storage, there);
      const other = create(Article, { title: "archived", views: 9 }, { id: there.meta.id });
      const life: Versions = [other, remove(other)];
      await commit(storage, importOf(lastOf(life), wholeOf(...life), 1, { kind: "deleted" }));
      expect(await found(storage, Article, { where: { views: { eq: 7 } }, includeDeleted: true })).toEqual([]);
      expect(await found(storage, Article, { where: { views: { eq: 9 } }, includeDeleted: true })).toEqual([there.meta.id]);
    },
  },
  {
    name: "an import is refused where its id, its version, a unique value or a blob is not as it expects, and nothing is written",
    run: async ({ storage }) => {
      const there = create(Article, { title: "there", slug: "taken" });
      const changed = update(there, { title: "changed", slug: "taken" });
      await commit(storage, there, changed);
      const before = await everything(storage);
      const clash = create(Article, { title: "clash", slug: "taken" });
      const mine = create(Article, { title: "mine", slug: "mine" }, { id: there.meta.id });
      expect(await refusal(storage, unit(importOf(mine, wholeOf(mine))))).toEqual({ kind: "taken", id: mine.meta.id });
      expect(await refusal(storage, unit(importOf(mine, wholeOf(mine), 1)))).toEqual({ kind: "version", id: mine.meta.id, actual: 2 });
      const held = { kind: "unique", type: "article", columns: ["slug"], holder: there.meta.id };
      expect(await refusal(storage, unit(importOf(clash, wholeOf(clash))))).toEqual(held);
      const free = create(Article, { title: "free", slug: "free" });
      await commit(storage, free);
      const stolen = create(Article, { title: "stolen", slug: "taken" }, { id: free.meta.id });
      expect(await refusal(storage, unit(importOf(stolen, wholeOf(stolen), 1)))).toEqual(held);
      const blobless = holding(create(Article, { title: "blobless" }), "blob_0000000000000000000000unknown");
      const unknown = { kind: "blob", id: "blob_0000000000000000000000unknown" };
      expect(await refusal(storage, unit(importOf(blobless, wholeOf(blobless))))).toEqual(unknown);
      await expectAbsent(storage, clash, blobless);
      expect(await everything(storage)).toEqual([...before, wholeOf(free)]);
    },
  },
  {
    name: "an import of a purged resource reserves its id, and takes away what was there",
    run: async ({ storage }) => {
      const [never, there] = [create(Article, { title: "never here" }), create(Article, { title: "there" })];
      await commit(storage, there);
      const [reserved, gone] = [purge(never), purge(there)];
      await commit(storage, { ...reserved, change: { ...reserved.change, expected: 0 } }, gone);
      await expectAbsent(storage, never, there);
      for (const { meta } of [never, there]) {
        const again = create(Article, { title: "again" }, { id: meta.id });
        expect(await refusal(storage, unit(importOf(again, wholeOf(again))))).toEqual({ kind: "taken", id: meta.id });
      }
      expect(await everything(storage)).toMatchObject([goneOf(reserved), goneOf(gone)]);
    },
  },
];
