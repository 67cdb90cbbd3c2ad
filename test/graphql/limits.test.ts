import { getIntrospectionQuery } from "graphql";
import { describe, expect, test } from "vitest";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, dataOf } from "./ask.ts";

const times = (count: number, make: (i: number) => string): string => Array.from({ length: count }, (_, i) => make(i)).join(" ");
const fan = (levels: number, body: (next: string) => string): string =>
  `{ articles { nodes { ...f0 } } } ${times(levels, (i) => `fragment f${i} on Article { ${body(`...f${i + 1}`)} }`)} fragment f${levels} on Article { id }`;

/** The best of three, so that a busy machine does not count; a document of its own each time, so that no cache helps. */
async function quickest(platform: Parameters<typeof ask>[0], query: string, variables: Record<string, unknown> = {}) {
  const runs = [];
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    const answer = await ask(platform, `${query} # ${i}`, variables);
    runs.push({ answer, ms: performance.now() - start });
  }
  return runs.reduce((best, run) => (run.ms < best.ms ? run : best));
}

describe("over a limit: 400 that names it, at once", () => {
  test.each<[string, string, RegExp, Record<string, unknown>?]>([
    ["10 000 aliases", `{ ${times(10_000, (i) => `a${i}: __typename`)} }`, /2000 tokens/],
    ["31 aliases", `{ article(id: "x") { ${times(31, (i) => `a${i}: id`)} } }`, /limit of 30 for aliases/],
    ["10 000 repeated fields", `{ ${times(10_000, () => "__typename")} }`, /2000 tokens/],
    ["1 000 repeated fields", `{ article(id: "x") { ${times(1_000, () => "id")} } }`, /limit of 200 for repeated fields/],
    [
      "repeated fields in repeated fields",
      `{ article(id: "x") { ${times(130, () => `author { ${times(12, () => "name")} }`)} } }`,
      /limit of 200 for repeated fields/,
    ],
    [
      "the same fields in many fragments",
      `{ article(id: "x") { ${times(85, (i) => `...f${i}`)} } } ${times(85, (i) => `fragment f${i} on Article { id title body authorId }`)}`,
      /limit of 200 for repeated fields/,
    ],
    ["10 000 directives", `{ __typename ${times(10_000, () => "@skip(if: false)")} }`, /2000 tokens/],
    ["1 000 fragments", `{ __typename } ${times(1_000, (i) => `fragment f${i} on Article { id }`)}`, /2000 tokens/],
    [
      "rows in bulk",
      `mutation { createArticles(data: [${times(100, (i) => `{ title: "${i}" }`)}]) { ... on CreateArticleSuccess { article { ${times(60, (i) => (i < 29 ? `a${i}: id` : "id"))} } } } }`,
      /limit of 5000 for cost/,
    ],
    [
      "rows in bulk, in a variable",
      `mutation ($rows: [DeleteArticleOperation!]!) { a: deleteArticles(rows: $rows) { __typename } ${times(12, (i) => `a${i}: deleteArticles(rows: $rows) { __typename }`)} }`,
      /limit of 5000 for cost/,
      { rows: Array.from({ length: 200 }, () => ({ id: "article_x" })) },
    ],
    [
      "operations of a unit",
      `mutation ($operations: [Operation!]!) { ${times(9, (i) => `a${i}: transact(operations: $operations) { ... on TransactSuccess { results { id resource { id } } } }`)} }`,
      /limit of 5000 for cost/,
      { operations: Array.from({ length: 150 }, () => ({ deleteArticle: { id: "article_x" } })) },
    ],
    ["21 root fields", `{ ${times(21, (i) => `a${i}: __typename`)} }`, /limit of 20 for root fields/],
    [
      "21 root fields in fragments",
      `{ ${times(7, (i) => `...f${i}`)} } ${times(7, (i) => `fragment f${i} on Query { a${i}: __typename b${i}: __typename c${i}: __typename }`)}`,
      /limit of 20 for root fields/,
    ],
    ["fragments that double 25 times", fan(25, (next) => `${next} ... { ${next} }`), /limit of 5000 for cost/],
    [
      "fragments that double by aliases",
      fan(14, (next) => `a: revision { resource { ${next} } } b: revision { resource { ${next} } }`),
      /limit of (5000 for cost|12 for depth)/,
    ],
    ["a fragment that spreads itself", `{ article(id: "x") { ...a } } fragment a on Article { ...a }`, /spreads itself/],
    [
      "fragments in a circle",
      `{ article(id: "x") { ...a } } fragment a on Article { ...b } fragment b on Article { author { id } ...a }`,
      /spreads itself/,
    ],
    ["6 000 levels", `${"{ a".repeat(6_000)}${"}".repeat(6_000)}`, /2000 tokens/],
    ["13 levels", `{ article(id: "x") ${"{ revision { resource ".repeat(6)} { id } ${"} }".repeat(6)} }`, /limit of 12 for depth/],
    [
      "13 levels through fragments",
      `{ article(id: "x") { ...f0 } } ${times(6, (i) => `fragment f${i} on Article { revision { resource { ...f${i + 1} } } }`)} fragment f6 on Article { id }`,
      /limit of 12 for depth/,
    ],
    ["a page of 1e9", `{ articles(first: 1000000000) { nodes { id } } }`, /limit of 5000 for cost/],
    ["a page of 1e9 by variable", `query ($n: Int) { articles(first: $n) { nodes { id } } }`, /limit of 5000 for cost/, { n: 1e9 }],
    ["a page of 1e9 by default", `query ($n: Int = 1000000000) { articles(first: $n) { nodes { id } } }`, /limit of 5000 for cost/],
    [
      "pages in pages multiply",
      `{ articles(first: 100) { nodes { revisions(first: 100) { nodes { id } } } } }`,
      /limit of 5000 for cost: it has/,
    ],
    [
      "pages in pages by variable",
      `query ($n: Int) { articles(first: $n) { nodes { revisions(first: $n) { edges { node { id } } } } } }`,
      /limit of 5000 for cost/,
      { n: 100 },
    ],
    [
      "pages behind fragments",
      `{ ...a } fragment a on Query { articles(last: 200) { ...b } } fragment b on ArticleConnection { nodes { revisions { nodes { id number } } } }`,
      /limit of 5000 for cost/,
    ],
    ["a negative page", `{ articles(first: -1) { totalCount } }`, /must not be negative/],
    ["a negative page by variable", `query ($n: Int) { articles(last: $n) { totalCount } }`, /must not be negative/, { n: -1 }],
    ["introspection many times over", `{ ${times(6, (i) => `a${i}: __schema { types { name } }`)} }`, /limit of 5000 for cost/],
    [
      "many nodes with much below them",
      `query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Article { ${"id author { id name } ".repeat(13)} } } }`,
      /limit of 5000 for cost/,
      { ids: times(200, () => "x").split(" ") },
    ],
  ])("%s", async (_name, query, message, variables = {}) => {
    const platform = await openPlatform([Author, Article]);
    const { answer, ms } = await quickest(platform, query, variables);
    expect(answer).toMatchObject({
      status: 400,
      data: undefined,
      errors: [{ message: expect.stringMatching(message), extensions: { code: "BAD_REQUEST" } }],
    });
    expect(ms).toBeLessThan(50);
  });

  test.each<[string, string]>([
    [
      "many fragments of the same fields",
      `{ article(id: "x") { ${times(40, (i) => `...f${i}`)} } } ${times(40, (i) => `fragment f${i} on Article { id title body authorId }`)}`,
    ],
    [
      "a chain of fragments",
      `{ article(id: "x") { ...f0 } } ${times(240, (i) => `fragment f${i} on Article { ...f${i + 1} }`)} fragment f240 on Article { id }`,
    ],
    ["introspection in circles", `{ __schema { types { fields { type { fields { type { fields { type { fields { name } } } } } } } } } }`],
  ])("%s: answered in time", async (_name, query) => {
    const platform = await openPlatform([Author, Article]);
    expect((await quickest(platform, query)).ms).toBeLessThan(100);
  });
});

test("the standard introspection query passes", async () => {
  const platform = await openPlatform([Author, Article]);
  const full = getIntrospectionQuery({
    descriptions: true,
    specifiedByUrl: true,
    directiveIsRepeatable: true,
    schemaDescription: true,
    inputValueDeprecation: true,
    oneOf: true,
  });
  expect((await dataOf(platform, full)).__schema.types.length).toBeGreaterThan(50);
});

test("an ordinary large query passes", async () => {
  const platform = await openPlatform([Author, Article]);
  await dataOf(
    platform,
    `{ articles(first: 200) { totalCount pageInfo { endCursor } nodes { id title body views tags authorId meta { version updatedAt } author { id name } } } }`,
  );
  await dataOf(platform, `{ articles(first: 20) { nodes { id revisions(first: 20) { nodes { number data { title } } } } } }`);
});

test("limits can be set", async () => {
  const platform = await openPlatform([Author, Article], { graphql: { limits: { depth: 2, cost: 10 } } });
  expect((await ask(platform, `{ articles { nodes { id } } }`)).errors?.[0]?.message).toMatch(/limit of 2 for depth/);
  expect((await ask(platform, `{ articles(first: 11) { totalCount } }`)).errors).toBeUndefined();
});
