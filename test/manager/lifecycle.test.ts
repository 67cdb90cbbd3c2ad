import { describe, expect, test } from "vitest";
import { Article, Country, Page, Setting, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

const code = (expected: string) => expect.objectContaining({ code: expected });

describe("create", () => {
  test("writes revision 1 with defaults applied, and says who did it", async () => {
    const platform = await openPlatform(specs);
    const articles = platform.resource(Article).as({ id: "ann", roles: [], claims: {} });
    const created = await articles.create({ title: "One" });
    expect(created.id).toMatch(/^article_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
    expect(created.data).toEqual({ title: "One", body: "", views: 0, tags: [], source: null });
    expect(created.meta).toMatchObject({
      version: 1,
      createdBy: "ann",
      updatedBy: "ann",
      deletedAt: null,
      revisionCount: 1,
      schemaVersion: 1,
      status: "stable",
    });
    expect(created.revision).toMatchObject({ id: `${created.id}:1`, number: 1, parent: null });
    expect(created.changed).toBe(true);
    expect((await articles.get(created.id)).toJSON()).toEqual(created.toJSON());
  });

  test("takes the id from the key field, and reserves it for ever", async () => {
    const countries = (await openPlatform(specs)).resource(Country);
    const france = await countries.create({ cca3: "FRA", name: "France" });
    expect(france.id).toBe("country_FRA");
    await expect(countries.create({ cca3: "FRA", name: "again" })).rejects.toEqual(code("CONFLICT"));
    await countries.purge(france.id);
    await expect(countries.create({ cca3: "FRA", name: "again" })).rejects.toEqual(code("CONFLICT"));
    await expect(countries.create({ cca3: "a b", name: "x" })).rejects.toEqual(code("VALIDATION_FAILED"));
  });

  test("takes a chosen key where the spec allows one, and no key where it does not", async () => {
    const platform = await openPlatform(specs);
    expect((await platform.resource(Setting).create({ value: "1" }, { key: "theme" })).id).toBe("setting_theme");
    expect((await platform.resource(Setting).create({ value: "1" })).id).toMatch(/^setting_[0-9a-z]{26}$/);
    // @ts-expect-error the spec has no keys
    await expect(platform.resource(Article).create({ title: "x" }, { key: "mine" })).rejects.toEqual(code("BAD_REQUEST"));
  });

  test("refuses a taken unique value until its holder is deleted", async () => {
    const pages = (await openPlatform(specs)).resource(Page);
    const first = await pages.create({ slug: "home", text: "1" });
    await expect(pages.create({ slug: "home", text: "2" })).rejects.toMatchObject({
      code: "UNIQUE_VIOLATION",
      details: { field: "slug", id: first.id },
    });
    await pages.delete(first.id);
    await pages.create({ slug: "home", text: "2" });
    await expect(pages.restore(first.id)).rejects.toEqual(code("UNIQUE_VIOLATION"));
  });
});

test("the JSON text of a resource is its JSON, whatever its actor is called", async () => {
  const platform = await openPlatform(specs);
  const articles = platform.resource(Article).as({ id: "O'Neil \"\u2028\n\\", roles: [], claims: {} });
  const { id } = await articles.create({ title: '"' }, { status: "draft" });
  await articles.update(id, { title: "Two" });
  const found = await articles.delete(id).then(() => articles.get(id, { includeDeleted: true }));
  expect(found.json).toBe(JSON.stringify({ id, data: JSON.parse(found.current.json), meta: found.meta, revision: found.revision }));
  expect(found.current.infoJson).toBe(JSON.stringify(found.current.info));
});

describe("update and no-ops", () => {
  test("writes a revision whose parent is the current one, and nothing for the same data", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "One" });
    const second = await articles.update(id, { title: "Two" });
    expect(second.revision).toMatchObject({ number: 2, parent: 1 });
    const same = await articles.update(id, { title: "Two", views: 0 });
    expect(same).toMatchObject({ changed: false, version: 2 });
    const back = await articles.switch(id, 1);
    expect(back).toMatchObject({ changed: true, version: 3, data: { title: "One" } });
    expect(await articles.switch(id, 1)).toMatchObject({ changed: false, version: 3 });
    expect((await articles.update(id, { title: "Three" })).revision).toMatchObject({ number: 3, parent: 1 });
  });

  test("checks the version that the caller saw before it looks at the data", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "One" });
    await articles.update(id, { title: "Two" }, { ifVersion: 1 });
    const wrong = { title: 5 } as never;
    await expect(articles.update(id, wrong, { ifVersion: 1 })).rejects.toMatchObject({
      code: "VERSION_MISMATCH",
      details: { expected: 1, actual: 2 },
    });
    await expect(articles.update(id, wrong, { ifVersion: 2 })).rejects.toEqual(code("VALIDATION_FAILED"));
    await expect(articles.update(id, { title: "x" }, { ifVersion: 0 })).rejects.toEqual(code("BAD_REQUEST"));
    await expect(articles.update("article_unknown", wrong, { ifVersion: 1 })).rejects.toEqual(code("NOT_FOUND"));
  });

  test("demands the version where the spec says so", async () => {
    const settings = (await openPlatform(specs)).resource(Setting);
    const { id } = await settings.create({ value: "1" });
    await expect(settings.update(id, { value: "2" })).rejects.toEqual(code("PRECONDITION_REQUIRED"));
    expect((await settings.update(id, { value: "2" }, { ifVersion: 1 })).version).toBe(2);
  });

  test("keeps every one of two hundred concurrent writes", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "0" });
    const writes = await Promise.all(Array.from({ length: 200 }, (_, i) => articles.update(id, { title: `t${i}` })));
    expect(new Set(writes.map(({ revision }) => revision.number)).size).toBe(200);
    for (const written of writes) expect((await articles.revision(id, { number: written.revision.number })).data).toEqual(written.data);
    const versions = await Promise.allSettled(
      Array.from({ length: 50 }, (_, i) => articles.update(id, { title: `v${i}` }, { ifVersion: 201 })),
    );
    expect(versions.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("does not let a key field change", async () => {
    const countries = (await openPlatform(specs)).resource(Country);
    await countries.create({ cca3: "FRA", name: "France" });
    await expect(countries.update("country_FRA", { cca3: "DEU", name: "Germany" })).rejects.toEqual(code("VALIDATION_FAILED"));
  });
});

