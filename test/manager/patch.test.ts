import { describe, expect, test } from "vitest";
import type { JsonPatchOperation } from "../../src/index.ts";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

async function article(data: Record<string, unknown> = {}) {
  const articles = (await openPlatform(specs)).resource(Article);
  const { id } = await articles.create({ title: "One", tags: ["a", "b"], ...data });
  return { articles, id };
}

describe("merge patch", () => {
  test("replaces lists, removes optional members by null, keeps null where null is a value", async () => {
    const { articles, id } = await article({ note: "n", extra: { a: 1, b: 2 }, source: "s" });
    const { data } = await articles.patch(id, { merge: { tags: ["c"], note: null, source: null, extra: { a: null, c: 3 } } });
    expect(data).toEqual({ title: "One", body: "", views: 0, tags: ["c"], source: null, extra: { b: 2, c: 3 } });
  });

  test.each([[[]], ["text"], [null], [7]])("refuses %j, which is no object", async (merge) => {
    const { articles, id } = await article();
    await expect(articles.patch(id, { merge: merge as never })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  test("never touches a prototype", async () => {
    const { articles, id } = await article();
    const hostile: unknown = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}}');
    await expect(articles.patch(id, { merge: hostile as never })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await expect(articles.patch(id, { merge: { extra: JSON.parse('{"__proto__": {"a": 1}}') } })).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
    });
    expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
  });
});

describe("JSON Patch", () => {
  test("applies all operations or none", async () => {
    const { articles, id } = await article();
    const operations: JsonPatchOperation[] = [
      { op: "test", path: "/title", value: "One" },
      { op: "add", path: "/tags/-", value: "c" },
      { op: "move", from: "/tags/0", path: "/tags/2" },
      { op: "copy", from: "/title", path: "/body" },
      { op: "replace", path: "/views", value: 3 },
    ];
    expect((await articles.patch(id, { operations })).data).toMatchObject({ tags: ["b", "c", "a"], body: "One", views: 3 });
    await expect(
      articles.patch(id, {
        operations: [
          { op: "replace", path: "/title", value: "Two" },
          { op: "test", path: "/views", value: 9 },
        ],
      }),
    ).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await articles.get(id)).data.title).toBe("One");
  });

  test.each<[string, unknown, string]>([
    ["an unknown op", { op: "merge", path: "/title" }, "BAD_REQUEST"],
    ["no path", { op: "remove" }, "BAD_REQUEST"],
    ["a path without a slash", { op: "remove", path: "title" }, "BAD_REQUEST"],
    ["a bad escape", { op: "remove", path: "/ti~2tle" }, "BAD_REQUEST"],
    ["no value", { op: "add", path: "/title" }, "BAD_REQUEST"],
    ["no object", 5, "BAD_REQUEST"],
    ["a move into itself", { op: "move", from: "/tags", path: "/tags/0" }, "BAD_REQUEST"],
    ["__proto__", { op: "add", path: "/__proto__/x", value: 1 }, "BAD_REQUEST"],
    ["constructor", { op: "add", path: "/constructor/prototype/x", value: 1 }, "BAD_REQUEST"],
    ["a missing member", { op: "remove", path: "/nothing" }, "CONFLICT"],
    ["an inherited member", { op: "replace", path: "/toString", value: 1 }, "CONFLICT"],
    ["a leading zero", { op: "replace", path: "/tags/01", value: "x" }, "CONFLICT"],
    ["a negative index", { op: "replace", path: "/tags/-1", value: "x" }, "CONFLICT"],
    ["a huge index", { op: "add", path: "/tags/4294967295", value: "x" }, "CONFLICT"],
    ["a path through a string", { op: "add", path: "/title/x", value: "x" }, "CONFLICT"],
    ["an unknown field", { op: "add", path: "/color", value: "x" }, "VALIDATION_FAILED"],
    ["a wrong type", { op: "replace", path: "/views", value: "x" }, "VALIDATION_FAILED"],
  ])("refuses %s", async (_, operation, expected) => {
    const { articles, id } = await article();
    await expect(articles.patch(id, { operations: [operation as JsonPatchOperation] })).rejects.toMatchObject({ code: expected });
    expect((await articles.get(id)).version).toBe(1);
  });

  test("refuses a patch that doubles the data again and again, and one of too many operations", async () => {
    const { articles, id } = await article({ extra: Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`k${i}`, i])) });
    const bomb = Array.from({ length: 22 }, (_, i): JsonPatchOperation => ({ op: "copy", from: "/extra", path: `/extra/c${i}` }));
    await expect(articles.patch(id, { operations: bomb })).rejects.toMatchObject({ code: "BAD_REQUEST" });
    const many = Array.from({ length: 257 }, (): JsonPatchOperation => ({ op: "test", path: "/views", value: 0 }));
    await expect(articles.patch(id, { operations: many })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});
