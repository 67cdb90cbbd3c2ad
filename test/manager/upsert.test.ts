import { expect, test } from "vitest";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";
import { Article, Country, Page, Setting, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

test("creates what is not there, replaces what is, and leaves what is the same", async () => {
  const pages = (await openPlatform(specs)).resource(Page);
  const made = await pages.upsert({ slug: "a" }, { slug: "a", text: "1" });
  expect(made).toMatchObject({ created: true, changed: true, version: 1 });
  expect(await pages.upsert({ slug: "a" }, { slug: "a", text: "2" })).toMatchObject({
    id: made.id,
    created: false,
    changed: true,
    version: 2,
    data: { text: "2" },
  });
  expect(await pages.upsert({ slug: "a" }, { slug: "a", text: "2" })).toMatchObject({ created: false, changed: false, version: 2 });
  await pages.delete(made.id);
  const second = await pages.upsert({ slug: "a" }, { slug: "a", text: "3" });
  expect(second.created).toBe(true);
  expect(second.id).not.toBe(made.id);
});

test("by the id, where ids are chosen", async () => {
  const platform = await openPlatform(specs);
  const countries = platform.resource(Country);
  const made = await countries.upsert({ id: "country_FRA" }, { cca3: "FRA", name: "France" });
  expect(made).toMatchObject({ id: "country_FRA", created: true });
  expect(await countries.upsert({ id: "country_FRA" }, { cca3: "FRA", name: "Frankreich" })).toMatchObject({ created: false, version: 2 });
  await expect(countries.upsert({ id: "country_FRA" }, { cca3: "DEU", name: "x" })).rejects.toMatchObject({
    code: "VALIDATION_FAILED",
    details: { issues: [{ path: ["cca3"] }] },
  });
  await countries.delete("country_FRA");
  await expect(countries.upsert({ id: "country_FRA" }, { cca3: "FRA", name: "x" })).rejects.toMatchObject({ code: "GONE" });
  await countries.purge("country_FRA");
  await expect(countries.upsert({ id: "country_FRA" }, { cca3: "FRA", name: "x" })).rejects.toMatchObject({ code: "CONFLICT" });

  const settings = platform.resource(Setting);
  expect(await settings.upsert({ id: "setting_one" }, { value: "a" })).toMatchObject({ id: "setting_one", created: true });
  await expect(settings.upsert({ id: "setting_one" }, { value: "b" })).rejects.toMatchObject({ code: "PRECONDITION_REQUIRED" });
});

test("by nested fields, refs and values that the schema rewrites", async () => {
  const Owner = defineResource("owner", { schema: z.object({ name: z.string() }) });
  const Desk = defineResource("desk", {
    schema: z.object({ place: z.object({ code: z.string().toLowerCase() }), owner: ref(Owner).optional(), n: z.int().default(0) }),
    unique: ["place.code", "owner"],
  });
  const platform = await openPlatform([Owner, Desk]);
  const desks = platform.resource(Desk);
  const owner = (await platform.resource(Owner).create({ name: "Ann" })).id;
  const { id } = await desks.upsert({ place: { code: "A1" } }, { place: { code: "A1" }, owner });
  expect(await desks.upsert({ place: { code: "a1" } }, { place: { code: "A1" }, owner, n: 1 })).toMatchObject({ id, version: 2 });
  expect(await desks.upsert({ owner }, { place: { code: "a1" }, owner, n: 2 })).toMatchObject({ id, version: 3 });
});

test.each([
  [{}, "BAD_REQUEST"],
  [{ slug: "a", text: "x" }, "BAD_REQUEST"],
  [{ text: "x" }, "BAD_REQUEST"],
  [{ id: "page_a" }, "BAD_REQUEST"],
  [{ slug: null }, "BAD_REQUEST"],
  [{ slug: ["a"] }, "BAD_REQUEST"],
  [{ slug: "b" }, "VALIDATION_FAILED"],
])("by %j is %s", async (by, code) => {
  const platform = await openPlatform(specs);
  await expect(platform.resource(Page).upsert(by as never, { slug: "a", text: "x" })).rejects.toMatchObject({ code });
  expect(await platform.resource(Page).count()).toBe(0);
});

test("a spec without unique fields and chosen ids has nothing to upsert by", async () => {
  const articles = (await openPlatform(specs)).resource(Article);
  await expect(articles.upsert({ title: "x" }, { title: "x" })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("fifty at once make one resource, and none is lost", async () => {
  const pages = (await openPlatform(specs)).resource(Page);
  const all = await Promise.all(Array.from({ length: 50 }, (_, i) => pages.upsert({ slug: "a" }, { slug: "a", text: String(i) })));
  expect(all.filter(({ created }) => created)).toHaveLength(1);
  const [page] = (await pages.search()).items;
  expect(page).toMatchObject({ version: 50, meta: { revisionCount: 50 } });
});

test("an idempotency key gives the first result again, and none where the payload differs", async () => {
  const pages = (await openPlatform(specs)).resource(Page);
  const first = await pages.upsert({ slug: "a" }, { slug: "a", text: "1" }, { idempotencyKey: "k" });
  await pages.patch(first.id, { merge: { text: "2" } });
  const again = await pages.upsert({ slug: "a" }, { slug: "a", text: "1" }, { idempotencyKey: "k" });
  expect(again).toMatchObject({ id: first.id, version: 1, created: true, replayed: true, data: { text: "1" } });
  await expect(pages.upsert({ slug: "a" }, { slug: "a", text: "3" }, { idempotencyKey: "k" })).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
  expect(await pages.upsert({ slug: "a" }, { slug: "a", text: "2" }, { idempotencyKey: "no-op" })).toMatchObject({ changed: false });
  await pages.patch(first.id, { merge: { text: "4" } });
  expect(await pages.upsert({ slug: "a" }, { slug: "a", text: "2" }, { idempotencyKey: "no-op" })).toMatchObject({
    changed: false,
    replayed: true,
    version: 2,
  });
  await pages.purge(first.id);
  expect(await pages.upsert({ slug: "a" }, { slug: "a", text: "1" }, { idempotencyKey: "k" })).toMatchObject({ replayed: false });
});

test("handlers hear of a create or of an update", async () => {
  const heard: unknown[] = [];
  const note = (phase: string) => (event: { operation: string; id: string | undefined }) => void heard.push([phase, event.operation]);
  const plugin = { name: "note", on: { "*.*.before": note("before"), "*.*.after": note("after"), "*.*.failure": note("failure") } };
  const pages = (await openPlatform(specs, { plugins: [plugin] })).resource(Page);
  await pages.upsert({ slug: "a" }, { slug: "a", text: "1" });
  await pages.upsert({ slug: "a" }, { slug: "a", text: "2" });
  await pages.upsert({ slug: "a" }, { slug: "a", text: "2" });
  await expect(pages.upsert({ slug: "b" }, { slug: "a", text: "2" })).rejects.toThrow();
  expect(heard).toEqual([
    ["before", "create"],
    ["after", "create"],
    ["before", "update"],
    ["after", "update"],
    ["before", "update"],
    ["failure", "create"],
  ]);
});

test("needs the rights to create and to update, and tells nothing of what the actor may not change", async () => {
  let allowed: readonly string[] = ["create", "update"];
  const authorize = async ({ actor, operation }: { actor: { id: string }; operation: string }) =>
    actor.id === "root" || (allowed.includes(operation) && { where: { slug: { startsWith: "mine-" } } });
  const platform = await openPlatform(specs, { authorize });
  const pages = platform.resource(Page);
  await pages.as({ id: "root", roles: [], claims: {} }).create({ slug: "theirs", text: "" });
  await expect(pages.upsert({ slug: "theirs" }, { slug: "theirs", text: "x" })).rejects.toMatchObject({
    code: "UNIQUE_VIOLATION",
    details: { field: "slug" },
  });
  await expect(pages.upsert({ slug: "free" }, { slug: "free", text: "x" })).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(await pages.upsert({ slug: "mine-1" }, { slug: "mine-1", text: "x" })).toMatchObject({ created: true });
  allowed = ["create"];
  await expect(pages.upsert({ slug: "mine-2" }, { slug: "mine-2", text: "x" })).rejects.toMatchObject({ code: "FORBIDDEN" });
});
