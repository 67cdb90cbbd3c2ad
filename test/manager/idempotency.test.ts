import { expect, test } from "vitest";
import { Article, Page, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

test("the same key and payload answer the first result and write nothing", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  const first = await articles.create({ title: "One" }, { idempotencyKey: "k" });
  await articles.update(first.id, { title: "Two" });
  const again = await articles.create({ title: "One" }, { idempotencyKey: "k" });
  expect(again).toMatchObject({ id: first.id, replayed: true, version: 1, data: { title: "One" } });
  expect(await articles.count()).toBe(1);
  await expect(articles.create({ title: "Other" }, { idempotencyKey: "k" })).rejects.toMatchObject({ code: "IDEMPOTENCY_KEY_REUSED" });
  await expect(articles.create({ title: "One" }, { idempotencyKey: "k", status: "draft" })).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
  await expect(articles.create({ title: "One" }, { idempotencyKey: "ключ" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("a key belongs to its actor and its resource type, and failures do not use it up", async () => {
  const platform = await openPlatform(specs);
  const articles = platform.resource(Article);
  const { id } = await articles.create({ title: "One" }, { idempotencyKey: "k" });
  const others = await articles.as({ id: "ann", roles: [], claims: {} }).create({ title: "One" }, { idempotencyKey: "k" });
  expect(others.id).not.toBe(id);
  const pages = platform.resource(Page);
  await pages.create({ slug: "a", text: "" });
  await expect(pages.create({ slug: "a", text: "" }, { idempotencyKey: "k" })).rejects.toMatchObject({ code: "UNIQUE_VIOLATION" });
  expect(await pages.create({ slug: "b", text: "" }, { idempotencyKey: "k" })).toMatchObject({ replayed: false });
});

test("a hundred concurrent uses of one key create one resource", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  const uses = await Promise.allSettled(Array.from({ length: 100 }, () => articles.create({ title: "One" }, { idempotencyKey: "k" })));
  const created = uses.filter((use) => use.status === "fulfilled" && !use.value.replayed);
  const refused = uses.filter((use) => use.status === "rejected" && use.reason.code !== "CONFLICT");
  expect([created.length, refused.length, await articles.count()]).toEqual([1, 0, 1]);
});

test("a purge takes the reply with it", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  const { id } = await articles.create({ title: "One" }, { idempotencyKey: "k" });
  await articles.purge(id);
  expect(await articles.create({ title: "One" }, { idempotencyKey: "k" })).toMatchObject({ replayed: false });
});

test("replies are kept for a day", async () => {
  let now = 1_000;
  const context = { ...(await import("../../src/storage/context.ts")).systemContext, now: () => now };
  const { memoryStorage } = await import("../../src/memory.ts");
  const articles = (await openPlatform(specs, { context, storage: memoryStorage({ context }) })).resource(Article);
  await articles.create({ title: "One" }, { idempotencyKey: "k" });
  now += 24 * 60 * 60 * 1000 - 1;
  expect(await articles.create({ title: "One" }, { idempotencyKey: "k" })).toMatchObject({ replayed: true });
  now += 2;
  expect(await articles.create({ title: "One" }, { idempotencyKey: "k" })).toMatchObject({ replayed: false });
});
