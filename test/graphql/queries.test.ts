import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, codeOf, dataOf } from "./ask.ts";

async function library(count = 5) {
  const platform = await openPlatform([Author, Article]);
  const author = await platform.resource(Author).create({ name: "Ada" });
  const articles = [];
  for (let i = 1; i <= count; i++)
    articles.push(
      await platform.resource(Article).create({ title: `T${i}`, views: i * 10, tags: i % 2 ? ["odd"] : ["even", "2"], author: author.id }),
    );
  return { platform, author, articles, ids: articles.map(({ id }) => id) };
}

/** Instants count milliseconds. */
const nextInstant = () => new Promise((resolve) => setTimeout(resolve, 3));

const titles = (connection: { nodes: { title: string }[] }) => connection.nodes.map(({ title }) => title);

describe("reading by id", () => {
  test("a resource with its meta, revision and history", async () => {
    const { platform, ids } = await library(1);
    await platform.resource(Article).patch(ids[0] ?? "", { merge: { views: 11 } });
    const { article } = await dataOf(
      platform,
      `{ article(id: "${ids[0]}") { id title meta { version status deletedAt revisionCount schemaVersion createdBy } revision { id number parent isCurrent status hash data { views } }
         revisions { totalCount nodes { number isCurrent resource { id } } } diff(from: 1) { from to paths operations { op path value } } } }`,
    );
    expect(article.meta).toEqual({
      version: 2,
      status: "STABLE",
      deletedAt: null,
      revisionCount: 2,
      schemaVersion: 1,
      createdBy: "anonymous",
    });
    expect(article.revision).toMatchObject({ id: `${ids[0]}:2`, number: 2, parent: 1, isCurrent: true, data: { views: 11 } });
    expect(article.revisions).toEqual({
      totalCount: 2,
      nodes: [
        { number: 1, isCurrent: false, resource: { id: ids[0] } },
        { number: 2, isCurrent: true, resource: { id: ids[0] } },
      ],
    });
    expect(article.diff).toEqual({ from: 1, to: 2, paths: ["views"], operations: [{ op: "replace", path: "/views", value: 11 }] });
  });

  test("null for what is not there, deleted, of another type, or no id", async () => {
    const { platform, ids, author } = await library(2);
    await platform.resource(Article).delete(ids[0] ?? "");
    const document = `query ($id: ID!) { article(id: $id) { id } articleRevision(id: $id) { id } node(id: $id) { id } }`;
    for (const id of [ids[0], "article_00000000000000000000000000", "x", ""])
      expect(await dataOf(platform, document, { id })).toEqual({ article: null, articleRevision: null, node: null });
    expect(await dataOf(platform, document, { id: author.id })).toMatchObject({ article: null, node: { id: author.id } });
  });

  test("deleted ones when they are asked for", async () => {
    const { platform, ids } = await library(1);
    await platform.resource(Article).delete(ids[0] ?? "");
    const { article, articles } = await dataOf(
      platform,
      `{ article(id: "${ids[0]}", includeDeleted: true) { id meta { deletedAt } } articles(includeDeleted: true) { totalCount } }`,
    );
    expect(article.meta.deletedAt).toMatch(/^\d{4}-/);
    expect(articles.totalCount).toBe(1);
  });

  test("node and nodes find resources and revisions", async () => {
    const { platform, ids, author } = await library(1);
    const { node, nodes } = await dataOf(
      platform,
      `query ($ids: [ID!]!) { node(id: "${ids[0]}:1") { __typename id } nodes(ids: $ids) { __typename id ... on Author { name } } }`,
      {
        ids: [author.id, `${ids[0]}:1`, `${ids[0]}:2`, `${ids[0]}:01`, `${ids[0]}:x`, "nobody_1", `${ids[0]}`],
      },
    );
    expect(node).toEqual({ __typename: "ArticleRevision", id: `${ids[0]}:1` });
    expect(nodes).toEqual([
      { __typename: "Author", id: author.id, name: "Ada" },
      node,
      null,
      null,
      null,
      null,
      { __typename: "Article", id: ids[0] },
    ]);
  });

  test("a revision by number or instant, with its refs as they were then", async () => {
    const { platform, ids, author, articles } = await library(1);
    await nextInstant();
    await platform.resource(Author).update(author.id, { name: "Ada L." });
    await nextInstant();
    const between = new Date().toISOString();
    await nextInstant();
    await platform.resource(Article).patch(ids[0] ?? "", { merge: { views: 11 } });
    await nextInstant();
    await platform.resource(Author).update(author.id, { name: "Ada Lovelace" });
    const document = `query ($at: DateTime) { articleRevision(id: "${ids[0]}", asOf: $at) { number data { views authorId author { number data { name } } } } }`;
    expect((await dataOf(platform, document, { at: between })).articleRevision).toEqual({
      number: 1,
      data: { views: 10, authorId: author.id, author: { number: 2, data: { name: "Ada L." } } },
    });
    expect((await dataOf(platform, document, { at: articles[0]?.meta.createdAt })).articleRevision.data.author).toEqual({
      number: 1,
      data: { name: "Ada" },
    });
    expect((await dataOf(platform, document)).articleRevision).toMatchObject({ number: 2, data: { author: { number: 2 } } });
    expect((await dataOf(platform, document, { at: "2020-01-01T00:00:00Z" })).articleRevision).toBeNull();
    expect(
      (await dataOf(platform, `{ articleRevision(id: "${ids[0]}", number: 1) { data { author { number } } } }`)).articleRevision.data.author
        .number,
    ).toBe(1);
    expect(await codeOf(platform, `{ articleRevision(id: "${ids[0]}", number: 1, asOf: "${between}") { id } }`)).toBe("BAD_REQUEST");
  });

  test("a ref is null when its target is deleted; its id stays", async () => {
    const Loose = defineResource("loose", { schema: z.object({ author: ref(Author, { onDelete: "dangling" }) }) });
    const platform = await openPlatform([Author, Loose]);
    const author = await platform.resource(Author).create({ name: "Ann" });
    const { id } = await platform.resource(Loose).create({ author: author.id });
    await platform.resource(Author).delete(author.id);
    expect((await dataOf(platform, `{ loose(id: "${id}") { authorId author { id } } }`)).loose).toEqual({
      authorId: author.id,
      author: null,
    });
  });
});

