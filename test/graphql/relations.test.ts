import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createPlatform, defineResource, ref } from "../../src/index.ts";
import { systemContext } from "../../src/storage/context.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newPlace, storageAt } from "../storage/postgres-fixtures.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { ask, codeOf, dataOf } from "./ask.ts";
import { countingStorage } from "./counting-storage.ts";

const Author = defineResource("author", { schema: z.object({ name: z.string() }), index: ["name"], key: true });
const Article = defineResource("article", {
  schema: z.object({
    title: z.string(),
    views: z.int().optional(),
    author: ref(Author, { onDelete: "dangling" }).optional(),
    editors: z.array(ref(Author, { inverse: "edited", onDelete: "dangling" })).default([]),
    credit: z.object({ by: ref(Author, { inverse: false }) }).optional(),
    answers: ref("article", { pin: "revision" }).optional(),
  }),
  index: ["title", "views", ["author", "views"]],
  key: true,
});
const specs = [Author, Article] as const;

/** Ada wrote a, b and c, Ben wrote d, Cyd nothing; e is by nobody who is there. */
async function library(storage?: IStorage) {
  // No two writes in one millisecond: what is asked for as of a write is not what came right after it.
  let now = Date.now();
  const context = { ...systemContext, now: () => ++now };
  const platform = await openPlatform(specs, storage ? { storage, context } : { context });
  const authors = platform.resource(Author);
  const articles = platform.resource(Article);
  for (const name of ["Ada", "Ben", "Cyd", "Gone"]) await authors.create({ name }, { key: name });
  const write = (title: string, author: string, views: number, editors: string[] = []) =>
    articles.create({ title, views, author: `author_${author}`, editors: editors.map((each) => `author_${each}`) }, { key: title });
  await write("a", "Ada", 3, ["Ben", "Gone", "Nobody", "Ada"]);
  await write("b", "Ada", 1, ["Ben"]);
  await write("c", "Ada", 2);
  await write("d", "Ben", 9, ["Ada"]);
  await write("e", "Gone", 5);
  await authors.delete("author_Gone");
  return { platform, authors, articles };
}

describe("the way back along a ref", () => {
  test("is a connection, filtered, sorted and paged for each parent", async () => {
    const { platform } = await library();
    const { authors } = await dataOf(
      platform,
      `{ authors(orderBy: [{ name: ASC }]) { nodes { name
        articles(orderBy: [{ views: DESC }], first: 2) { totalCount nodes { title } pageInfo { hasNextPage hasPreviousPage } }
        few: articles(where: { views: { lt: 3 } }) { totalCount edges { node { title author { name } } } }
        edited { nodes { title } } } } }`,
    );
    const none = { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false, hasPreviousPage: false } };
    expect(authors.nodes).toEqual([
      {
        name: "Ada",
        articles: { totalCount: 3, nodes: [{ title: "a" }, { title: "c" }], pageInfo: { hasNextPage: true, hasPreviousPage: false } },
        few: {
          totalCount: 2,
          edges: [{ node: { title: "b", author: { name: "Ada" } } }, { node: { title: "c", author: { name: "Ada" } } }],
        },
        edited: { nodes: [{ title: "a" }, { title: "d" }] },
      },
      {
        name: "Ben",
        articles: { ...none, totalCount: 1, nodes: [{ title: "d" }] },
        few: { totalCount: 0, edges: [] },
        edited: { nodes: [{ title: "a" }, { title: "b" }] },
      },
      { name: "Cyd", articles: none, few: { totalCount: 0, edges: [] }, edited: { nodes: [] } },
    ]);
  });

  test("pages forwards and backwards by cursors to the whole list", async () => {
    const { platform } = await library();
    const page = async (args: string) => {
      const { author } = await dataOf(
        platform,
        `{ author(id: "author_Ada") { articles(orderBy: [{ views: ASC }], ${args}) { nodes { title } pageInfo { startCursor endCursor hasNextPage hasPreviousPage } } } }`,
      );
      const { nodes, pageInfo } = author.articles;
      return { titles: nodes.map(({ title }: { title: string }) => title).join(""), ...pageInfo };
    };
    const first = await page("first: 2");
    expect(first).toMatchObject({ titles: "bc", hasNextPage: true, hasPreviousPage: false });
    expect(await page(`first: 2, after: "${first.endCursor}"`)).toMatchObject({ titles: "a", hasNextPage: false, hasPreviousPage: true });
    const last = await page("last: 1");
    expect(last).toMatchObject({ titles: "a", hasNextPage: false, hasPreviousPage: true });
    expect(await page(`last: 5, before: "${last.startCursor}"`)).toMatchObject({ titles: "bc", hasNextPage: true, hasPreviousPage: false });
    expect(await codeOf(platform, `{ author(id: "author_Ada") { articles(after: "${first.endCursor}") { nodes { id } } } }`)).toBe(
      "BAD_REQUEST",
    );
  });

  test("shows deleted ones when asked, and counts only when asked", async () => {
    const { storage, totals } = countingStorage(await openStorage());
    const { platform, articles } = await library(storage);
    await articles.delete("article_b");
    totals.length = 0;
    const { author } = await dataOf(
      platform,
      `query ($with: Boolean!) { author(id: "author_Ada") { articles { nodes { title } } all: articles(includeDeleted: true) { totalCount }
        maybe: articles(where: { views: { gt: 2 } }) { totalCount @include(if: $with) } } }`,
      { with: true },
    );
    expect(author).toEqual({ articles: { nodes: [{ title: "a" }, { title: "c" }] }, all: { totalCount: 3 }, maybe: { totalCount: 1 } });
    expect(totals).toEqual([false, true, false, true]);
  });
});

