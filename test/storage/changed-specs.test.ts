import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource } from "../../src/spec/resource.ts";

import { commit, expectCode, expectCurrent, found, idsOf, refusal } from "./case.ts";
import { changingStores, variants } from "./changing-stores.ts";
import { create, purge, remove, restore, unit, update } from "./fixtures.ts";

const schema = z.object({
  title: z.string().nullish(),
  moment: z.iso.datetime({ offset: true }).nullish(),
  tags: z.array(z.string()).nullish(),
  address: z.object({ city: z.string().nullish() }).nullish(),
  text: z.string().nullish(),
});

const Narrow = defineResource("note", { schema });
const Wide = defineResource("note", { schema, index: ["title", "moment", "tags", "address.city", ["title", "moment"]] });
const Unique = defineResource("note", { schema, index: ["title"], unique: ["title"] });
const large = "x".repeat(20_000);

const runs = changingStores().flatMap((stores) => variants.map((options) => ({ ...stores, options })));

/** What a program finds that opens a store with other specs than the one before it. */
describe.each(runs)("$name storage opened with other specs, $options", ({ start, shared, options }) => {
  test("fills an added index from the data, of deleted resources too", async () => {
    const store = await start(options);
    const before = await store.open([Narrow]);
    const first = create(Narrow, { title: "old" });
    const note = update(first, {
      title: "new",
      moment: "2026-01-31T13:00:00+01:00",
      tags: ["\u{1F600}", "b"],
      address: { city: "Köln" },
      text: large,
    });
    const [empty, deleted, purged] = [create(Narrow, {}), create(Narrow, { title: "deleted" }), create(Narrow, { title: "new" })];
    const mark = remove(deleted);
    await commit(before, first, note, empty, deleted, purged, mark, purge(purged));
    await before.close();

    const after = await store.open([Wide]);
    const everywhere = {
      title: { eq: "new" },
      moment: { eq: "2026-01-31T12:00:00Z" },
      tags: { has: "\u{1F600}" },
      address: { city: { iEq: "KÖLN" } },
    };
    expect(await found(after, Wide, { where: everywhere })).toEqual(idsOf([note]));
    expect(await found(after, Wide, { where: { title: { eq: "old" } } })).toEqual([]);
    expect(await found(after, Wide, { where: { title: { isNull: true } } })).toEqual(idsOf([empty]));
    expect(await found(after, Wide, { where: { title: { eq: "deleted" } }, includeDeleted: true })).toEqual(idsOf([deleted]));
    expect(await found(after, Wide, { orderBy: ["-title"] })).toEqual(idsOf([note, empty]));
    const restored = restore({
      ...mark,
      spec: Wide,
      meta: { ...mark.meta, columns: { title: "deleted", moment: null, tags: null, address__city: null } },
    });
    await commit(after, restored);
    await expectCurrent(after, restored);
  });

  test("finds old data by a default that came later, as reading shows it", async () => {
    const store = await start(options);
    const before = await store.open([Wide]);
    const old = create(Wide, { title: "old" });
    await commit(before, old);
    await before.close();
    const Rated = defineResource("note", {
      schema: schema.extend({ stars: z.int().default(3), text: z.string().default("none") }),
      index: ["stars", "text"],
    });
    const after = await store.open([Rated]);
    expect(await found(after, Rated, { where: { stars: { eq: 3 }, text: { eq: "none" } } })).toEqual(idsOf([old]));
  });

  test("finds old data by a default that has changed since, and one that is made anew each time changes nothing", async () => {
    const store = await start(options);
    const rated = (stars: number, city: string, made: () => string) =>
      defineResource("note", {
        schema: schema.extend({
          stars: z.int().default(stars),
          place: z.object({ city: z.string() }).default({ city }),
          made: z.string().default(made),
        }),
        index: ["stars", "place.city", "made"],
      });
    const before = await store.open([Narrow]);
    const old = create(Narrow, { title: "old" });
    await commit(before, old);
    await before.close();
    let turn = 0;
    const anew = () => `made ${++turn}`;
    await (await store.open([rated(3, "Köln", anew)])).close();
    expect(await store.make().schema.plan([rated(3, "Köln", anew)])).toEqual([]);
    expect(await store.make().schema.plan([rated(3, "Köln", () => new Date().toISOString())])).toEqual([]);
    const Now = rated(5, "Bonn", anew);
    expect((await store.make().schema.plan([Now])).map(({ what, field }) => `${what} ${field}`)).toEqual([
      "fill column stars",
      "fill column place.city",
    ]);
    const after = await store.open([Now]);
    expect(await found(after, Now, { where: { stars: { eq: 5 }, place: { city: { eq: "Bonn" } } } })).toEqual(idsOf([old]));
    expect(await found(after, Now, { where: { stars: { eq: 3 } } })).toEqual([]);
  });

  test("computes an index anew that was away while the data changed", async () => {
    const store = await start(options);
    const first = create(Wide, { title: "first" });
    const wide = await store.open([Wide]);
    await commit(wide, first);
    await wide.close();
    const narrow = await store.open([Narrow]);
    const second = update({ ...first, spec: Narrow }, { title: "second" });
    await commit(narrow, second);
    await narrow.close();
    const again = await store.open([Wide]);
    expect(await found(again, Wide, { where: { title: { eq: "second" } } })).toEqual(idsOf([first]));
    expect(await found(again, Wide, { where: { title: { eq: "first" } } })).toEqual([]);
  });

  test("keeps an added unique field from the first moment, and lets go of it when it is taken out", async () => {
    const store = await start(options);
    const holder = create(Narrow, { title: "one" });
    const before = await store.open([Narrow]);
    await commit(before, holder);
    await before.close();
    const unique = await store.open([Unique]);
    const rival = create(Unique, { title: "one" });
    expect(await refusal(unique, unit(rival))).toEqual({ kind: "unique", type: "note", columns: ["title"], holder: holder.meta.id });
    await unique.close();
    const free = await store.open([Wide]);
    await commit(free, create(Wide, { title: "one" }));
  });

  test("takes a field as unique again whose former column has a value twice", async () => {
    const store = await start(options);
    const [one, other] = [create(Unique, { title: "same" }), create(Unique, { title: "same" })];
    const [gone, changed] = [remove(other), update({ ...one, spec: Narrow }, { title: "own" })];
    const unique = await store.open([Unique]);
    await commit(unique, other, gone, one);
    await unique.close();
    const narrow = await store.open([Narrow]);
    await commit(narrow, restore({ ...gone, spec: Narrow }), changed);
    await narrow.close();
    const again = await store.open([Unique]);
    expect(await found(again, Unique, { orderBy: ["title"] })).toEqual(idsOf([one, other]));
  });

  test("refuses a unique field whose values are not, where they are indexed, and stays as it was", async () => {
    const store = await start(options);
    const [one, other] = [create(Wide, { title: "same" }), create(Wide, { title: "same" })];
    const before = await store.open([Wide]);
    await commit(before, one, other);
    await before.close();
    await expectCode("UNIQUE_VIOLATION", store.begin([Unique]));
    await expectCode("UNIQUE_VIOLATION", store.make().schema.plan([Unique]));
    const after = await store.open([Wide]);
    await expectCurrent(after, one, other);
    await commit(after, remove(other));
    await after.close();
    expect(await found(await store.open([Unique]), Unique, {})).toEqual(idsOf([one]));
  });

  if (shared)
    test("writes nothing any more by a program that knows the columns before", async () => {
      const store = await start(options);
      const before = await store.open([Narrow]);
      const note = create(Narrow, { title: "one" });
      await commit(before, note);
      const after = await store.open([Wide]);
      await expectCode("UNAVAILABLE", before.commit([unit(create(Narrow, { title: "two" }))]));
      await expectCode("UNAVAILABLE", before.commit([unit(update(note, { title: "two" }))]));
      await expectCurrent(before, note);
      expect(await found(after, Wide, {})).toEqual(idsOf([note]));
    });

  test("keeps the data of a spec that is not there for a while", async () => {
    const store = await start(options);
    const Other = defineResource("other", { schema: z.object({ name: z.string() }), index: ["name"] });
    const note = create(Wide, { title: "one" });
    const wide = await store.open([Wide, Other]);
    await commit(wide, note);
    await wide.close();
    const other = await store.open([Other]);
    await commit(other, create(Other, { name: "x" }));
    expect((await other.changes({ after: 0, limit: 10 })).map(({ type }) => type)).toEqual(["note", "other"]);
    await other.close();
    const again = await store.open([Wide, Other]);
    await expectCurrent(again, note);
    expect(await found(again, Wide, { where: { title: { eq: "one" } } })).toEqual(idsOf([note]));
  });
});