describe("drafts", () => {
  test("are modified in place until they are stable", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "One" }, { status: "draft" });
    const modified = await articles.modify(id, { merge: { title: "Two" } }, { ifVersion: 1 });
    expect(modified).toMatchObject({
      version: 2,
      data: { title: "Two" },
      revision: { number: 1, status: "draft" },
      meta: { revisionCount: 1 },
    });
    await expect(articles.modify(id, { merge: { title: "x" } }, {})).rejects.toEqual(code("PRECONDITION_REQUIRED"));
    expect((await articles.modify(id, { merge: {} }, { ifVersion: 2, status: "stable" })).meta.status).toBe("stable");
    await expect(articles.modify(id, { merge: { title: "x" } }, { ifVersion: 3 })).rejects.toEqual(code("CONFLICT"));
    expect(await articles.modify(id, { merge: {} }, { ifVersion: 3 })).toMatchObject({ changed: false });
    await expect(articles.modify(id, { merge: { title: "x" } }, { ifVersion: 2 })).rejects.toEqual(code("VERSION_MISMATCH"));
  });
});

describe("delete, restore, purge", () => {
  test("hide, bring back, and remove for good", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "One" });
    const deleted = await articles.delete(id);
    expect(deleted).toMatchObject({ version: 2, changed: true, meta: { revisionCount: 1 } });
    expect(await articles.delete(id)).toMatchObject({ version: 2, changed: false });
    await expect(articles.get(id)).rejects.toEqual(code("GONE"));
    expect((await articles.get(id, { includeDeleted: true })).meta.deletedAt).toEqual(expect.any(String));
    await expect(articles.update(id, { title: "x" })).rejects.toEqual(code("GONE"));
    expect(await articles.restore(id)).toMatchObject({ version: 3, changed: true, meta: { deletedAt: null } });
    expect(await articles.restore(id)).toMatchObject({ version: 3, changed: false });
    expect(await articles.purge(id)).toEqual({ id, changed: true });
    await expect(articles.get(id, { includeDeleted: true })).rejects.toEqual(code("NOT_FOUND"));
    await expect(articles.revision(id, { number: 1 })).rejects.toEqual(code("NOT_FOUND"));
    await expect(articles.restore(id)).rejects.toEqual(code("NOT_FOUND"));
  });
});

