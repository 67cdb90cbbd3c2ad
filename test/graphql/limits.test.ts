import { getIntrospectionQuery } from "graphql";
import { expect, test } from "vitest";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, dataOf } from "./ask.ts";

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

test("a refusal says where in the document the limit was passed", async () => {
  const platform = await openPlatform([Author, Article]);
  const placeOf = async (query: string) => (await ask(platform, query)).errors?.[0]?.locations;
  expect(await placeOf("{ authors { totalCount }\n articles(first: -1) { totalCount } }")).toEqual([{ line: 2, column: 2 }]);
  expect(await placeOf("query A {\n articles(first: 9000) { nodes { id } } }")).toEqual([{ line: 1, column: 1 }]);
  expect(await placeOf(`{ ${Array.from({ length: 30 }, (_, i) => `a${i}: __typename`).join(" ")}\n one: __typename }`)).toEqual([
    { line: 2, column: 2 },
  ]);
  expect(await placeOf("{ articles { nodes { ...f } } }\nfragment f on Article {\n  ...f }")).toEqual([{ line: 3, column: 3 }]);
});

test("limits can be set", async () => {
  const platform = await openPlatform([Author, Article], { graphql: { limits: { depth: 2, cost: 10 } } });
  expect((await ask(platform, `{ articles { nodes { id } } }`)).errors?.[0]?.message).toMatch(/limit of 2 for depth/);
  expect((await ask(platform, `{ articles(first: 11) { totalCount } }`)).errors).toBeUndefined();
});
