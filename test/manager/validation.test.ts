import { expect, test } from "vitest";
import { z } from "zod";
import { blob, defineResource } from "../../src/index.ts";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

test.each<[string, unknown, string]>([
  ["no object", "text", ""],
  ["null", null, ""],
  ["a missing field", {}, "title"],
  ["a wrong type", { title: 1 }, "title"],
  ["a wrong type at depth", { title: "x", extra: { a: "b" } }, "extra.a"],
  ["an unknown field", { title: "x", colour: "red" }, "colour"],
  ["a reserved key", JSON.parse('{"title": "x", "__proto__": {"a": 1}}'), "__proto__"],
  ["a hostile record key", { title: "x", extra: JSON.parse('{"__proto__": 1}') }, "extra.__proto__"],
  ["a constructor key", { title: "x", extra: { constructor: 1 } }, "extra.constructor"],
  ["U+0000", { title: "a\0b" }, "title"],
  ["a lone surrogate", { title: "a\ud800" }, "title"],
  ["a lone surrogate in a list", { title: "x", tags: ["ok", "\udfff"] }, "tags.1"],
  ["an unsafe integer", { title: "x", views: 2 ** 53 }, "views"],
  ["not a number", { title: "x", views: Number.NaN }, "views"],
  ["a bad ref", { title: "x", author: "page_1" }, "author"],
  ["ten kilobytes of name", { title: "x", ["k".repeat(10_000)]: 1 }, "k".repeat(100)],
])("refuses %s and names the path", async (_, data, path) => {
  const articles = (await openPlatform(specs)).resource(Article);
  await expect(articles.create(data as never)).rejects.toMatchObject({
    code: "VALIDATION_FAILED",
    details: {
      issues: expect.arrayContaining([
        expect.objectContaining({ path: path === "" ? [] : path.split(".").map((key) => (/^\d+$/.test(key) ? Number(key) : key)) }),
      ]),
    },
  });
  expect(await articles.count()).toBe(0);
});

test("stores what was given: missing stays missing, null stays null, −0 is 0, keys in canonical order", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  const { id } = await articles.create({ views: -0, title: "é\u0301 𝒳", note: null });
  const stored = await articles.get(id);
  expect(stored.current.json).toBe('{"body":"","note":null,"source":null,"tags":[],"title":"é\u0301 𝒳","views":0}');
  expect(stored.revision.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test("takes blobs that were put, and no others", async () => {
  const Photo = defineResource("photo", { schema: z.object({ image: blob(), more: z.array(z.object({ thumb: blob() })).default([]) }) });
  const platform = await openPlatform([Photo]);
  const photos = platform.resource(Photo);
  const bytes = new TextEncoder().encode("picture");
  const { id: image, hash, size } = await platform.blobs.put(bytes, { contentType: "image/png" });
  const created = await photos.create({ image, more: [{ thumb: image }] });
  expect(created.data.image).toBe(image);
  expect({ hash, size }).toEqual({ hash: `sha256:${(await import("node:crypto")).hash("sha256", "picture")}`, size: 7 });
  expect(await Array.fromAsync(platform.blobs.get(image)).then((parts) => Buffer.concat(parts).toString())).toBe("picture");
  const unknown = "blob_01h455vb4pex5vsknk084sn02q";
  await expect(photos.create({ image: unknown })).rejects.toMatchObject({ code: "REFERENCE_VIOLATION" });
  await expect(photos.create({ image, more: [{ thumb: unknown }] })).rejects.toMatchObject({ code: "REFERENCE_VIOLATION" });
  await expect(platform.blobs.put(bytes, { contentType: "text/html\r\nx: y" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("reads old data through new defaults, and names what no longer fits", async () => {
  const { memoryStorage } = await import("../../src/memory.ts");
  const storage = memoryStorage();
  const V1 = defineResource("thing", { schema: z.object({ a: z.string() }) });
  const { id } = await (await openPlatform([V1], { storage })).resource(V1).create({ a: "x" });
  const V2 = defineResource("thing", { schema: z.object({ a: z.string(), b: z.int().default(7) }), index: ["a"] });
  const read = await (await openPlatform([V2], { storage })).resource(V2).get(id);
  expect(read.data).toEqual({ a: "x", b: 7 });
  expect(JSON.parse(read.json)).toMatchObject({ data: { a: "x", b: 7 } });
  const V3 = defineResource("thing", { schema: z.object({ a: z.string(), c: z.string() }) });
  const broken = await (await openPlatform([V3], { storage })).resource(V3).get(id);
  expect(() => broken.data).toThrow(expect.objectContaining({ code: "DATA_CORRUPTION", message: expect.stringContaining("at c") }));
});

test("lists the first hundred issues and says how many more there are, however long their paths are", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  const tags = Array.from({ length: 5_000 }, (_, i) => i);
  const refused = await articles.create({ title: "x", tags: tags as never }).catch((thrown: unknown) => thrown);
  expect(refused).toMatchObject({
    code: "VALIDATION_FAILED",
    message: expect.stringContaining("(and 4999 more, the first 100 are listed)"),
  });
  expect(refused).toHaveProperty("details.issues.length", 100);
  const long = await articles.create({ title: "x", extra: { ["k".repeat(100_000)]: 0.5 } }).catch((thrown: unknown) => thrown);
  expect(JSON.stringify(long).length).toBeLessThan(2_000);
});

test.each([
  ["at once", () => z.string().refine((): boolean => JSON.parse("{"))],
  ["later", () => z.string().refine(async (): Promise<boolean> => JSON.parse("{"))],
  ["later, in a list", () => z.array(z.object({ b: z.string() }).superRefine(async () => JSON.parse("{"))).optional()],
])("a rule that throws %s is INTERNAL with its cause, and nothing is written", async (_, rule) => {
  const Fragile = defineResource("fragile", { schema: z.object({ a: rule() }) });
  const platform = await openPlatform([Fragile]);
  const a = rule().type === "string" ? "x" : [{ b: "x" }];
  await expect(platform.resource(Fragile).create({ a: a as never })).rejects.toMatchObject({
    code: "INTERNAL",
    cause: expect.any(SyntaxError),
  });
  expect(await platform.resource(Fragile).count()).toBe(0);
  const answer = await platform.fetch(
    new Request("http://x/fragiles", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ a }) }),
  );
  expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining("JSON at position")]);
});
