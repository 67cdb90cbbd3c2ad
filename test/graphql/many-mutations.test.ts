import { expect, test } from "vitest";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";
import { Article, Author, Page, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, dataOf } from "./ask.ts";

test("rows in bulk have each their own result, and one id never shows two states", async () => {
  const platform = await openPlatform(specs);
  const { createArticles } = await dataOf(
    platform,
    `mutation ($data: [CreateArticleInput!]!) { createArticles(data: $data, status: DRAFT) { __typename ... on CreateArticleSuccess { article { id title meta { status } } changed } ... on ValidationFailed { issues { path } } } }`,
    { data: [{ title: "1" }, { title: "x".repeat(201) }, { title: "3" }] },
  );
  expect(createArticles).toMatchObject([
    { article: { title: "1", meta: { status: "DRAFT" } }, changed: true },
    { __typename: "ValidationFailed", issues: [{ path: ["title"] }] },
    { article: { title: "3" } },
  ]);
  const { id } = createArticles[0].article;
  const { patchArticles } = await dataOf(
    platform,
    `mutation ($rows: [PatchArticleOperation!]!) { patchArticles(rows: $rows) { ... on PatchArticleSuccess { article { id views meta { version } } changed } ... on VersionMismatch { expected actual current { meta { version } } } } }`,
    {
      rows: [
        { id, merge: { views: 1 } },
        { id, merge: { views: 2 } },
        { id, merge: { views: 2 } },
        { id, merge: {}, ifVersion: 1 },
      ],
    },
  );
  const last = { id, views: 2, meta: { version: 3 } };
  expect(patchArticles).toEqual([
    { article: last, changed: true },
    { article: last, changed: true },
    { article: last, changed: false },
    { expected: 1, actual: 3, current: { meta: { version: 3 } } },
  ]);
});

test("a row whose error is no member of the union is null by itself, and the other rows are answered", async () => {
  const platform = await openPlatform(specs);
  const { id } = await platform.resource(Article).create({ title: "a" });
  const row = (path: string, value: number) => ({ id, operations: [{ op: "replace", path, value }] });
  const { data, errors } = await ask(
    platform,
    `mutation ($rows: [PatchArticleOperation!]!) { patchArticles(rows: $rows) { ... on PatchArticleSuccess { article { views } } } }`,
    { rows: [row("/views", 1), row("no pointer", 2), row("/views", 3)] },
  );
  expect(data).toEqual({ patchArticles: [{ article: { views: 3 } }, null, { article: { views: 3 } }] });
  expect(errors).toMatchObject([{ path: ["patchArticles", 1], extensions: { code: "BAD_REQUEST" } }]);
});

test("how many rows and operations one call takes can be set", async () => {
  const platform = await openPlatform([Page], { limits: { operations: 1 } });
  const data = ["a", "b"].map((slug) => ({ slug, text: "" }));
  const bulk = await ask(platform, `mutation ($data: [CreatePageInput!]!) { createPages(data: $data) { __typename } }`, { data });
  const unit = await ask(platform, `mutation ($operations: [Operation!]!) { transact(operations: $operations) { __typename } }`, {
    operations: data.map((each) => ({ createPage: { data: each } })),
  });
  for (const { errors } of [bulk, unit])
    expect(errors).toMatchObject([{ message: "One call takes 1 to 1 operations, not 2", extensions: { code: "BAD_REQUEST" } }]);
  expect(await platform.resource(Page).count()).toBe(0);
});

test("what is malformed is refused with its place, before anything is written", async () => {
  const platform = await openPlatform(specs);
  const { id } = await platform.resource(Author).create({ name: "Ann" });
  const { errors } = await ask(platform, `mutation ($operations: [Operation!]!) { transact(operations: $operations) { __typename } }`, {
    operations: [{ deleteAuthor: { id } }, { patchAuthor: { id } }],
  });
  expect(errors?.[0]?.extensions).toMatchObject({ code: "BAD_REQUEST", index: 1 });
  const two = await ask(
    platform,
    `mutation { transact(operations: [{ deleteAuthor: { id: "x" }, deletePage: { id: "y" } }]) { __typename } }`,
  );
  expect(two).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  expect(await platform.resource(Author).count()).toBe(1);
});

