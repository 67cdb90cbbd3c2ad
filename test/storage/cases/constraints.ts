import { expect } from "vitest";
import type { Guard, UnitOfWork } from "../../../src/storage/rows.ts";
import { type Case, commit, expectAbsent, expectCurrent, expectFeed, refusal } from "../case.ts";
import { Article, Author, create, modify, newId, purge, remove, restore, switchTo, unit, update, type Version } from "../fixtures.ts";

const slugTakenBy = (holder: Version) => ({ kind: "unique", type: "article", columns: ["slug"], holder: holder.meta.id });

/** A unit that creates something under these guards. */
function guarded(...guards: readonly Guard[]): { work: UnitOfWork; created: Version } {
  const created = create(Article, { title: "guarded" });
  return { work: { changes: [created.change], guards }, created };
}

/** Unique columns and guards: checked in the transaction, against what is live. */
export const constraints: readonly Case[] = [
  {
    name: "a unique value has one live holder, whom the failure names",
    run: async ({ storage }) => {
      const holder = create(Article, { slug: "one" });
      const other = create(Article, { slug: "two" });
      await commit(storage, holder, other);
      const rival = create(Article, { slug: "one" });
      expect(await refusal(storage, unit(rival))).toEqual(slugTakenBy(holder));
      expect(await refusal(storage, unit(update(other, { slug: "one" })))).toEqual(slugTakenBy(holder));
      await expectAbsent(storage, rival);
      await expectCurrent(storage, holder, other);
      await expectFeed(storage, holder, other);
    },
  },
  {
    name: "a draft holds its unique value, and a modification may not take another's",
    run: async ({ storage }) => {
      const holder = create(Article, { slug: "one" }, { status: "draft" });
      const draft = create(Article, { slug: "two" }, { status: "draft" });
      await commit(storage, holder, draft);
      expect(await refusal(storage, unit(create(Article, { slug: "one" })))).toEqual(slugTakenBy(holder));
      expect(await refusal(storage, unit(modify(draft, { slug: "one" })))).toEqual(slugTakenBy(holder));
      await expectCurrent(storage, draft);
    },
  },
  {
    name: "a unique value is free again after an update, a deletion or a purge",
    run: async ({ storage }) => {
      for (const away of [(held: Version) => update(held, { slug: "elsewhere" }), remove, purge]) {
        const slug = newId(Article);
        const held = create(Article, { slug });
        const moved = away(held);
        const successor = create(Article, { slug });
        await commit(storage, held, moved, successor);
        await expectCurrent(storage, successor);
      }
    },
  },
  {
    name: "restoring and switching fail when the unique value was taken meanwhile",
    run: async ({ storage }) => {
      const deleted = create(Article, { slug: "one" });
      const removed = remove(deleted);
      const holder = create(Article, { slug: "one" });
      await commit(storage, deleted, removed, holder);
      expect(await refusal(storage, unit(restore(removed)))).toEqual(slugTakenBy(holder));
      await expectCurrent(storage, removed);

      const before = create(Article, { slug: "two" });
      const moved = update(before, { slug: "three" });
      const second = create(Article, { slug: "two" });
      await commit(storage, before, moved, second);
      expect(await refusal(storage, unit(switchTo(moved, before)))).toEqual(slugTakenBy(second));
      await expectCurrent(storage, moved);
    },
  },
  {
    name: "a deleted resource may be changed to a value that a live one holds",
    run: async ({ storage }) => {
      const holder = create(Article, { slug: "one" });
      const other = create(Article, { slug: "two" });
      await commit(storage, holder, other, remove(other), remove(holder));
      await commit(storage, create(Article, { slug: "one" }), create(Article, { slug: "two" }));
    },
  },
  {
    name: "missing and null are not values: any number may share them",
    run: async ({ storage }) => {
      const articles = [create(Article, {}), create(Article, {}), create(Article, { slug: null }), create(Article, { slug: null })];
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
    },
  },
  {
    name: "unique values compare by code point: case, accents, forms and blanks differ",
    run: async ({ storage }) => {
      const slugs = [
        "strasse",
        "Strasse",
        "straße",
        "caf\u00e9",
        "cafe\u0301",
        "cafe",
        "",
        " ",
        "cafe ",
        "\u{1F600}",
        "\u{1F601}",
        "\uFFFD",
      ];
      const articles = slugs.map((slug) => create(Article, { slug }));
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
    },
  },
  {
    name: "a unit may free a unique value and take it again",
    run: async ({ storage }) => {
      const held = create(Article, { slug: "one" });
      await commit(storage, held);
      const removed = remove(held);
      const successor = create(Article, { slug: "one" });
      expect(await storage.commit([unit(removed, successor)])).toEqual([{ ok: true }]);
      await expectCurrent(storage, removed, successor);
    },
  },
  {
    name: "of two units of one list with one unique value the first has it",
    run: async ({ storage }) => {
      const first = create(Article, { slug: "one" });
      const second = create(Article, { slug: "one" });
      expect(await storage.commit([unit(first), unit(second)])).toEqual([{ ok: true }, { ok: false, failure: slugTakenBy(first) }]);
      await expectAbsent(storage, second);
    },
  },
  {
    name: "a version guard holds at that version only",
    run: async ({ storage }) => {
      const author = create(Author, { name: "Ann" });
      const renamed = update(author, { name: "Anna" });
      await commit(storage, author, renamed);
      const { id } = author.meta;
      for (const version of [1, 3]) {
        const guard: Guard = { kind: "version", type: "author", id, version };
        const { work, created } = guarded(guard);
        expect(await refusal(storage, work)).toEqual({ kind: "guard", guard });
        await expectAbsent(storage, created);
      }
      const unknown: Guard = { kind: "version", type: "author", id: newId(Author), version: 1 };
      expect(await refusal(storage, guarded(unknown).work)).toEqual({ kind: "guard", guard: unknown });
      const { work, created } = guarded({ kind: "version", type: "author", id, version: 2 });
      expect(await storage.commit([work])).toEqual([{ ok: true }]);
      await expectCurrent(storage, created);
    },
  },
  {
    name: "exists holds for what is live, absent for everything else",
    run: async ({ storage }) => {
      const live = create(Author, { name: "live" });
      const deleted = create(Author, { name: "deleted" });
      const purged = create(Author, { name: "purged" });
      await commit(storage, live, deleted, purged, remove(deleted), purge(purged));
      const of = (kind: "exists" | "absent", id: string): Guard => ({ kind, type: "author", id });
      const gone = [deleted.meta.id, purged.meta.id, newId(Author)];
      for (const guard of [of("absent", live.meta.id), ...gone.map((id) => of("exists", id))]) {
        const { work, created } = guarded(guard);
        expect(await refusal(storage, work)).toEqual({ kind: "guard", guard });
        await expectAbsent(storage, created);
      }
      const { work, created } = guarded(of("exists", live.meta.id), ...gone.map((id) => of("absent", id)));
      expect(await storage.commit([work])).toEqual([{ ok: true }]);
      await expectCurrent(storage, created);
    },
  },
  {
    name: "one guard that does not hold is enough to refuse a unit",
    run: async ({ storage }) => {
      const live = create(Author, { name: "live" });
      await commit(storage, live);
      const broken: Guard = { kind: "absent", type: "author", id: live.meta.id };
      const { work, created } = guarded({ kind: "exists", type: "author", id: live.meta.id }, broken);
      const free = create(Article, { title: "free" });
      expect(await storage.commit([work, unit(free)])).toEqual([{ ok: false, failure: { kind: "guard", guard: broken } }, { ok: true }]);
      await expectAbsent(storage, created);
      await expectCurrent(storage, free);
    },
  },
  {
    name: "noReferrers counts live resources by their current revision, single refs and lists alike",
    run: async ({ storage }) => {
      const author = create(Author, { name: "Ann" });
      const { id } = author.meta;
      await commit(storage, author);
      const fields = [
        { column: "author", holding: { author: id } },
        { column: "editors", holding: { editors: [newId(Author), id] } },
      ];
      for (const { column, holding } of fields) {
        const guard: Guard = { kind: "noReferrers", type: "article", column, id };
        const referrer = create(Article, holding);
        await commit(storage, referrer);
        expect(await refusal(storage, guarded(guard).work)).toEqual({ kind: "guard", guard });
        const freed = update(referrer, { author: newId(Author), editors: [newId(Author)] });
        await commit(storage, freed);
        expect(await storage.commit([guarded(guard).work])).toEqual([{ ok: true }]);
        const back = switchTo(freed, referrer);
        await commit(storage, back);
        expect(await refusal(storage, guarded(guard).work)).toEqual({ kind: "guard", guard });
        await commit(storage, remove(back));
        expect(await storage.commit([guarded(guard).work])).toEqual([{ ok: true }]);
      }
    },
  },
  {
    name: "noReferrers looks at what the unit leaves, and takes the unit back where that refers",
    run: async ({ storage }) => {
      for (const column of ["author", "editors"]) {
        const holding = (id: string) => (column === "author" ? { author: id } : { editors: [id] });
        const author = create(Author, { name: "Ann" });
        const { id } = author.meta;
        const guard: Guard = { kind: "noReferrers", type: "article", column, id };
        const first = create(Article, holding(id));
        await commit(storage, author, first);
        const second = create(Article, holding(id));
        const other = create(Article, { title: "other" });
        const refused: UnitOfWork = { changes: [remove(first).change, second.change, remove(author).change], guards: [guard] };
        expect(await storage.commit([refused, unit(other)])).toEqual([{ ok: false, failure: { kind: "guard", guard } }, { ok: true }]);
        await expectAbsent(storage, second);
        await expectCurrent(storage, author, first, other);
        const emptied = update(first, {});
        const gone = remove(author);
        expect(await storage.commit([{ changes: [emptied.change, gone.change], guards: [guard] }])).toEqual([{ ok: true }]);
        await expectCurrent(storage, emptied, gone);
      }
    },
  },
];
