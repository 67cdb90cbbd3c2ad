import { expect } from "vitest";
import type { RevisionQuery, Stored } from "../../../src/storage/rows.ts";
import { type Case, commit, expectAbsent, historyOf } from "../case.ts";
import { Article, Author, create, modify, newId, remove, restore, storedOf, switchTo, update, type Version } from "../fixtures.ts";
import { pageOf } from "../page.ts";

/** What reading as of an instant answers for a version that was current then. */
const asOf = (version: Version): Stored => ({ meta: { ...version.meta, columns: {} }, revision: version.revision });

/** A resource with nine revisions, and how they page. */
async function history(commitAll: (...versions: Version[]) => Promise<void>) {
  const versions = [create(Article, { views: 1 })];
  for (let number = 2; number <= 9; number++)
    versions.push(update(versions.at(-1) as Version, { views: number, text: "x".repeat(number * 4_000) }));
  await commitAll(...versions);
  return { id: (versions[0] as Version).meta.id, all: versions.map(({ revision }) => revision) };
}

/** Reading by id: current, by number, as of an instant; and the history by pages. */
export const reading: readonly Case[] = [
  {
    name: "answers come one per key, in the order of the keys, also for unknown and repeated ones",
    run: async ({ storage }) => {
      const [a, b, c] = [
        create(Article, { title: "a" }),
        create(Article, { title: "b" }),
        create(Article, { title: "c", text: "x".repeat(50_000) }),
      ];
      await commit(storage, a, b, c);
      const keys = [c, a, create(Article, {}), c, b].map(({ meta }) => ({ id: meta.id }));
      expect(await storage.read("article", keys)).toEqual([storedOf(c), storedOf(a), undefined, storedOf(c), storedOf(b)]);
      expect(await storage.read("article", [])).toEqual([]);
    },
  },
  {
    name: "an id is known to its own spec only",
    run: async ({ storage }) => {
      const article = create(Article, { title: "a" });
      await commit(storage, article);
      const { id } = article.meta;
      const keys = [{ id }, { id, number: 1 }, { id, asOf: article.change.at }];
      expect(await storage.read("author", keys)).toEqual([undefined, undefined, undefined]);
      expect((await historyOf(storage, "author", id, { limit: 10, fromEnd: false })).rows).toEqual([]);
    },
  },
  {
    name: "a revision number that is not there is not answered",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      await commit(storage, first, second);
      const { id } = first.meta;
      expect(
        await storage.read("article", [
          { id, number: 0 },
          { id, number: 3 },
          { id, number: 2 },
        ]),
      ).toEqual([undefined, undefined, storedOf(second)]);
      await expectAbsent(storage, create(Article, {}));
    },
  },
  {
    name: "as of an instant a resource is what its pointer was then, deletion included",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" }, { by: "ann" });
      const second = update(first, { title: "2", text: "x".repeat(50_000) }, { by: "ben", status: "draft" });
      const back = switchTo(second, first, { by: "cat" });
      const removed = remove(back, { by: "dan" });
      const restored = restore(removed, { by: "eve" });
      const third = update(restored, { title: "3" });
      const versions = [first, second, back, removed, restored, third];
      await commit(storage, ...versions);
      const { id } = first.meta;
      for (const offset of [0, 5, 9]) {
        const keys = versions.map(({ change }) => ({ id, asOf: change.at + offset }));
        expect(await storage.read("article", keys)).toEqual(versions.map(asOf));
      }
      expect(
        await storage.read("article", [
          { id, asOf: first.change.at - 1 },
          { id, asOf: 0 },
          { id, asOf: third.change.at + 1e9 },
        ]),
      ).toEqual([undefined, undefined, asOf(third)]);
    },
  },
  {
    name: "as of an instant a draft shows as last modified",
    run: async ({ storage }) => {
      const draft = create(Article, { title: "draft" }, { status: "draft" });
      const modified = modify(draft, { title: "modified" }, { status: "stable" });
      await commit(storage, draft, modified);
      const [then] = await storage.read("article", [{ id: draft.meta.id, asOf: draft.change.at }]);
      expect(then?.revision).toEqual(modified.revision);
      expect(then?.meta.version).toBe(1);
    },
  },
  {
    name: "by number the meta is today's, and the revision is of that number",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      const removed = remove(second);
      await commit(storage, first, second, removed);
      expect(await storage.read("article", [{ id: first.meta.id, number: 1 }])).toEqual([{ meta: removed.meta, revision: first.revision }]);
    },
  },
  {
    name: "revisions page forwards and backwards, and know what stands around a page",
    run: async ({ storage }) => {
      const { id, all } = await history((...versions) => commit(storage, ...versions));
      const windows: Pick<RevisionQuery, "after" | "before">[] = [
        {},
        { after: 0 },
        { after: 4 },
        { before: 6 },
        { after: 2, before: 8 },
        { before: 10 },
        { after: 8 },
      ];
      for (const window of windows) {
        for (const limit of [1, 2, 4, 9, 20]) {
          for (const fromEnd of [false, true]) {
            const expected = pageOf(all, {
              limit,
              fromEnd,
              isAfter: ({ number }) => number > (window.after ?? 0),
              isBefore: ({ number }) => number < (window.before ?? 99),
            });
            const page = await historyOf(storage, "article", id, { ...window, limit, fromEnd });
            expect(page, JSON.stringify({ ...window, limit, fromEnd })).toEqual({ ...expected, total: 9 });
          }
        }
      }
    },
  },
  {
    name: "revisions of a page behind the last or of no rows are none, with the total all the same",
    run: async ({ storage }) => {
      const { id } = await history((...versions) => commit(storage, ...versions));
      for (const query of [
        { limit: 5, after: 9, fromEnd: false },
        { limit: 5, before: 1, fromEnd: true },
        { limit: 0, fromEnd: false },
      ]) {
        expect(await historyOf(storage, "article", id, query)).toMatchObject({ rows: [], total: 9 });
      }
    },
  },
  {
    name: "the history of a deleted resource remains, that of an unknown one is empty",
    run: async ({ storage }) => {
      const first = create(Author, { name: "1" });
      const second = update(first, { name: "2" });
      await commit(storage, first, second, remove(second));
      expect((await historyOf(storage, "author", first.meta.id, { limit: 10, fromEnd: false })).rows).toEqual([
        first.revision,
        second.revision,
      ]);
      expect(await historyOf(storage, "author", newId(Author), { limit: 10, fromEnd: false })).toEqual({
        rows: [],
        total: 0,
        hasPrevious: false,
        hasNext: false,
      });
    },
  },
  {
    name: "histories of several resources come in the order of their ids, each with its own page and total",
    run: async ({ storage }) => {
      const first = create(Author, { name: "1" });
      const changed = [update(first, { name: "2" })];
      changed.push(update(changed[0] as Version, { name: "3" }));
      const other = create(Author, { name: "other" });
      await commit(storage, first, ...changed, other);
      const ids = [other.meta.id, newId(Author), first.meta.id];
      const none = { rows: [], total: 0, hasPrevious: false, hasNext: false };
      expect(await storage.revisions("author", ids, { limit: 2, fromEnd: true })).toEqual([
        { ...none, rows: [other.revision], total: 1 },
        none,
        { rows: changed.map(({ revision }) => revision), total: 3, hasPrevious: true, hasNext: false },
      ]);
      expect(await storage.revisions("author", [], { limit: 2, fromEnd: false })).toEqual([]);
    },
  },
];