test("an upsert by a unique field says whether it created", async () => {
  const platform = await openPlatform(specs);
  const upsert = (text: string) =>
    dataOf(
      platform,
      `mutation ($text: String!) { upsertPage(by: { slug: "a" }, data: { slug: "a", text: $text }) { ... on UpsertPageSuccess { page { text meta { version } } created changed } } }`,
      { text },
    );
  expect((await upsert("1")).upsertPage).toEqual({ page: { text: "1", meta: { version: 1 } }, created: true, changed: true });
  expect((await upsert("2")).upsertPage).toEqual({ page: { text: "2", meta: { version: 2 } }, created: false, changed: true });
  expect((await upsert("2")).upsertPage).toMatchObject({ created: false, changed: false });
  const two = await ask(
    platform,
    `mutation { upsertCountry(by: { id: "country_FRA", name: "x" }, data: { cca3: "FRA", name: "x" }) { __typename } }`,
  );
  expect(two.errors?.[0]?.extensions.code).toBe("BAD_REQUEST");
});

test("a unit answers the last state of each resource, or why nothing was written", async () => {
  const platform = await openPlatform(specs);
  const document = `mutation ($operations: [Operation!]!, $key: String) { transact(operations: $operations, idempotencyKey: $key) { __typename ... on TransactSuccess { results { id changed created resource { id meta { version } ... on Article { title author { name } } } } } ... on TransactFailed { index error { __typename code ... on VersionMismatch { expected actual current { id } } } } } }`;
  const operations = [
    { createAuthor: { data: { name: "Ann" }, as: "ann" } },
    { createArticle: { data: { title: "One", author: "$ann" }, as: "post" } },
    { patchArticle: { id: "$post", merge: { title: "Two" } } },
    { createPage: { data: { slug: "a", text: "" }, as: "page" } },
    { purgePage: { id: "$page" } },
  ];
  const { transact } = await dataOf(platform, document, { operations, key: "k" });
  const post = { title: "Two", author: { name: "Ann" }, meta: { version: 2 } };
  expect(transact.results).toMatchObject([
    { created: true, resource: { meta: { version: 1 } } },
    { created: true, changed: true, resource: post },
    { created: false, changed: true, resource: post },
    { id: transact.results[4].id, created: true, resource: null },
    { changed: true, resource: null },
  ]);
  const { id } = transact.results[1];
  const failed = await dataOf(platform, document, {
    operations: [{ createAuthor: { data: { name: "Bob" } } }, { deleteArticle: { id, ifVersion: 1 } }],
  });
  expect(failed.transact).toEqual({
    __typename: "TransactFailed",
    index: 1,
    error: { __typename: "VersionMismatch", code: "VERSION_MISMATCH", expected: 1, actual: 2, current: { id } },
  });
  expect(await platform.resource(Author).count()).toBe(1);
  expect(await platform.resource(Article).count()).toBe(1);
  expect(await platform.resource(Page).count()).toBe(0);
});

test("what goes along with a deletion is shown as the unit left it", async () => {
  const Shelf = defineResource("shelf", { schema: z.object({ name: z.string() }), plural: "shelves", key: true });
  const Jar = defineResource("jar", {
    schema: z.object({ of: z.string(), on: ref(Shelf, { onDelete: "cascade" }) }),
    key: true,
  });
  const platform = await openPlatform([Shelf, Jar]);
  await platform.resource(Shelf).create({ name: "high" }, { key: "high" });
  await platform.resource(Jar).create({ of: "jam", on: "shelf_high" }, { key: "jam" });
  const { transact } = await dataOf(
    platform,
    `mutation { transact(operations: [
      { patchJar: { id: "jar_jam", merge: { of: "cherries" } } },
      { deleteShelf: { id: "shelf_high" } }
    ]) { ... on TransactSuccess { results { resource { id meta { version deletedAt } } } } } }`,
  );
  expect(
    transact.results.map(({ resource }: { resource: { meta: { version: number; deletedAt: string | null } } }) => [
      resource.meta.version,
      resource.meta.deletedAt !== null,
    ]),
  ).toEqual([
    [3, true],
    [2, true],
  ]);
});
