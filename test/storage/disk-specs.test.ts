import { describe, expect, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { defineResource } from "../../src/spec/resource.ts";
import { commit, expectCode, expectCurrent, found, idsOf, refusal } from "./case.ts";
import { openDisk, temporaryDirectory } from "./disk-fixtures.ts";
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

/** What a program finds that opens a store with other specs than the one before it. */
describe.each([{ inlineBytes: 0 }, {}])("disk storage opened with other specs, %o", (options) => {
  test("fills an added index from the data, of deleted resources too", async () => {
    const dir = await temporaryDirectory();
    const before = await openDisk(dir, options, [Narrow]);
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

    const after = await openDisk(dir, options, [Wide]);
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
    const dir = await temporaryDirectory();
    const before = await openDisk(dir, options, [Wide]);
    const old = create(Wide, { title: "old" });
    await commit(before, old);
    await before.close();
    const Rated = defineResource("note", {
      schema: schema.extend({ stars: z.int().default(3), text: z.string().default("none") }),
      index: ["stars", "text"],
    });
    const after = await openDisk(dir, options, [Rated]);
    expect(await found(after, Rated, { where: { stars: { eq: 3 }, text: { eq: "none" } } })).toEqual(idsOf([old]));
  });

  test("computes an index anew that was away while the data changed", async () => {
    const dir = await temporaryDirectory();
    const first = create(Wide, { title: "first" });
    const wide = await openDisk(dir, options, [Wide]);
    await commit(wide, first);
    await wide.close();
    const narrow = await openDisk(dir, options, [Narrow]);
    const second = update({ ...first, spec: Narrow }, { title: "second" });
    await commit(narrow, second);
    await narrow.close();
    const again = await openDisk(dir, options, [Wide]);
    expect(await found(again, Wide, { where: { title: { eq: "second" } } })).toEqual(idsOf([first]));
    expect(await found(again, Wide, { where: { title: { eq: "first" } } })).toEqual([]);
  });

  test("keeps an added unique field from the first moment, and lets go of it when it is taken out", async () => {
    const dir = await temporaryDirectory();
    const holder = create(Narrow, { title: "one" });
    const before = await openDisk(dir, options, [Narrow]);
    await commit(before, holder);
    await before.close();
    const unique = await openDisk(dir, options, [Unique]);
    const rival = create(Unique, { title: "one" });
    expect(await refusal(unique, unit(rival))).toEqual({ kind: "unique", type: "note", columns: ["title"], holder: holder.meta.id });
    await unique.close();
    const free = await openDisk(dir, options, [Wide]);
    await commit(free, create(Wide, { title: "one" }));
  });

  test("refuses a unique field whose values are not, and stays as it was", async () => {
    const dir = await temporaryDirectory();
    const [one, other] = [create(Narrow, { title: "same" }), create(Narrow, { title: "same" })];
    const before = await openDisk(dir, options, [Narrow]);
    await commit(before, one, other);
    await before.close();
    await expectCode(
      "UNIQUE_VIOLATION",
      diskStorage(dir, options).open([Unique], () => {}),
    );
    const after = await openDisk(dir, options, [Narrow]);
    await expectCurrent(after, one, other);
    await commit(after, remove(other));
    await after.close();
    expect(await found(await openDisk(dir, options, [Unique]), Unique, {})).toEqual(idsOf([one]));
  });

  test("keeps the data of a spec that is not there for a while", async () => {
    const dir = await temporaryDirectory();
    const Other = defineResource("other", { schema: z.object({ name: z.string() }), index: ["name"] });
    const note = create(Wide, { title: "one" });
    const wide = await openDisk(dir, options, [Wide, Other]);
    await commit(wide, note);
    await wide.close();
    const other = await openDisk(dir, options, [Other]);
    await commit(other, create(Other, { name: "x" }));
    expect((await other.changes({ after: 0, limit: 10 })).map(({ type }) => type)).toEqual(["note", "other"]);
    await other.close();
    const again = await openDisk(dir, options, [Wide, Other]);
    await expectCurrent(again, note);
    expect(await found(again, Wide, { where: { title: { eq: "one" } } })).toEqual(idsOf([note]));
  });
});
