import { expect } from "vitest";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, expectCurrent, expectFeed, feedRow, refusal } from "../case.ts";
import {
  Article,
  Author,
  create,
  modify,
  newId,
  type Options,
  purge,
  remove,
  restore,
  switchTo,
  unit,
  update,
  type Version,
} from "../fixtures.ts";

const hour = 60 * 60 * 1000;

/** Commits one by one until it is so: rows are dropped beside commits, now and then. */
async function commitUntil(storage: IStorage, isSo: () => Promise<boolean>, options: Options = {}): Promise<readonly Version[]> {
  const committed: Version[] = [];
  while (!(await isSo())) {
    expect(committed.length, "commits without anything dropped").toBeLessThan(500);
    const version = create(Author, { name: "later" }, options);
    await commit(storage, version);
    committed.push(version);
  }
  return committed;
}

/** The feed: every change once, dense from 1, in order. */
export const feeds: readonly Case[] = [
  {
    name: "every kind of change stands in the feed, with what it says of itself",
    run: async ({ storage }) => {
      const created = create(Article, { title: "1" }, { by: "ann" });
      const updated = update(created, { title: "2" }, { by: "ben", status: "draft" });
      const modified = modify(updated, { title: "3" }, { by: "cat" });
      const switched = switchTo(modified, created);
      const removed = remove(switched, { by: "dan" });
      const restored = restore(removed);
      const purged = purge(restored);
      await commit(storage, created, updated, modified, switched, removed, restored, purged);
      await expectFeed(storage, created, updated, modified, switched, removed, restored, purged);
    },
  },
  {
    name: "positions are dense: a unit that failed leaves no gap",
    run: async ({ storage }) => {
      const first = create(Article, { slug: "one" });
      const second = create(Article, { slug: "two" });
      await commit(storage, first);
      await refusal(storage, unit(create(Author, { name: "x" }), create(Article, { slug: "one" })));
      const third = create(Article, { slug: "three" });
      await storage.commit([unit(second), unit(create(Article, { slug: "one" })), unit(third)]);
      await expectFeed(storage, first, second, third);
      expect((await storage.state()).head).toBe(3);
    },
  },
  {
    name: "reading goes on behind a position, by limit",
    run: async ({ storage }) => {
      const articles = Array.from({ length: 7 }, (_, views) => create(Article, { views }));
      await commit(storage, ...articles);
      const rows = articles.map(({ change }, index) => feedRow(change, index + 1));
      for (let after = 0; after <= 8; after++)
        for (const limit of [1, 3, 100]) expect(await storage.changes({ after, limit })).toEqual(rows.slice(after, after + limit));
    },
  },
  {
    name: "the feed can be read by specs and by resource, and keeps its positions",
    run: async ({ storage }) => {
      const author = create(Author, { name: "a" });
      const article = create(Article, { title: "b" });
      const renamed = update(author, { name: "c" });
      const removed = remove(article);
      const versions = [author, article, renamed, removed];
      await commit(storage, ...versions);
      const rows = versions.map(({ change }, index) => feedRow(change, index + 1));
      const all = { after: 0, limit: 10 };
      expect(await storage.changes({ ...all, types: ["author"] })).toEqual([rows[0], rows[2]]);
      expect(await storage.changes({ ...all, types: ["article", "author"] })).toEqual(rows);
      expect(await storage.changes({ ...all, types: ["comment"] })).toEqual([]);
      expect(await storage.changes({ ...all, types: [] })).toEqual([]);
      expect(await storage.changes({ ...all, id: article.meta.id })).toEqual([rows[1], rows[3]]);
      expect(await storage.changes({ after: 2, limit: 1, id: article.meta.id, types: ["article"] })).toEqual([rows[3]]);
      expect(await storage.changes({ ...all, id: article.meta.id, types: ["author"] })).toEqual([]);
      expect(await storage.changes({ ...all, id: newId(Article) })).toEqual([]);
    },
  },
  {
    name: "the head is the newest position, epoch and secret stay as they are",
    run: async ({ storage }) => {
      const before = await storage.state();
      expect(before.head).toBe(0);
      expect(before.epoch).not.toBe("");
      expect(before.secret).toHaveLength(32);
      expect(new Set(before.secret).size).toBeGreaterThan(4);
      const article = create(Article, { title: "1" });
      await commit(storage, article, update(article, { title: "2" }));
      expect(await storage.state()).toEqual({ ...before, head: 2 });
    },
  },
  {
    name: "rows within the retention stay, and what is older is dropped from the oldest end",
    feedRetentionMs: hour,
    run: async ({ storage }) => {
      expect(await storage.state()).toMatchObject({ head: 0, tail: 0 });
      const long = Date.now() - 2 * hour;
      const old = Array.from({ length: 5 }, (_, views) => create(Article, { views }, { at: long + views }));
      const fresh = create(Article, { title: "fresh" });
      // A clock that went back: what stands behind a young row stays as long as that row.
      const behind = create(Article, { title: "behind" }, { at: long });
      await storage.commit([...old, fresh, behind].map((version) => unit(version)));
      const later = await commitUntil(storage, async () => (await storage.state()).tail > 0);
      const kept = [fresh, behind, ...later].map(({ change }, index) => feedRow(change, index + 6));
      expect(await storage.state()).toMatchObject({ head: 7 + later.length, tail: 5 });
      expect(await storage.changes({ after: 5, limit: 1_000 })).toEqual(kept);
      expect(await storage.changes({ after: 6, limit: 1 })).toEqual(kept.slice(1, 2));
      expect(await storage.changes({ after: 5, limit: 10, id: behind.meta.id })).toEqual(kept.slice(1, 2));
    },
  },
  {
    name: "dropping feed rows takes nothing else, and never the newest one",
    feedRetentionMs: hour,
    run: async ({ storage }) => {
      const old = Array.from({ length: 5 }, (_, views) => create(Article, { views }, { at: Date.now() - 2 * hour + views }));
      await storage.commit(old.map((version) => unit(version)));
      const at = Date.now() - 2 * hour;
      const later = await commitUntil(storage, async () => (await storage.state()).tail >= 5, { at });
      const { head, tail } = await storage.state();
      expect(head).toBe(5 + later.length);
      expect(tail).toBeLessThan(head);
      const rows = await storage.changes({ after: tail, limit: 1_000 });
      expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: head - tail }, (_, index) => tail + 1 + index));
      await expectCurrent(storage, ...old, ...later);
      const next = create(Article, { title: "next" });
      await commit(storage, next);
      expect((await storage.changes({ after: head, limit: 10 })).map(({ id, position }) => [id, position])).toEqual([
        [next.meta.id, head + 1],
      ]);
    },
  },
  {
    name: "the feed is kept for days unless told otherwise",
    run: async ({ storage }) => {
      const sixDaysAgo = Date.now() - 6 * 24 * hour;
      const articles = Array.from({ length: 300 }, () => create(Article, {}, { at: sixDaysAgo }));
      for (let i = 0; i < 300; i += 30) await storage.commit(articles.slice(i, i + 30).map((version) => unit(version)));
      expect(await storage.state()).toMatchObject({ head: 300, tail: 0 });
      expect(await storage.changes({ after: 0, limit: 1_000 })).toHaveLength(300);
    },
  },
];
