import { afterEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import { type CrashPoint, schemaCrashPoints, setCrashHandler } from "../../src/storage/crash-points.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { aggregateQuery, commit, expectCode, expectCurrent, found, idsOf, readOne, refusal } from "./case.ts";
import { type ChangingStore, changingStores, variants } from "./changing-stores.ts";
import { columnsOf, create, purge, remove, restore, unit, update, type Version } from "./fixtures.ts";

const schema = z.object({ title: z.string().nullish(), views: z.int().nullish() });
const Narrow = defineResource("note", { schema });
const Wide = defineResource("note", { schema, index: ["title", "views", ["views", "title"]] });
const Unique = defineResource("note", { schema, unique: ["title"], index: ["views"] });

const under = (spec: ResourceSpec, version: Version): Version => ({ ...version, spec });

async function written(store: ChangingStore, notes: readonly Version[], spec: ResourceSpec = Narrow): Promise<void> {
  const before = await store.open([spec]);
  for (let i = 0; i < notes.length; i += 250) {
    const results = await before.commit(notes.slice(i, i + 250).map((note) => unit(note)));
    expect(results.filter(({ ok }) => !ok)).toEqual([]);
  }
  await before.close();
}

const notesOf = (count: number, spec: ResourceSpec = Narrow): readonly Version[] =>
  Array.from({ length: count }, (_, i) => create(spec, { title: `note ${i}`, views: i }));

/** The step in question fails from its n-th time on, as it does for a process that is killed there. */
function failingAt(point: CrashPoint, from: number): void {
  let hits = 0;
  setCrashHandler((hit) => {
    if (hit !== point) return;
    hits += 1;
    if (hits >= from) throw new Error(`stopped at ${point}`);
  });
}

afterEach(() => setCrashHandler(undefined));

/** Each resource has the columns of its current revision. */
async function expectFilled(storage: IStorage, spec: ResourceSpec, ids: readonly string[]): Promise<void> {
  const stored = await storage.read(
    spec.name,
    ids.map((id) => ({ id })),
  );
  expect(stored.map((each) => each?.meta.columns)).toEqual(stored.map((each) => each && columnsOf(spec, each.revision.body)));
}

describe.each(changingStores())("filling columns on $name", ({ start, shared }) => {
  test.each(variants)("goes on beside 3 000 resources' writes, and loses none of them, with %o", async (options) => {
    const store = await start(options);
    const notes = notesOf(3_000);
    await written(store, notes);
    const one = await store.begin([Wide]);
    const other = shared ? await store.begin([Wide]) : one;
    const asked = found(one, Wide, { limit: 1 });
    await expect(found(one, Wide, { where: { title: { eq: "note 1" } } })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      details: { resource: "note", field: "title" },
    });
    await expectCode("UNAVAILABLE", found(other, Wide, { orderBy: ["views"] }));
    const sum = { measures: [{ of: "sum", key: "views" }] } as const;
    for (const asked of [{ groupBy: ["views"] }, sum, { where: { views: { eq: 1 } } }])
      await expectCode("UNAVAILABLE", one.aggregates.groups("note", aggregateQuery(Wide, asked)));
    expect(await asked).toEqual(idsOf(notes.slice(0, 1)));
    const now = [...notes];
    const ids = idsOf(notes);
    for (let i = 0; one.schema.progress().length > 0 || i < 50; i++) {
      const [a, b, c] = [(i * 7) % 1000, 1000 + ((i * 11) % 1000), 2000 + (i % 1000)];
      const [first, second, third] = [a, b, c].map((at) => under(Wide, now[at] ?? expect.unreachable()));
      if (!first || !second || !third) return;
      const updated = update(first, { title: `again ${i}`, views: -i });
      const toggled =
        second.meta.state === "live"
          ? remove(second)
          : restore({ ...second, meta: { ...second.meta, columns: columnsOf(Wide, second.revision.body) } });
      const made = create(Wide, { title: `new ${i}`, views: i });
      const twice = third.meta.state === "live" ? remove(third) : undefined;
      await Promise.all([commit(one, updated, made), commit(other, toggled, ...(twice ? [twice] : []))]);
      now[a] = updated;
      now[b] = toggled;
      if (twice) now[c] = twice;
      ids.push(made.meta.id);
    }
    expect(await one.schema.filled()).toEqual([]);
    expect(await other.schema.filled()).toEqual([]);
    await expectFilled(one, Wide, ids);
    const live = now.filter(({ meta }) => meta.state === "live");
    expect(await found(one, Wide, { where: { title: { startsWith: "note " } }, limit: 5_000 })).toHaveLength(
      live.filter(({ revision }) => revision.body.includes('"note ')).length,
    );
  });

  test("is gone on with by the next start, from where it was", async () => {
    const store = await start({});
    const notes = notesOf(1_200);
    await written(store, notes);
    failingAt("before-fill-batch", 3);
    const killed = await store.begin([Wide]);
    await expect.poll(() => killed.schema.progress()[0]?.done).toBe(1_000);
    await killed.close();
    setCrashHandler(undefined);
    const next = await store.begin([Wide]);
    expect(next.schema.progress()).toEqual(
      ["title", "views"].map((field) => ({
        resource: "note",
        field,
        done: 1_000,
        total: 1_200,
        unfit: 0,
        conflicts: 0,
        conflicting: [],
        stopped: false,
      })),
    );
    expect(await next.schema.filled()).toEqual([]);
    await expectFilled(next, Wide, idsOf(notes));
  });

  test.each(schemaCrashPoints)("is as good as ever after a failure at %s", async (point) => {
    const store = await start({ inlineBytes: 0 });
    const notes = notesOf(30);
    await written(store, notes);
    failingAt(point, 1);
    if (point === "after-columns-added") {
      await expect(store.begin([Wide])).rejects.toThrow();
      setCrashHandler(undefined);
      const before = await store.open([Narrow]);
      await commit(before, create(Narrow, { title: "in between" }));
      await before.close();
    } else {
      const killed = await store.begin([Wide]);
      await expectCode("UNAVAILABLE", found(killed, Wide, { where: { views: { eq: 1 } } }));
      await killed.close();
      setCrashHandler(undefined);
    }
    const next = await store.open([Wide]);
    await expectFilled(next, Wide, idsOf(notes));
    expect(await next.schema.plan([Wide])).toEqual([]);
  });

  test("is not undone by a deletion that read before it", async () => {
    const store = await start({});
    const [note, other] = [create(Narrow, { title: "one" }), create(Narrow, { title: "two" })];
    await written(store, [note, other]);
    failingAt("before-fill-batch", 1);
    const storage = await store.begin([Wide]);
    const read = await readOne(storage, note);
    expect(read?.meta.columns).toEqual({ title: null, views: null });
    setCrashHandler(undefined);
    await storage.schema.filled();
    await commit(storage, remove({ ...under(Wide, note), ...(read ?? expect.unreachable()) }));
    expect(await found(storage, Wide, { where: { title: { eq: "one" } }, includeDeleted: true })).toEqual(idsOf([note]));
    await commit(storage, purge(under(Wide, other)));
    expect(await found(storage, Wide, { where: { title: { eq: "two" } }, includeDeleted: true })).toEqual([]);
  });

  test("begins anew for another spec, and the spec before waits", async () => {
    const store = await start({});
    const notes = notesOf(700);
    await written(store, notes);
    failingAt("before-fill-batch", 2);
    const former = await store.begin([Unique]);
    await expect.poll(() => former.schema.progress()[0]?.done).toBe(500);
    if (!shared) await former.close();
    const storage = await store.begin([Wide]);
    setCrashHandler(undefined);
    expect(await storage.schema.filled()).toEqual([]);
    await expectFilled(storage, Wide, idsOf(notes));
    if (!shared) return;
    expect((await former.schema.filled()).map(({ field, stopped }) => [field, stopped])).toEqual([
      ["views", true],
      ["title", true],
    ]);
    await expectCode("UNAVAILABLE", former.commit([unit(create(Unique, { title: "x" }))]));
  });

  test("keeps a unique field unready while two resources have its value, and new values unique from the start", async () => {
    const store = await start({});
    const [one, two, deleted, three] = [
      create(Narrow, { title: "same" }),
      create(Narrow, { title: "same" }),
      create(Narrow, { title: "same" }),
      create(Narrow, { title: "own" }),
    ];
    await written(store, [one, two, deleted, three]);
    const before = await store.open([Narrow]);
    await commit(before, remove(deleted));
    await before.close();
    const storage = await store.open([Unique]);
    const title = {
      resource: "note",
      field: "title",
      done: 4,
      total: 4,
      unfit: 0,
      conflicts: 1,
      conflicting: [{ id: two.meta.id, holder: one.meta.id }],
      stopped: true,
    };
    expect(storage.schema.progress()).toEqual([title]);
    await expectCode("UNAVAILABLE", found(storage, Unique, { where: { title: { eq: "own" } } }));
    expect(await found(storage, Unique, { where: { views: { isNull: true } } })).toEqual(idsOf([one, two, three]));
    expect(await refusal(storage, unit(create(Unique, { title: "same" })))).toMatchObject({
      kind: "unique",
      columns: ["title"],
      holder: one.meta.id,
    });
    await storage.close();
    const again = await store.open([Unique]);
    expect(again.schema.progress()).toEqual([title]);
    await commit(again, update(under(Unique, one), { title: "another" }));
    await again.close();
    const mended = await store.open([Unique]);
    expect(mended.schema.progress()).toEqual([]);
    expect(await found(mended, Unique, { orderBy: ["title"] })).toEqual(idsOf([one, three, two]));
    expect(await refusal(mended, unit(create(Unique, { title: "same" })))).toMatchObject({ holder: two.meta.id });
  });

  test("lets unique values move on from hand to hand", async () => {
    const store = await start({});
    const Numbered = defineResource("note", { schema, unique: ["views"] });
    const Shifted = defineResource("note", {
      schema,
      unique: ["views"],
      versions: [(data) => ({ ...data, views: Number(data.views) + 1 })],
    });
    const notes = Array.from({ length: 9 }, (_, i) => create(Numbered, { views: i }));
    await written(store, notes, Numbered);
    const storage = await store.open([Shifted]);
    expect(storage.schema.progress()).toEqual([]);
    expect(await found(storage, Shifted, { where: { views: { eq: 9 } } })).toEqual(idsOf(notes.slice(8)));
    expect(await found(storage, Shifted, { orderBy: ["-views"] })).toEqual(idsOf(notes).toReversed());
  });

  test("counts what does not fit, and indexes it as it stands", async () => {
    const store = await start({});
    const Strict = defineResource("note", {
      schema: schema.extend({ title: z.string(), views: z.int32() }),
      index: ["title"],
      unique: ["views"],
    });
    const [fit, unfit, other] = [
      create(Narrow, { title: "fits", views: 1 }),
      create(Narrow, { title: "does not" }),
      create(Narrow, { title: null }),
    ];
    await written(store, [fit, unfit, other]);
    failingAt("before-fields-ready", 1);
    const storage = await store.begin([Strict]);
    await expect.poll(() => storage.schema.progress()[0]?.done).toBe(3);
    expect(storage.schema.progress()).toMatchObject([{ unfit: 2, unfitId: unfit.meta.id }, { unfit: 2 }]);
    setCrashHandler(undefined);
    expect(await storage.schema.filled()).toEqual([]);
    expect(await found(storage, Strict, { where: { title: { eq: "does not" } } })).toEqual(idsOf([unfit]));
    await expectCurrent(storage, { ...fit, meta: { ...fit.meta, columns: { title: "fits", views: 1 } } });
  });

  test("is done once by several that open at the same time", async () => {
    const store = await start({});
    const notes = notesOf(600);
    await written(store, notes);
    const opened = await Promise.all((shared ? [1, 2, 3] : [1]).map(() => store.begin([Wide])));
    for (const storage of opened) expect(await storage.schema.filled()).toEqual([]);
    for (const storage of opened) expect(await found(storage, Wide, { where: { views: { gte: 598 } } })).toEqual(idsOf(notes.slice(598)));
    await expectFilled(opened[0] ?? expect.unreachable(), Wide, idsOf(notes));
  });
});
