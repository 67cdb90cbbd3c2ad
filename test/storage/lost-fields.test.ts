import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource } from "../../src/spec/resource.ts";
import { commit, expectCode, expectCurrent } from "./case.ts";
import { changingStores } from "./changing-stores.ts";
import { create, purge } from "./fixtures.ts";

const whole = z.object({
  title: z.string(),
  subtitle: z.string().optional(),
  address: z.object({ city: z.string(), zip: z.string().optional() }).optional(),
  parts: z.array(z.object({ name: z.string() })).default([]),
});
const Whole = defineResource("note", { schema: whole, index: ["title"] });
const part = whole.omit({ subtitle: true, address: true });

describe.each(changingStores())("fields that are gone, on $name", ({ start }) => {
  test("are refused until they are let go by name, and nothing has happened", async () => {
    const store = await start({});
    const before = await store.open([Whole]);
    const note = create(Whole, { title: "one", subtitle: "kept", address: { city: "Köln" }, parts: [] });
    await commit(before, note);
    await before.close();
    const Part = defineResource("note", { schema: part, index: ["title"] });
    const refused = {
      code: "BAD_REQUEST",
      details: { resource: "note", field: "address" },
      message: expect.stringContaining('dropped: ["address","subtitle"]'),
    };
    await expect(store.begin([Part])).rejects.toMatchObject(refused);
    await expect(store.make().schema.plan([Part])).rejects.toMatchObject(refused);
    const Half = defineResource("note", { schema: part, index: ["title"], dropped: ["address"] });
    await expect(store.begin([Half])).rejects.toMatchObject({ details: { field: "subtitle" } });
    const again = await store.open([Whole]);
    await expectCurrent(again, note);
    await again.close();
    const Dropped = defineResource("note", { schema: part, index: ["title"], dropped: ["address", "subtitle"] });
    const after = await store.open([Dropped]);
    await expectCurrent(after, note);
    await after.close();
    // Asked once; and who has them again has them to lose again.
    await (await store.open([Part])).close();
    await (await store.open([Whole])).close();
    await expectCode("BAD_REQUEST", store.begin([Part]));
  });

  test("are refused inside of others too, and by an upcaster they are taken care of", async () => {
    const store = await start({});
    const before = await store.open([Whole]);
    await commit(before, create(Whole, { title: "one", parts: [{ name: "first" }] }));
    await before.close();
    const renamed = whole.extend({ parts: z.array(z.object({ label: z.string() })) });
    const Inner = defineResource("note", { schema: renamed, index: ["title"] });
    await expect(store.begin([Inner])).rejects.toMatchObject({ details: { field: "parts.name" } });
    const Upcast = defineResource("note", { schema: renamed, index: ["title"], versions: [(data) => ({ ...data, parts: [] })] });
    await (await store.open([Upcast])).close();
    await expect(store.begin([Inner])).rejects.toMatchObject({ code: "BAD_REQUEST", message: expect.stringContaining("put them back") });
    await (await store.open([Upcast])).close();
  });

  test("are nobody's loss where there is no data", async () => {
    const store = await start({});
    const before = await store.open([Whole]);
    const note = create(Whole, { title: "one", parts: [] });
    await commit(before, note, purge(note));
    await before.close();
    await store.open([defineResource("note", { schema: part })]);
  });
});
