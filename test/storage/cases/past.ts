import { expect } from "vitest";
import type { PastQuery } from "../../../src/storage/past.ts";

import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, refusal, searchQuery } from "../case.ts";
import {
  Article,
  create,
  modify,
  newId,
  paged,
  pagedOf,
  purge,
  remove,
  restore,
  switchTo,
  unit,
  update,
  type Version,
} from "../fixtures.ts";

type Search = Parameters<typeof searchQuery>[1];

const pastQuery = (at: number, search: Search = {}): PastQuery => ({ ...searchQuery(Article, search), at, today: undefined });

async function titles(storage: IStorage, at: number, search: Search = {}): Promise<unknown[]> {
  const { rows } = await storage.past.search("article", pastQuery(at, search));
  return rows.map(({ revision }) => JSON.parse(revision.body).title);
}

/** From the instant before the first change to the one behind the last, each with what a list shows. */
async function expectLife(storage: IStorage, life: readonly (readonly [Version, string | undefined])[], search: Search = {}) {
  let before: unknown[] = [];
  for (const [{ change }, title] of life) {
    const after = title === undefined ? [] : [title];
    expect(await titles(storage, change.at - 1, search), `before ${change.kind}`).toEqual(before);
    expect(await titles(storage, change.at, search), `at ${change.kind}`).toEqual(after);
    before = after;
  }
  expect(await titles(storage, Date.UTC(9999, 11, 31, 23, 59, 59, 999) + 3_600_000, search)).toEqual(before);
}