describe("history", () => {
  test("is read by number, by page and as of an instant", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const context = { ...(await import("../../src/storage/context.ts")).systemContext, now: () => now };
    const articles = (await openPlatform(specs, { context })).resource(Article);
    const { id } = await articles.create({ title: "One" });
    now += 1000;
    await articles.update(id, { title: "Two" });
    now += 1000;
    await articles.delete(id);
    now += 1000;
    await articles.restore(id);
    expect((await articles.revision(id, { asOf: "2026-01-01T00:00:00.500Z" })).data).toMatchObject({ title: "One" });
    expect((await articles.revision(id, { asOf: "2026-01-01T02:00:01.500+02:00" })).data).toMatchObject({ title: "Two" });
    await expect(articles.revision(id, { asOf: "2026-01-01T00:00:02.500Z" })).rejects.toEqual(code("GONE"));
    await expect(articles.get(id, { asOf: "2025-01-01T00:00:00Z" })).rejects.toEqual(code("NOT_FOUND"));
    await expect(articles.get(id, { asOf: "yesterday" })).rejects.toEqual(code("BAD_REQUEST"));
    expect((await articles.get(id, { asOf: "2026-01-01T00:00:01Z" })).meta).toMatchObject({
      version: 2,
      updatedAt: "2026-01-01T00:00:01.000Z",
      revisionCount: 2,
    });
    const page = await articles.revisions(id, { last: 1 });
    expect(page.items.map(({ number, isCurrent }) => [number, isCurrent])).toEqual([[2, true]]);
    expect(page).toMatchObject({ totalCount: 2, hasPreviousPage: true, hasNextPage: false });
    expect((await articles.revisions(id, { first: 5, before: page.cursor(0) })).items.map(({ number }) => number)).toEqual([1]);
  });

  test("instants increase even when the clock does not", async () => {
    const context = { ...(await import("../../src/storage/context.ts")).systemContext, now: () => 1_000_000 };
    const articles = (await openPlatform(specs, { context })).resource(Article);
    const { id } = await articles.create({ title: "0" });
    const times = [];
    for (const title of ["1", "2", "3"]) times.push(Date.parse((await articles.update(id, { title })).meta.updatedAt));
    expect(times).toEqual([1_000_001, 1_000_002, 1_000_003]);
  });

  test("diff gives a JSON Patch that makes one revision of the other", async () => {
    const articles = (await openPlatform(specs)).resource(Article);
    const { id } = await articles.create({ title: "One", tags: ["a"] });
    await articles.update(id, { title: "Two", tags: ["a", "b"] });
    const diff = await articles.diff(id, 1);
    expect(diff).toMatchObject({ from: 1, to: 2, paths: ["tags", "title"] });
    await articles.switch(id, 1);
    expect((await articles.patch(id, { operations: diff.operations })).data).toMatchObject({ title: "Two", tags: ["a", "b"] });
    await expect(articles.diff(id, 1, 9)).rejects.toEqual(code("NOT_FOUND"));
    // Of many, each is answered by itself.
    const each = await articles.diffs([
      { id, from: 0 },
      { id: "article_none", from: 1 },
      { id, from: 1, to: 2 },
    ]);
    expect(each).toEqual([code("BAD_REQUEST"), code("NOT_FOUND"), diff]);
  });
});
