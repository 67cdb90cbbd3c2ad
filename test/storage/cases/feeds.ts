import { expect } from "vitest";
import { type Case, commit, expectFeed, feedRow, refusal } from "../case.ts";
import { Article, Author, create, modify, newId, purge, remove, restore, switchTo, unit, update } from "../fixtures.ts";

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
];