describe("filters", () => {
  test.each([
    ["through a ref", `{ author: { name: { eq: "Ada" } } }`, "abc"],
    ["through a nested ref", `{ credit: { by: { name: { eq: "Ada" } } } }`, ""],
    ["through a list of refs", `{ editors: { some: { name: { startsWith: "B" } } } }`, "ab"],
    ["back and forth", `{ author: { edited: { some: { author: { name: { eq: "Ben" } } } } } }`, "abc"],
    ["under not, where a deleted target is unknown", `{ not: { author: { name: { eq: "Ada" } } } }`, "d"],
  ])("%s", async (_case, where, titles) => {
    const { platform, articles } = await library();
    if (where.includes("credit")) await articles.patch("article_e", { merge: { credit: { by: "author_Ben" } } });
    const { articles: found, articleCount } = await dataOf(
      platform,
      `{ articles(where: ${where}) { nodes { title } } articleCount(where: ${where}) }`,
    );
    expect(found.nodes.map(({ title }: { title: string }) => title).join("")).toBe(titles);
    expect(articleCount).toBe(titles.length);
  });

  test("over referrers", async () => {
    const { platform } = await library();
    const names = async (where: string) =>
      (await dataOf(platform, `{ authors(where: ${where}) { nodes { name } } }`)).authors.nodes.map(({ name }: { name: string }) => name);
    expect(await names(`{ articles: { some: { views: { gt: 2 } } } }`)).toEqual(["Ada", "Ben"]);
    expect(await names(`{ articles: { every: { views: { gt: 2 } } } }`)).toEqual(["Ben", "Cyd"]);
    expect(await names(`{ articles: { none: { editors: { some: { name: { eq: "Ben" } } } } } }`)).toEqual(["Ben", "Cyd"]);
  });

  test.each([
    ["a null", `{ author: null }`],
    ["a null of a quantifier", `{ editors: { some: null } }`],
    ["what is not indexed there", `{ author: { email: { eq: "x" } } }`],
    ["more levels than are allowed", `{ editors: { some: { edited: { some: { editors: { some: { edited: { some: {} } } } } } } } }`],
    ["a ref that leads to the past", `{ answers: { title: { eq: "a" } } }`],
  ])("refuse %s", async (_case, where) => {
    const { platform } = await library();
    expect(await codeOf(platform, `{ articles(where: ${where}) { nodes { id } } }`)).toBe("BAD_REQUEST");
  });
});

test("what refers to a resource is told by spec and field, to each actor what it may find", async () => {
  const asked = `{ authors(orderBy: [{ name: ASC }]) { nodes { referrers { type field count ids } } } }`;
  const { storage, calls } = countingStorage(await openStorage());
  const { platform } = await library(storage);
  calls.length = 0;
  const { authors } = await dataOf(platform, asked);
  const group = (field: string, ...ids: string[]) => ({
    type: "ARTICLE",
    field,
    count: ids.length,
    ids: ids.map((each) => `article_${each}`),
  });
  expect(authors.nodes.map(({ referrers }: { referrers: unknown }) => referrers)).toEqual([
    [group("author", "a", "b", "c"), group("editors", "a", "d")],
    [group("author", "d"), group("editors", "a", "b")],
    [],
  ]);
  expect(calls.toSorted()).toEqual(["referrers article", "referrers article", "referrers article", "search author"]);
  const { article } = await dataOf(platform, `{ article(id: "article_a") { referrers { field } } }`);
  expect(article.referrers).toEqual([]);
  const rest = await platform.fetch(new Request("http://localhost/authors/author_Ben/referrers"));
  expect(await rest.json()).toEqual({
    items: [
      { type: "article", field: "author", count: 1, ids: ["article_d"] },
      { type: "article", field: "editors", count: 2, ids: ["article_a", "article_b"] },
    ],
  });
  expect((await platform.fetch(new Request("http://localhost/authors/author_Gone/referrers"))).status).toBe(410);
});

test("a list of refs is a list of objects as long as that of the ids, with null for what is not there", async () => {
  const { platform } = await library();
  const { article } = await dataOf(
    platform,
    `{ article(id: "article_a") { editors { name } editorIds revision { data { editors { data { name } } } } } }`,
  );
  expect(article).toEqual({
    editors: [{ name: "Ben" }, null, null, { name: "Ada" }],
    editorIds: ["author_Ben", "author_Gone", "author_Nobody", "author_Ada"],
    // When the article was written, the author who is gone was there.
    revision: { data: { editors: [{ data: { name: "Ben" } }, { data: { name: "Gone" } }, null, { data: { name: "Ada" } }] } },
  });
});

