import { describe, expect, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { postgresMissing } from "../support/postgres-database.ts";
import { commit, expectCode, expectCurrent, found, idsOf, refusal } from "./case.ts";
import type { Variant } from "./conformance.ts";
import { openDisk, temporaryDirectory } from "./disk-fixtures.ts";
import { create, purge, remove, restore, unit, update } from "./fixtures.ts";
import { openPostgres, storageAt, temporaryPlace } from "./postgres-fixtures.ts";

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

interface Store {
  /** Closed when the test has finished, if it was not before. */
  readonly open: (of: readonly ResourceSpec[]) => Promise<IStorage>;
  readonly opening: (of: readonly ResourceSpec[]) => Promise<void>;
}

const stores: Readonly<Record<string, (options: Variant) => Promise<Store>>> = {
  disk: async (options) => {
    const dir = await temporaryDirectory();
    return { open: (of) => openDisk(dir, options, of), opening: (of) => diskStorage(dir, options).open(of, () => {}) };
  },
  ...(postgresMissing === undefined && {
    postgres: async (options) => {
      const place = await temporaryPlace();
      return {
        open: (of) => openPostgres(place, options, "files", of),
        opening: (of) => storageAt(place, "files", options).open(of, () => {}),
      };
    },
  }),
};
const runs = Object.entries(stores).flatMap(([name, start]) => [{ inlineBytes: 0 }, {}].map((options) => ({ name, start, options })));

if (postgresMissing !== undefined) test.skip(postgresMissing);

/** What a program finds that opens a store with other specs than the one before it. */
describe.each(runs)("$name storage opened with other specs, $options", ({ start, options }) => {
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

  test("refuses a unique field whose values are not, and stays as it was", async () => {
    const store = await start(options);
    const [one, other] = [create(Narrow, { title: "same" }), create(Narrow, { title: "same" })];
    const before = await store.open([Narrow]);
    await commit(before, one, other);
    await before.close();
    await expectCode("UNIQUE_VIOLATION", store.opening([Unique]));
    const after = await store.open([Narrow]);
    await expectCurrent(after, one, other);
    await commit(after, remove(other));
    await after.close();
    expect(await found(await store.open([Unique]), Unique, {})).toEqual(idsOf([one]));
  });

  test("refuses a column that means something else now, by the name of its field", async () => {
    const store = await start(options);
    const before = await store.open([Wide]);
    await before.close();
    const Retyped = defineResource("note", { schema: z.object({ address: z.object({ city: z.int() }) }), index: ["address.city"] });
    await expect(store.opening([Retyped])).rejects.toMatchObject({
      code: "UNSUPPORTED",
      details: { resource: "note", field: "address.city" },
    });
    await store.open([Wide]);
  });

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
