import { expect, vi } from "vitest";
import { type Case, commit, expectAbsent, expectCurrent, expectFeed, historyOf, readOne, refusal } from "../case.ts";
import { Article, Author, create, newId, purge, remove, restore, unit, update } from "../fixtures.ts";

/** Units of work: all or nothing, compare-and-set, independent of one another. */
export const committing: readonly Case[] = [
  {
    name: "a created resource is read back as it was written",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One", views: 3, tags: ["a", "b"], live: true, score: 0.5 }, { by: "ann", status: "draft" });
      await commit(storage, article);
      await expectCurrent(storage, article);
    },
  },
  {
    name: "an update needs the version that it replaces, and the failure says the actual one",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      await commit(storage, first, second);
      // First: a storage may look more closely for a while after it has refused something.
      const early = update({ ...second, meta: { ...second.meta, version: 3 } }, { title: "early" });
      expect(await refusal(storage, unit(early))).toEqual({ kind: "version", id: first.meta.id, actual: 2 });
      const late = update(first, { title: "late" });
      expect(await refusal(storage, unit(late))).toEqual({ kind: "version", id: first.meta.id, actual: 2 });
      // Another process may have made the very same change.
      expect(await refusal(storage, unit(second))).toEqual({ kind: "version", id: first.meta.id, actual: 2 });
      await expectCurrent(storage, second);
      await expectFeed(storage, first, second);
    },
  },
  {
    name: "a change of a resource that is not there fails with version 0",
    run: async ({ storage }) => {
      const never = create(Article, { title: "never" });
      expect(await refusal(storage, unit(update(never, { title: "2" })))).toEqual({ kind: "version", id: never.meta.id, actual: 0 });
      expect(await refusal(storage, unit(remove(never)))).toEqual({ kind: "version", id: never.meta.id, actual: 0 });
      await expectAbsent(storage, never);
    },
  },
  {
    name: "an id that is live or deleted is taken",
    run: async ({ storage }) => {
      const live = create(Article, { title: "live" });
      const deleted = create(Article, { title: "deleted" });
      const gone = remove(deleted);
      await commit(storage, live, deleted, gone);
      for (const held of [live, gone]) {
        const { id } = held.meta;
        expect(await refusal(storage, unit(create(Article, { title: "again" }, { id })))).toEqual({ kind: "taken", id });
        await expectCurrent(storage, held);
      }
    },
  },
  {
    name: "a purged id stays reserved and takes no change",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One" });
      const purged = purge(article);
      await commit(storage, article, purged);
      const { id } = article.meta;
      expect(await refusal(storage, unit(create(Article, { title: "again" }, { id })))).toEqual({ kind: "taken", id });
      expect(await refusal(storage, unit(update(article, { title: "2" })))).toMatchObject({ kind: "version", id });
      expect(await refusal(storage, unit(restore(remove(article))))).toMatchObject({ kind: "version", id });
      await expectAbsent(storage, article);
    },
  },
  {
    name: "ids differ by case",
    run: async ({ storage }) => {
      const upper = create(Article, { title: "upper" }, { id: "article_KEY" });
      const lower = create(Article, { title: "lower" }, { id: "article_key" });
      await commit(storage, upper, lower);
      await expectCurrent(storage, upper, lower);
    },
  },
  {
    name: "a unit commits all of its changes, across specs, in order",
    run: async ({ storage }) => {
      const author = create(Author, { name: "Ann" });
      const article = create(Article, { title: "One", author: author.meta.id });
      const renamed = update(author, { name: "Anna" });
      expect(await storage.commit([unit(author, article)])).toEqual([{ ok: true }]);
      const removed = remove(article);
      expect(await storage.commit([unit(removed, renamed)])).toEqual([{ ok: true }]);
      await expectCurrent(storage, removed, renamed);
      await expectFeed(storage, author, article, removed, renamed);
    },
  },
  {
    name: "a unit may change one resource twice",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1" });
      const second = update(first, { title: "2" });
      expect(await storage.commit([unit(first, second)])).toEqual([{ ok: true }]);
      await expectCurrent(storage, second);
      await expectFeed(storage, first, second);
      expect(await storage.read("article", [{ id: first.meta.id, number: 1 }])).toEqual([{ meta: second.meta, revision: first.revision }]);
    },
  },
  {
    name: "a unit that fails in its last change leaves nothing of the others",
    run: async ({ storage }) => {
      const stale = create(Article, { title: "stale" });
      await commit(storage, stale);
      const other = create(Article, { title: "other" });
      const renamed = update(stale, { title: "renamed" });
      const conflict = create(Article, { title: "conflict" }, { id: stale.meta.id });
      expect(await refusal(storage, unit(other, renamed, conflict))).toMatchObject({ kind: "taken", id: stale.meta.id });
      await expectAbsent(storage, other);
      await expectCurrent(storage, stale);
      await expectFeed(storage, stale);
      expect((await historyOf(storage, "article", stale.meta.id, { limit: 10, fromEnd: false })).total).toBe(1);
    },
  },
  {
    name: "units of one list do not disturb one another, and are answered in order",
    run: async ({ storage }) => {
      const held = create(Article, { title: "held" });
      await commit(storage, held);
      const before = create(Article, { title: "before" });
      const taken = create(Article, { title: "taken" }, { id: held.meta.id });
      const behind = create(Author, { name: "behind" });
      const results = await storage.commit([unit(before), unit(taken), unit(behind)]);
      expect(results).toEqual([{ ok: true }, { ok: false, failure: { kind: "taken", id: held.meta.id } }, { ok: true }]);
      await expectCurrent(storage, before, held, behind);
    },
  },
  {
    name: "two units of one list may change the same resource, in order, however large the first is",
    run: async ({ storage }) => {
      const first = create(Article, { title: "1", text: "x".repeat(200_000) });
      const second = update(first, { title: "2" });
      const rival = update(first, { title: "rival" });
      const results = await storage.commit([unit(first), unit(second), unit(rival)]);
      expect(results).toEqual([{ ok: true }, { ok: true }, { ok: false, failure: { kind: "version", id: first.meta.id, actual: 2 } }]);
      await expectCurrent(storage, second);
      await expectFeed(storage, first, second);
    },
  },
  {
    name: "a list longer than a transaction is worth is answered whole, in order",
    run: async ({ storage }) => {
      const articles = Array.from({ length: 150 }, (_, index) => create(Article, { views: index }));
      const ids = new Set(articles.map(({ meta }) => meta.id));
      const results = await storage.commit([
        ...articles.map((article) => unit(article)),
        unit(update(create(Article, {}, { id: newId(Article) }), {})),
      ]);
      expect(results.map(({ ok }) => ok)).toEqual([...articles.map(() => true), false]);
      const answers = await storage.read(
        "article",
        [...ids].map((id) => ({ id })),
      );
      expect(answers.map((answer) => answer?.meta.columns.views)).toEqual(articles.map((_, index) => index));
    },
  },
  {
    name: "a commit of no units is no change",
    run: async ({ storage }) => {
      expect(await storage.commit([])).toEqual([]);
      expect((await storage.state()).head).toBe(0);
    },
  },
  {
    name: "readers are woken after a commit, when its changes can be read",
    run: async ({ storage, wakes }) => {
      const article = create(Article, { title: "One" });
      expect(wakes()).toBe(0);
      await commit(storage, article);
      await vi.waitFor(() => expect(wakes()).toBeGreaterThan(0), { interval: 5 });
      expect(await readOne(storage, article)).toBeDefined();
    },
  },
];