describe("searching", () => {
  test.each([
    ["{ views: { gte: 30 } }", ["T3", "T4", "T5"]],
    ['{ tags: { has: "even" }, views: { lt: 40 } }', ["T2"]],
    ["{ tags: { length: { gt: 1 } } }", ["T2", "T4"]],
    ['{ or: [{ title: { eq: "T1" } }, { not: { views: { lte: 40 } } }] }', ["T1", "T5"]],
    ['{ note: { isNull: true }, title: { iStartsWith: "t" } }', ["T1", "T2", "T3", "T4", "T5"]],
    ['{ meta: { version: { eq: 1 }, status: { in: [STABLE] } }, title: { in: ["T2"] } }', ["T2"]],
    ["{ or: [] }", []],
  ])("where %s", async (where, expected) => {
    const { platform } = await library();
    const { articles, articleCount } = await dataOf(
      platform,
      `{ articles(where: ${where}, orderBy: [{ title: ASC }]) { nodes { title } } articleCount(where: ${where}) }`,
    );
    expect(titles(articles)).toEqual(expected);
    expect(articleCount).toBe(expected.length);
  });

  test("by a ref's id", async () => {
    const { platform, author } = await library(2);
    const { articles } = await dataOf(platform, `{ articles(where: { authorId: { eq: "${author.id}" } }) { totalCount } }`);
    expect(articles.totalCount).toBe(2);
  });

  test("orderBy is a list of one key each", async () => {
    const { platform } = await library(3);
    const order = async (orderBy: string) =>
      titles((await dataOf(platform, `{ articles(orderBy: ${orderBy}) { nodes { title } } }`)).articles);
    expect(await order("[{ views: DESC }]")).toEqual(["T3", "T2", "T1"]);
    expect(await order("[{ authorId: ASC }, { title: DESC }]")).toEqual(["T3", "T2", "T1"]);
    expect(await order("{ meta: { createdAt: ASC } }")).toEqual(["T1", "T2", "T3"]);
    expect(await codeOf(platform, `{ articles(orderBy: [{ views: ASC, title: ASC }]) { totalCount } }`)).toBe("BAD_REQUEST");
  });

  test.each(["{ views: null }", "{ views: { eq: null } }", "{ and: null }", "{ title: { in: null } }"])(
    "a null in a filter is refused: %s",
    async (where) => {
      const { platform } = await library(1);
      expect(await codeOf(platform, `{ articles(where: ${where}) { totalCount } }`)).toBe("BAD_REQUEST");
      expect(await codeOf(platform, `{ articleCount(where: ${where}) }`)).toBe("BAD_REQUEST");
    },
  );

  test("null arguments are as absent", async () => {
    const { platform } = await library(1);
    const { articles } = await dataOf(
      platform,
      `query ($none: ArticleWhere, $n: Int) { articles(where: $none, orderBy: null, first: $n, after: null) { totalCount } }`,
      { none: null, n: null },
    );
    expect(articles.totalCount).toBe(1);
  });

  test("a field that is not indexed is not in the filter's type", async () => {
    const { platform } = await library(1);
    expect((await ask(platform, `{ articles(where: { body: { eq: "x" } }) { totalCount } }`)).errors?.[0]?.message).toContain('"body"');
  });
});

