import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { schemaPlanText } from "../../src/storage/stored-schema.ts";
import { commit, expectCode, searchQuery } from "./case.ts";
import { changingStores } from "./changing-stores.ts";
import { columnsOf, create, purge, remove, unit, update, type Version } from "./fixtures.ts";

const schema = z.object({ title: z.string().nullish(), views: z.int().nullish() });
const Plain = defineResource("note", { schema, index: ["title"] });
const Kept = defineResource("note", { schema, index: ["title"], history: true });
const Wide = defineResource("note", { schema, index: ["title", "views"], history: true });
const Worded = defineResource("note", {
  schema: schema.extend({ views: z.string().nullish() }),
  index: ["title", "views"],
  history: true,
  versions: [({ views, ...rest }) => ({ ...rest, views: String(views) })],
});

const under = (spec: ResourceSpec, version: Version): Version => ({
  ...version,
  spec,
  meta: { ...version.meta, columns: columnsOf(spec, version.revision.body) },
});

async function titles(storage: IStorage, spec: ResourceSpec, at: number, where?: unknown): Promise<unknown[]> {
  const { rows } = await storage.past.search("note", { ...searchQuery(spec, { where }), at, today: undefined });
  return rows.map(({ revision }) => JSON.parse(revision.body).title);
}

/** The instant that a refusal names. */
async function earliest(asked: Promise<unknown>): Promise<number> {
  const refusal = await asked.then(
    () => ({}),
    (reason: unknown) => reason,
  );
  expect(refusal).toMatchObject({ code: "BAD_REQUEST", details: { resource: "note" } });
  return Date.parse(/as of (\S+) or later/.exec(String(refusal))?.[1] ?? "");
}

/** Fixtures' instants run ahead of the clock, so the newest change says when something was switched on. */
describe.each(changingStores())("history on $name", ({ start, shared }) => {
  test("begins when it is switched on, and an instant before that is refused by name", async () => {
    const store = await start({});
    const [old, gone] = [create(Plain, { title: "old" }), create(Plain, { title: "gone" })];
    const plain = await store.open([Plain]);
    const deleted = remove(gone);
    await commit(plain, old, gone, deleted);
    await plain.close();

    const plan = await store.make().schema.plan([Kept]);
    expect(plan.map(({ what }) => what)).toEqual(["create table", "begin history"]);
    const kept = await store.open([Kept]);
    expect(kept.schema.progress()).toEqual([]);
    const since = await earliest(titles(kept, Kept, old.change.at));
    expect(since).toBeGreaterThanOrEqual(deleted.change.at);
    expect(await titles(kept, Kept, since)).toEqual(["old"]);
    const changed = update(under(Kept, old), { title: "new" }, { at: since + 5 });
    await commit(kept, changed);
    expect(await titles(kept, Kept, since + 4, { title: { eq: "old" } })).toEqual(["old"]);
    expect(await titles(kept, Kept, since + 5, { title: { eq: "old" } })).toEqual([]);
    await kept.close();
    expect(await store.make().schema.plan([Kept])).toEqual([]);
  });

  test("switched off keeps its table, which a purge still empties, and begins anew when it is switched on again", async () => {
    const store = await start({});
    const kept = await store.open([Kept]);
    const [stays, goes] = [create(Kept, { title: "stays" }), create(Kept, { title: "goes" })];
    const [stayed, went] = [update(stays, { title: "stayed" }), update(goes, { title: "secret of before" })];
    const last = update(went, { title: "last" });
    await commit(kept, stays, goes, stayed, went, last);
    await kept.close();

    expect(schemaPlanText(await store.make().schema.plan([Plain]))).toBe("note: end history, keep its table");
    const plain = await store.open([Plain]);
    await commit(plain, update(under(Plain, stayed), { title: "unseen" }), purge(under(Plain, last)));
    await plain.close();

    const again = await store.open([Kept]);
    const since = await earliest(titles(again, Kept, stays.change.at));
    expect(since).toBeGreaterThan(last.change.at);
    expect(await titles(again, Kept, since)).toEqual(["unseen"]);
  });

  test("of a field that is indexed later begins when the field is ready", async () => {
    const store = await start({});
    const first = create(Kept, { title: "one", views: 1 });
    const second = update(first, { title: "two", views: 2 });
    const before = await store.open([Kept]);
    await commit(before, first, second);
    await before.close();

    const wide = await store.open([Wide]);
    expect(await titles(wide, Wide, first.change.at)).toEqual(["one"]);
    const ready = await earliest(titles(wide, Wide, first.change.at, { views: { eq: 1 } }));
    expect(ready).toBeGreaterThan(second.change.at - 1);
    expect(await titles(wide, Wide, ready, { views: { eq: 2 } })).toEqual(["two"]);
    const third = update(under(Wide, second), { title: "three", views: 3 }, { at: ready + 10 });
    await commit(wide, third);
    expect(await titles(wide, Wide, ready + 9, { views: { eq: 2 } })).toEqual(["two"]);
    expect(await titles(wide, Wide, ready + 10, { views: { eq: 3 } })).toEqual(["three"]);
    expect(await titles(wide, Wide, ready + 10, { title: { eq: "three" } })).toEqual(["three"]);
  });

  test("of a field whose type changes begins anew, and lists that do not name it go on", async () => {
    const store = await start({});
    const first = create(Wide, { title: "one", views: 1 });
    const second = update(first, { title: "two", views: 2 });
    const before = await store.open([Wide]);
    await commit(before, first, second);
    await before.close();

    const after = await store.open([Worded]);
    expect(await titles(after, Worded, first.change.at)).toEqual(["one"]);
    const ready = await earliest(titles(after, Worded, first.change.at, { views: { eq: "1" } }));
    expect(await titles(after, Worded, ready, { views: { eq: "2" } })).toEqual(["two"]);
  });

  // One node has the store at a time elsewhere.
  if (!shared) return;
  test("is kept by all programs that write, or by none", async () => {
    const store = await start({});
    const kept = await store.open([Kept]);
    const note = create(Kept, { title: "one" });
    await commit(kept, note);
    const plain = await store.open([Plain]);
    await expectCode("UNAVAILABLE", kept.commit([unit(update(note, { title: "two" }))]));
    await expectCode("UNAVAILABLE", titles(kept, Kept, note.change.at));
    await commit(plain, update(under(Plain, note), { title: "two" }));
  });
});
