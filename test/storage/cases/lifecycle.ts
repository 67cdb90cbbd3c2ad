import { expect } from "vitest";
import { type Case, commit, expectAbsent, expectCurrent, expectFeed, found, historyOf } from "../case.ts";
import { Article, create, modify, purge, remove, restore, switchTo, update } from "../fixtures.ts";

/** What each kind of change does to a resource, its revisions and its columns. */
export const lifecycle: readonly Case[] = [
  {
    name: "an update adds a revision and keeps the earlier ones",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", views: 1 });
      const second = update(first, { title: "2" }, { by: "ben" });
      const third = update(second, { title: "3", views: 3 });
      await commit(storage, first, second, third);
      await expectCurrent(storage, third);
      const { id } = first.meta;
      const answers = await storage.read(
        "article",
        [1, 2, 3].map((number) => ({ id, number })),
      );
      expect(answers).toEqual([first, second, third].map(({ revision }) => ({ meta: third.meta, revision })));
      expect(third.revision.parent).toBe(2);
    },
  },
  {
    name: "modified replaces the current revision and adds none",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const draft = update(first, { title: "draft", text: "x" }, { status: "draft" });
      const modified = modify(draft, { title: "modified" });
      const stable = modify(modified, { title: "stable" }, { status: "stable" });
      await commit(storage, first, draft, modified);
      await expectCurrent(storage, modified);
      await commit(storage, stable);
      await expectCurrent(storage, stable);
      const page = await historyOf(storage, "article", first.meta.id, { limit: 10, fromEnd: false });
      expect(page).toEqual({ rows: [first.revision, stable.revision], total: 2, hasPrevious: false, hasNext: false });
      expect(await found(storage, Article, { where: { title: { in: ["draft", "modified"] } } })).toEqual([]);
      expect(await found(storage, Article, { where: { title: { eq: "stable" } } })).toEqual([first.meta.id]);
    },
  },
  {
    name: "switching moves the pointer and the columns, and copies nothing",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", views: 1, tags: ["a"] });
      const second = update(first, { title: "2", tags: ["b"] });
      const back = switchTo(second, first);
      await commit(storage, first, second, back);
      await expectCurrent(storage, back);
      expect((await historyOf(storage, "article", first.meta.id, { limit: 10, fromEnd: false })).rows).toEqual([
        first.revision,
        second.revision,
      ]);
      expect(await found(storage, Article, { where: { title: { eq: "1" }, views: { eq: 1 }, tags: { has: "a" } } })).toEqual([
        first.meta.id,
      ]);
      expect(await found(storage, Article, { where: { or: [{ title: { eq: "2" } }, { tags: { has: "b" } }] } })).toEqual([]);
    },
  },
  {
    name: "an update after a switch has the next number and the switched-to parent",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      const back = switchTo(second, first);
      const third = update(back, { title: "3" });
      await commit(storage, first, second, back, third);
      await expectCurrent(storage, third);
      const { rows } = await historyOf(storage, "article", first.meta.id, { limit: 10, fromEnd: false });
      expect(rows.map(({ number, parent }) => [number, parent])).toEqual([
        [1, null],
        [2, 1],
        [3, 1],
      ]);
    },
  },
  {
    name: "a deleted resource is read with its mark, and restoring clears it",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One" });
      const removed = remove(article, { by: "ben" });
      await commit(storage, article, removed);
      await expectCurrent(storage, removed);
      expect(await storage.read("article", [{ id: article.meta.id, number: 1 }])).toEqual([
        { meta: removed.meta, revision: article.revision },
      ]);
      expect(await found(storage, Article, {})).toEqual([]);
      const restored = restore(removed);
      await commit(storage, restored);
      await expectCurrent(storage, restored);
      expect(await found(storage, Article, {})).toEqual([article.meta.id]);
    },
  },
  {
    name: "a purge removes the resource, its revisions and its past from every read",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", text: "x".repeat(50_000) });
      const second = update(first, { title: "2" });
      const neighbour = create(Article, { title: "neighbour" });
      const purged = purge(second);
      await commit(storage, first, second, neighbour, purged);
      const { id } = first.meta;
      await expectAbsent(storage, first);
      const keys = [
        { id, number: 1 },
        { id, number: 2 },
        { id, asOf: first.change.at },
        { id, asOf: second.change.at },
        { id, asOf: purged.change.at },
      ];
      expect(await storage.read("article", keys)).toEqual(keys.map(() => undefined));
      expect(await historyOf(storage, "article", id, { limit: 10, fromEnd: false })).toEqual({
        rows: [],
        total: 0,
        hasPrevious: false,
        hasNext: false,
      });
      expect(await found(storage, Article, { includeDeleted: true })).toEqual([neighbour.meta.id]);
      await expectCurrent(storage, neighbour);
    },
  },
  {
    name: "after a purge the earlier feed rows remain and the purge is one more",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      const removed = remove(second);
      const purged = purge(removed);
      await commit(storage, first, second, removed, purged);
      await expectFeed(storage, first, second, removed, purged);
    },
  },
  {
    name: "a purge takes the kept replies of its resource along, and no others",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One" });
      const neighbour = create(Article, { title: "Two" });
      const reply = (key: string, id: string) => ({ key, payload: "p", id, result: `{"id":"${id}"}`, expiresAt: Date.now() + 86_400_000 });
      const kept = reply("k-neighbour", neighbour.meta.id);
      await storage.commit([
        { changes: [article.change], reply: reply("k-article", article.meta.id) },
        { changes: [neighbour.change], reply: kept },
      ]);
      expect(await storage.reply("k-article")).toBeDefined();
      await commit(storage, purge(article));
      expect(await storage.reply("k-article")).toBeUndefined();
      expect(await storage.reply("k-neighbour")).toEqual(kept);
    },
  },
];