describe("pages", () => {
  const pageOf = `query ($first: Int, $after: String, $last: Int, $before: String) { articles(orderBy: [{ views: ASC }], first: $first, after: $after, last: $last, before: $before) {
    edges { cursor node { title } } nodes { title } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }`;

  test("forward and backward give the same rows", async () => {
    const { platform } = await library();
    const forward: string[][] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { articles } = await dataOf(platform, pageOf, { first: 2, after });
      forward.push(titles(articles));
      expect(articles.edges.map((edge: { node: unknown }) => edge.node)).toEqual(articles.nodes);
      expect(articles.pageInfo.hasPreviousPage).toBe(after !== null);
      expect((await dataOf(platform, pageOf, { first: 5, after: articles.edges[0].cursor })).articles.nodes[0]).toEqual(
        articles.nodes[1] ?? undefined,
      );
      after = articles.pageInfo.endCursor;
      more = articles.pageInfo.hasNextPage;
    }
    expect(forward).toEqual([["T1", "T2"], ["T3", "T4"], ["T5"]]);

    const backward: string[][] = [];
    for (let before: string | null = null, more = true; more; ) {
      const { articles } = await dataOf(platform, pageOf, { last: 2, before });
      backward.unshift(titles(articles));
      before = articles.pageInfo.startCursor;
      more = articles.pageInfo.hasPreviousPage;
    }
    expect(backward).toEqual([["T1"], ["T2", "T3"], ["T4", "T5"]]);
  });

  test("an empty page has no cursors", async () => {
    const { platform } = await library(1);
    expect((await dataOf(platform, pageOf, { first: 0 })).articles).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: null, endCursor: null },
    });
  });

  test.each([{ first: 1, last: 1 }, { first: 201 }, { last: -1 }, { first: 1, after: "nonsense" }])("%j is refused", async (variables) => {
    const { platform } = await library(1);
    expect(await codeOf(platform, pageOf, variables)).toBe("BAD_REQUEST");
  });

  test("revisions are paged both ways", async () => {
    const { platform, ids } = await library(1);
    for (let views = 1; views <= 4; views++) await platform.resource(Article).patch(ids[0] ?? "", { merge: { views } });
    const page = async (args: string) =>
      (
        await dataOf(
          platform,
          `{ article(id: "${ids[0]}") { revisions(${args}) { totalCount edges { cursor } nodes { number } pageInfo { hasNextPage endCursor startCursor } } } }`,
        )
      ).article.revisions;
    const first = await page("first: 2");
    expect(first.nodes).toEqual([{ number: 1 }, { number: 2 }]);
    expect((await page(`first: 2, after: "${first.pageInfo.endCursor}"`)).nodes).toEqual([{ number: 3 }, { number: 4 }]);
    expect((await page("last: 2")).nodes).toEqual([{ number: 4 }, { number: 5 }]);
    expect(first.totalCount).toBe(5);
  });
});
