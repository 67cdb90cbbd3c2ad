import { expect, test } from "vitest";
import { SpecStarError } from "../../src/index.ts";
import { Page, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

test("each row by itself, answered in order", async () => {
  const pages = (await openPlatform(specs)).resource(Page);
  const { id } = await pages.create({ slug: "a", text: "1" });
  const rows = await pages.batch([
    { op: "create", data: { slug: "b", text: "" } },
    { op: "create", data: { slug: "a", text: "" } },
    { op: "update", id, data: { slug: "a", text: "2" }, ifVersion: 1 },
    { op: "patch", id: "page_00000000000000000000000000", merge: { text: "3" } },
    { op: "patch", id, merge: { text: "3" } },
    { op: "modify", id, merge: { text: "4" }, ifVersion: 3 },
    { op: "switch", id, revision: 1 },
    { op: "upsert", by: { slug: "c" }, data: { slug: "c", text: "" } },
    { op: "delete", id },
    { op: "restore", id },
    { op: "purge", id },
  ]);
  expect(rows.map((row) => (row instanceof SpecStarError ? row.code : row.changed))).toEqual([
    true,
    "UNIQUE_VIOLATION",
    true,
    "NOT_FOUND",
    true,
    "CONFLICT",
    true,
    true,
    true,
    true,
    true,
  ]);
  expect(await pages.count()).toBe(2);
  expect(rows.at(-1)).toEqual({ id, changed: true });
});

test("takes 1 to 200 rows", async () => {
  const pages = (await openPlatform(specs)).resource(Page);
  const rows = (count: number) => Array.from({ length: count }, (_, i) => ({ op: "create" as const, data: { slug: String(i), text: "" } }));
  await expect(pages.batch(rows(201))).rejects.toMatchObject({ code: "BAD_REQUEST", message: /\b200\b/ });
  await expect(pages.batch([])).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(await pages.count()).toBe(0);
  await pages.batch(rows(200));
  expect(await pages.count()).toBe(200);
});