/** Lists as of an instant. */
export const past: readonly Case[] = [
  {
    name: "a list as of an instant shows each resource as it was then, and none while it was deleted or not there",
    run: async ({ storage }) => {
      for (const at of [Date.UTC(1969, 0, 1), -62_170_000_000_000]) expect(await titles(storage, at)).toEqual([]);
      const first = create(Article, { title: "one" });
      const second = update(first, { title: "two" });
      const back = switchTo(second, first);
      const deleted = remove(back);
      const restored = restore(deleted);
      const third = update(restored, { title: "three" });
      await commit(storage, first, second, back, deleted, restored, third);
      const life = [
        [first, "one"],
        [second, "two"],
        [back, "one"],
        [deleted, undefined],
        [restored, "one"],
        [third, "three"],
      ] as const;
      await expectLife(storage, life);
      expect(await titles(storage, deleted.change.at, { includeDeleted: true })).toEqual(["one"]);
    },
  },
  {
    name: "filters and orders of the past see what was indexed then",
    run: async ({ storage }) => {
      const one = create(Article, { title: "one", views: 1, tags: ["a"], live: true });
      const two = create(Article, { title: "two", views: 2, tags: [], live: false });
      const changed = update(one, { title: "one", views: 3, tags: ["b"] });
      await commit(storage, one, two, changed);
      const [then, now] = [changed.change.at - 1, changed.change.at];
      expect(await titles(storage, then, { orderBy: ["-views"] })).toEqual(["two", "one"]);
      expect(await titles(storage, now, { orderBy: ["-views"] })).toEqual(["one", "two"]);
      for (const where of [
        { views: { lt: 2 } },
        { tags: { has: "a" } },
        { live: { eq: true } },
        { meta: { version: { eq: 1 } }, title: { iEq: "ONE" } },
      ]) {
        expect(await titles(storage, then, { where }), JSON.stringify(where)).toEqual(["one"]);
        expect(await titles(storage, now, { where }), JSON.stringify(where)).toEqual([]);
      }
      expect(await titles(storage, now, { where: { live: { isNull: true } } })).toEqual(["one"]);
    },
  },
  {
    name: "rows of the past have the meta of then, stand in their order, and say what is current today",
    run: async ({ storage }) => {
      const first = create(Article, { title: "one", views: 1, text: "x".repeat(50_000) }, { by: "ann" });
      const second = update(first, { title: "two", views: 2 }, { by: "ben" });
      const deleted = remove(second, { by: "cem" });
      await commit(storage, first, second, deleted);
      const search = { orderBy: ["views"], includeDeleted: true };
      for (const version of [first, second, deleted]) {
        const page = await storage.past.search("article", pastQuery(version.change.at, search));
        expect(paged(page)).toEqual({ rows: [{ ...pagedOf("views")(version), currentToday: 2 }], hasPrevious: false, hasNext: false });
      }
    },
  },
  {
    name: "a draft shows as last modified, at every instant that points at it",
    run: async ({ storage }) => {
      const other = create(Article, { title: "other", views: 1 }, { status: "draft" });
      const draft = update(other, { title: "draft", views: 2 }, { status: "draft" });
      const modified = modify(draft, { title: "modified", views: 3 });
      const stable = modify(modified, { title: "stable", views: 4 }, { status: "stable" });
      await commit(storage, other, draft, modified, stable);
      const { at } = draft.change;
      expect(await titles(storage, at)).toEqual(["stable"]);
      expect(await titles(storage, at, { where: { views: { eq: 4 }, meta: { status: { eq: "stable" }, version: { eq: 2 } } } })).toEqual([
        "stable",
      ]);
      expect(await titles(storage, at, { where: { views: { lt: 4 } } })).toEqual([]);
      expect(await titles(storage, other.change.at, { where: { views: { eq: 1 }, meta: { status: { eq: "draft" } } } })).toEqual(["other"]);
    },
  },
  {
    name: "a purge leaves nothing of a resource at any instant",
    run: async ({ storage }) => {
      const kept = create(Article, { title: "kept" });
      const first = create(Article, { title: "purged" });
      const second = update(first, { title: "purged too" });
      await commit(storage, kept, first, second);
      expect(await titles(storage, first.change.at)).toEqual(["kept", "purged"]);
      await commit(storage, purge(second));
      for (const at of [first.change.at, second.change.at, second.change.at + 1_000])
        expect(await titles(storage, at, { includeDeleted: true })).toEqual(["kept"]);
    },
  },
  {
    name: "pages of the past are cut from the states of then, and know what stands around them",
    run: async ({ storage }) => {
      const articles = [3, null, 1, 5, 2].map((views, index) => create(Article, { views, title: `n${index}` }));
      const changed = articles.filter((_, index) => index % 2 === 0).map((each) => update(each, { views: 9, title: "now" }));
      await commit(storage, ...articles, ...changed);
      const at = (changed[0]?.change.at ?? 0) - 1;
      const expected = ["n2", "n4", "n0", "n3", "n1"];
      const query = pastQuery(at, { orderBy: ["views"], total: true });
      for (const fromEnd of [false, true]) {
        const seen: string[] = [];
        for (let edge = {}; ; ) {
          const page = await storage.past.search("article", { ...query, ...edge, limit: 2, fromEnd });
          expect(page.total).toBe(5);
          expect([page.hasPrevious, page.hasNext]).toEqual(
            fromEnd ? [seen.length + page.rows.length < 5, seen.length > 0] : [seen.length > 0, seen.length + page.rows.length < 5],
          );
          const found = page.rows.map(({ revision }) => JSON.parse(revision.body).title);
          if (fromEnd) seen.unshift(...found);
          else seen.push(...found);
          const last = fromEnd ? page.positions[0] : page.positions.at(-1);
          if (!last || !(fromEnd ? page.hasPrevious : page.hasNext)) break;
          edge = { [fromEnd ? "before" : "after"]: last };
        }
        expect(seen).toEqual(expected);
      }
      expect(await storage.past.search("article", { ...query, limit: 0 })).toMatchObject({ rows: [], total: 5 });
    },
  },
  {
    name: "what is not to be found today is not found in the past, deleted or not",
    run: async ({ storage }) => {
      const [open, secret, gone] = ["open", "secret", "gone"].map((title) => create(Article, { title, live: true })) as [
        Version,
        Version,
        Version,
      ];
      const hidden = update(secret, { title: "secret", live: false });
      const { at } = gone.change;
      await commit(storage, open, secret, gone, hidden, remove(gone));
      const today = searchQuery(Article, { where: { live: { eq: true } } }).filter;
      const page = await storage.past.search("article", { ...pastQuery(at, { total: true }), today });
      expect(page.rows.map(({ meta }) => meta.id)).toEqual([open.meta.id, gone.meta.id]);
      expect(page.total).toBe(2);
    },
  },
  {
    name: "a unit that is refused leaves no past behind",
    run: async ({ storage }) => {
      const taken = create(Article, { title: "taken", slug: "s" });
      const first = create(Article, { title: "one" });
      await commit(storage, taken, first);
      const second = update(first, { title: "two" });
      const rival = create(Article, { slug: "s" }, { id: newId(Article) });
      expect(await refusal(storage, unit(second, rival))).toMatchObject({ kind: "unique" });
      expect(await refusal(storage, unit(update(first, { title: "two", slug: "s" })))).toMatchObject({ kind: "unique" });
      const later = update(first, { title: "later" });
      await commit(storage, later);
      expect(await titles(storage, later.change.at - 1, { orderBy: ["title"] })).toEqual(["one", "taken"]);
      expect(await titles(storage, later.change.at, { orderBy: ["title"] })).toEqual(["later", "taken"]);
    },
  },
  {
    name: "changes of one unit leave a state for each of them",
    run: async ({ storage }) => {
      const first = create(Article, { title: "one" });
      const second = update(first, { title: "two" });
      const third = update(second, { title: "three" });
      expect(await storage.commit([unit(first, second, third)])).toEqual([{ ok: true }]);
      await expectLife(storage, [
        [first, "one"],
        [second, "two"],
        [third, "three"],
      ]);
    },
  },
  {
    name: "reopening keeps the past, and goes on with it",
    needs: "durable",
    run: async ({ storage, reopen }) => {
      const first = create(Article, { title: "one" });
      const second = update(first, { title: "two" });
      await commit(storage, first, second);
      const again = await reopen();
      const third = update(second, { title: "three" });
      await commit(again, third);
      await expectLife(again, [
        [first, "one"],
        [second, "two"],
        [third, "three"],
      ]);
    },
  },
];
