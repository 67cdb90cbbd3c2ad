import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readData, type StoredData } from "../../src/spec/read-data.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";

const stored = (spec: ResourceSpec, data: unknown): StoredData => ({
  id: "note_1",
  number: 3,
  body: JSON.stringify(data),
  shape: spec.shape,
  schemaVersion: spec.schemaVersion,
});

const First = defineResource("note", { schema: z.object({ name: z.string() }) });
const Second = defineResource("note", {
  schema: z.object({ title: z.string() }),
  versions: [({ name, ...rest }) => ({ ...rest, title: name })],
});
const Third = defineResource("note", {
  schema: z.object({ title: z.string(), words: z.int(), status: z.enum(["new", "old"]).default("old") }),
  versions: [({ name, ...rest }) => ({ ...rest, title: name }), (data) => ({ ...data, words: String(data.title).split(" ").length })],
});

const misfit = (message: string, field = "") =>
  expect.objectContaining({
    code: "DATA_CORRUPTION",
    message: expect.stringContaining(message),
    details: { resource: "note", id: "note_1", field },
  });

function thrownBy(work: () => unknown): unknown {
  try {
    return work();
  } catch (thrown) {
    return thrown;
  }
}

describe("data of an older version", () => {
  test("goes through the upcasters from its version on, and then gets its defaults", () => {
    expect([First.schemaVersion, Second.schemaVersion, Third.schemaVersion]).toEqual([1, 2, 3]);
    expect(readData(Third, stored(First, { name: "a b c" }))).toEqual({ title: "a b c", words: 3, status: "old" });
    expect(readData(Third, stored(Second, { title: "a b" }))).toEqual({ title: "a b", words: 2, status: "old" });
    expect(readData(Third, stored(Third, { title: "a b", words: 7, status: "new" }))).toEqual({ title: "a b", words: 7, status: "new" });
  });

  test("is looked at again for upcasters alone", () => {
    const schema = z.object({ views: z.int() });
    const [before, after] = [
      defineResource("note", { schema }),
      defineResource("note", { schema, versions: [({ views }) => ({ views: Number(views) * 100 })] }),
    ];
    expect(before.shape).not.toBe(after.shape);
    expect(readData(after, stored(before, { views: 2 }))).toEqual({ views: 200 });
  });

  test("names the revision, the field and the way out where it does not fit", () => {
    const Numbered = defineResource("note", { schema: z.object({ name: z.string(), address: z.object({ zip: z.string() }) }) });
    expect(thrownBy(() => readData(Numbered, stored(First, { name: "x", address: { zip: 5 } })))).toEqual(
      misfit(
        "Revision 3 of note_1 does not fit the fields of note any more, at address.zip. Give the field a default, make it optional, or write an upcaster",
        "address.zip",
      ),
    );
    expect(thrownBy(() => readData(First, stored(Third, { title: "x", words: 1, status: "new" })))).toEqual(
      misfit("it was written under version 3"),
    );
  });

  test.each([
    ["failed on it", () => Reflect.get(Object(undefined), "x").y],
    ["returned a promise", () => Promise.resolve({ title: "x" })],
    ["returned a promise", () => Promise.reject(new TypeError("late"))],
  ])("is refused where an upcaster %s", (message, upcaster) => {
    const Broken = defineResource("note", { schema: z.object({ title: z.string() }), versions: [upcaster] });
    expect(thrownBy(() => readData(Broken, stored(First, { name: "x" })))).toEqual(misfit(`the upcaster of version 1 ${message}`));
  });

  test("is refused where an upcaster gives no data to the next", () => {
    const Broken = defineResource("note", { schema: z.object({ title: z.string() }), versions: [() => "text", (data) => data] });
    expect(thrownBy(() => readData(Broken, stored(First, { name: "x" })))).toEqual(
      misfit("the upcaster of version 2 has no object to work on"),
    );
  });
});

describe("data that was written before today's rules", () => {
  test("is read whatever rules there are for values, also those that have to be waited for", () => {
    const Ruled = defineResource("note", {
      schema: z
        .object({
          name: z
            .string()
            .max(2)
            .refine(async () => false),
          tags: z.array(z.string()).max(3).default([]),
        })
        .refine(() => false),
    });
    expect(readData(Ruled, stored(First, { name: "longer than two" }))).toEqual({ name: "longer than two", tags: [] });
  });

  test.each([
    [z.int32(), 1.5],
    [z.int32(), 2 ** 40],
    [z.int(), 1.5],
    [z.iso.date(), "tomorrow"],
    [z.iso.datetime(), "2026-01-31"],
    [z.array(z.iso.date()), ["2026-01-31", "tomorrow"]],
    [z.enum(["a"]), "b"],
    [z.string(), null],
  ])("must be of today's types: %o refuses %j", (type, value) => {
    const Typed = defineResource("note", { schema: z.object({ name: type }) });
    expect(thrownBy(() => readData(Typed, { ...stored(First, { name: value }), shape: "of before" }))).toEqual(
      misfit("at name", expect.stringMatching(/^name/)),
    );
  });

  test("is without the fields that are gone, where objects are strict too", () => {
    const Strict = defineResource("note", {
      schema: z.strictObject({
        name: z.string(),
        inner: z.strictObject({ kept: z.string() }),
        list: z.array(z.strictObject({ a: z.string() })),
      }),
    });
    const old = { name: "x", gone: 1, inner: { kept: "k", gone: 2 }, list: [{ a: "1", gone: 3 }] };
    expect(readData(Strict, stored(First, old))).toEqual({ name: "x", inner: { kept: "k" }, list: [{ a: "1" }] });
  });
});

describe("a definition", () => {
  const schema = z.object({ title: z.string(), address: z.object({ city: z.string() }) });

  test.each([
    [{ versions: [async () => ({})] }, "versions"],
    [{ versions: [1] }, "versions"],
    [{ dropped: "subtitle" }, "dropped"],
    [{ dropped: ["title"] }, "title"],
    [{ dropped: ["address.city"] }, "address.city"],
  ])("refuses %j by name", (options, field) => {
    expect(thrownBy(() => defineResource("note", { schema, ...Object(options) }))).toMatchObject({
      code: "BAD_REQUEST",
      details: { resource: "note", field },
    });
  });
});