test("a pinned ref leads to its revision for ever", async () => {
  const { platform, articles } = await library();
  const answered = `{ article(id: "article_b") { answersId answers { number isCurrent data { title } resource { title } } } }`;
  await articles.patch("article_b", { merge: { answers: "article_a:1" } });
  await articles.patch("article_a", { merge: { title: "A" } });
  expect((await dataOf(platform, answered)).article).toEqual({
    answersId: "article_a:1",
    answers: { number: 1, isCurrent: false, data: { title: "a" }, resource: { title: "A" } },
  });
  await articles.delete("article_a");
  expect((await dataOf(platform, answered)).article.answers).toMatchObject({ data: { title: "a" }, resource: null });
  const { articles: found } = await dataOf(platform, `{ articles(where: { answersId: { eq: "article_a:1" } }) { nodes { title } } }`);
  expect(found.nodes).toEqual([{ title: "b" }]);
  await articles.purge("article_a");
  expect((await dataOf(platform, answered)).article).toEqual({ answersId: "article_a:1", answers: null });
  for (const wrong of ["article_a", "article_a:0", "article_a:01", "author_a:1", "article_a:1:1"])
    await expect(articles.patch("article_b", { merge: { answers: wrong } })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
});

describe("what a nested selection costs", () => {
  const storages: Readonly<Record<string, () => Promise<IStorage>>> = {
    "memory or disk": openStorage,
    postgres: async () => {
      const place = await newPlace();
      onTestFinished(place.remove);
      return storageAt(place, "files");
    },
  };
  const document = `{ authors(first: 20, where: { name: { startsWith: "x" } }) { nodes {
    articles(first: 4) { totalCount nodes {
      title editors { name } author { edited(first: 2) { nodes { title } } } revisions(last: 1) { nodes { number } } diff(from: 1) { paths }
    } } } } }`;

  describe.each(Object.entries(storages))("on %s", (name, open) => {
    if (name === "postgres" && withoutPostgres()) return;
    test.each([1, 20])("is bounded by its depth: with %i rows above", async (count) => {
      const { storage, calls } = countingStorage(await open());
      const { platform, authors, articles } = await library(storage);
      for (let i = 0; i < count; i++) {
        const { id } = await authors.create({ name: `x${i}` }, { key: `x${i}` });
        for (const part of ["m", "n", "o"])
          await articles.create({ title: `${part}${i}`, author: id, editors: [id, "author_Ada"] }, { key: `${part}${i}` });
      }
      calls.length = 0;
      const found = await dataOf(platform, document);
      expect(found.authors.nodes).toHaveLength(count);
      expect(found.authors.nodes[0].articles).toMatchObject({
        totalCount: 3,
        nodes: [{ editors: [{ name: "x0" }, { name: "Ada" }] }, {}, {}],
      });
      expect(calls.toSorted()).toEqual([
        "read article",
        "read article",
        "read article",
        "read author",
        "referrers article",
        "referrers article",
        "revisions article",
        "search author",
      ]);
    });
  });

  test("multiplies by the pages of nested connections", async () => {
    const { platform } = await library();
    const deep = (first: number) =>
      `{ authors(first: ${first}) { nodes { articles(first: ${first}) { nodes { author { articles(first: ${first}) { nodes { id } } } } } } } }`;
    expect((await ask(platform, deep(10))).errors).toBeUndefined();
    const { errors } = await ask(platform, deep(20));
    const listed = (first: number) => `{ articles(first: 25) { nodes { editors { articles(first: ${first}) { nodes { id } } } } } }`;
    expect((await ask(platform, listed(10))).errors).toBeUndefined();
    expect((await ask(platform, listed(20))).errors?.[0]).toMatchObject({ message: expect.stringMatching(/cost: it has 5/) });
    expect(errors?.[0]).toMatchObject({ message: expect.stringMatching(/limit of 5000 for cost/), extensions: { code: "BAD_REQUEST" } });
  });
});

test("what is refused when the platform is made", () => {
  const names = z.object({ articles: z.string().optional() });
  const made = (author: z.ZodObject, article: z.ZodObject) => () =>
    createPlatform({
      resources: [defineResource("author", { schema: author }), defineResource("article", { schema: article })],
      storage: countingStorage().storage,
    });
  const to = (inverse?: string | false) => ref("author", inverse === undefined ? {} : { inverse });
  expect(made(names, z.object({ author: to() }))).toThrow(
    /article, field author: author would know .* as articles, but it has a field articles\. .*inverse: "…"/,
  );
  expect(made(z.object({ name: z.string() }), z.object({ author: to(), editor: to() }))).toThrow(
    /it knows so already those .* by article\.author/,
  );
  expect(made(z.object({ name: z.string() }), z.object({ author: to("revisions") }))).toThrow(/reserved/);
  expect(made(names, z.object({ author: to("written"), editor: to(false) }))).not.toThrow();
  expect(() => ref("author", { inverse: "__x" })).toThrow(/inverse takes/);
  expect(() => ref("author", JSON.parse('{ "inverze": "x" }'))).toThrow(/Did you mean inverse/);
});
