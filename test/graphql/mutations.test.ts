import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";
import { Article, Author, Page, Setting } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, codeOf, dataOf } from "./ask.ts";

const fields = `article { id title views note meta { version status } } changed`;
const errors = `... on Error { code message }`;

async function opened() {
  const platform = await openPlatform([Author, Article]);
  const run = async (mutation: string, variables = {}, declared = "") => {
    const name = /^(\w+)/.exec(mutation)?.[1] ?? "";
    const data = await dataOf(
      platform,
      `mutation ${declared} { ${mutation} { __typename ... on ${name.charAt(0).toUpperCase()}${name.slice(1)}Success { ${fields} } ${errors} ... on VersionMismatch { expected actual current { id meta { version } ... on Article { title } } } ... on ValidationFailed { issues { path message code } } } }`,
      variables,
    );
    return data[name];
  };
  const created = await run(`createArticle(data: { title: "One" })`);
  return { platform, run, id: created.article.id };
}

describe("the life of a resource", () => {
  test("create, update, patch, modify, switch, delete, restore, purge", async () => {
    const { platform, run, id } = await opened();
    expect(await run(`updateArticle(id: "${id}", data: { title: "Two" }, ifVersion: 1)`)).toMatchObject({
      article: { title: "Two", meta: { version: 2 } },
      changed: true,
    });
    expect(await run(`updateArticle(id: "${id}", data: { title: "Two" })`)).toMatchObject({
      changed: false,
      article: { meta: { version: 2 } },
    });
    expect(await run(`patchArticle(id: "${id}", merge: { views: 3, note: "n" }, status: DRAFT)`)).toMatchObject({
      article: { views: 3, note: "n", meta: { status: "DRAFT" } },
    });
    expect(await run(`modifyArticle(id: "${id}", merge: { note: null }, ifVersion: 3)`)).toMatchObject({
      article: { note: null, meta: { version: 4, status: "DRAFT" } },
    });
    expect(await run(`modifyArticle(id: "${id}", status: STABLE, ifVersion: 4)`)).toMatchObject({
      article: { meta: { version: 5, status: "STABLE" } },
      changed: true,
    });
    expect(
      await run(
        `patchArticle(id: "${id}", operations: [{ op: test, path: "/views", value: 3 }, { op: replace, path: "/views", value: 4 }])`,
      ),
    ).toMatchObject({ article: { views: 4 } });
    expect(await run(`switchArticle(id: "${id}", revision: 1)`)).toMatchObject({ article: { title: "One", views: 0 } });
    expect(await run(`deleteArticle(id: "${id}")`)).toMatchObject({ changed: true });
    expect(await run(`deleteArticle(id: "${id}")`)).toMatchObject({ changed: false });
    expect(await run(`restoreArticle(id: "${id}")`)).toMatchObject({ changed: true });
    expect(await dataOf(platform, `mutation { purgeArticle(id: "${id}") { ... on PurgeArticleSuccess { id changed } } }`)).toEqual({
      purgeArticle: { id, changed: true },
    });
    expect(await dataOf(platform, `{ article(id: "${id}", includeDeleted: true) { id } }`)).toEqual({ article: null });
  });

  test("an idempotency key gives the first answer again", async () => {
    const { platform, run } = await opened();
    const first = await run(`createArticle(data: { title: "K" }, idempotencyKey: "k1")`);
    expect(await run(`createArticle(data: { title: "K" }, idempotencyKey: "k1")`)).toEqual(first);
    expect(await codeOf(platform, `mutation { createArticle(data: { title: "Other" }, idempotencyKey: "k1") { __typename } }`)).toBe(
      "IDEMPOTENCY_KEY_REUSED",
    );
  });

  test.each(["", "merge: { views: 1 }, operations: []", "merge: null, operations: null"])(
    "a patch takes merge or operations: %j",
    async (args) => {
      const { platform, id } = await opened();
      expect(await codeOf(platform, `mutation { patchArticle(id: "${id}"${args ? `, ${args}` : ""}) { __typename } }`)).toBe("BAD_REQUEST");
    },
  );
});

describe("refusals are members of the result", () => {
  test("ValidationFailed, with zod's issues", async () => {
    const { run, id } = await opened();
    expect(await run(`createArticle(data: { title: "${"x".repeat(201)}" })`)).toMatchObject({
      __typename: "ValidationFailed",
      code: "VALIDATION_FAILED",
      issues: [{ path: ["title"], code: "too_big" }],
    });
    expect(await run(`patchArticle(id: "${id}", merge: { title: null })`)).toMatchObject({
      __typename: "ValidationFailed",
      issues: [{ path: ["title"] }],
    });
    expect(await run("createArticle(data: $d)", { d: { title: "x", tags: null } }, "($d: CreateArticleInput!)")).toMatchObject({
      __typename: "ValidationFailed",
      issues: [{ path: ["tags"] }],
    });
  });

  test("VersionMismatch, with the current state", async () => {
    const { run, id } = await opened();
    await run(`patchArticle(id: "${id}", merge: { title: "New" })`);
    expect(await run(`patchArticle(id: "${id}", merge: { title: "Mine" }, ifVersion: 1)`)).toMatchObject({
      __typename: "VersionMismatch",
      expected: 1,
      actual: 2,
      current: { id, title: "New", meta: { version: 2 } },
    });
  });

  test("NotFound, Gone and Conflict", async () => {
    const { run, id } = await opened();
    expect(await run(`deleteArticle(id: "article_00000000000000000000000000")`)).toMatchObject({
      __typename: "NotFound",
      code: "NOT_FOUND",
    });
    expect(await run(`switchArticle(id: "${id}", revision: 9)`)).toMatchObject({ __typename: "NotFound" });
    expect(await run(`modifyArticle(id: "${id}", merge: { title: "x" }, ifVersion: 1)`)).toMatchObject({ __typename: "Conflict" });
    expect(await run(`patchArticle(id: "${id}", operations: [{ op: test, path: "/title", value: "?" }])`)).toMatchObject({
      __typename: "Conflict",
    });
    await run(`deleteArticle(id: "${id}")`);
    expect(await run(`patchArticle(id: "${id}", merge: { title: "x" })`)).toMatchObject({ __typename: "Gone", code: "GONE" });
  });

  test("UniqueViolation, with field and holder", async () => {
    const platform = await openPlatform([Page]);
    const document = `mutation { createPage(data: { slug: "a", text: "t" }) { __typename ... on CreatePageSuccess { page { id } } ... on UniqueViolation { code field holder: id } } }`;
    const first = await dataOf(platform, document);
    expect((await dataOf(platform, document)).createPage).toEqual({
      __typename: "UniqueViolation",
      code: "UNIQUE_VIOLATION",
      field: "slug",
      holder: first.createPage.page.id,
    });
  });

  test("PreconditionRequired where the spec demands the version", async () => {
    const platform = await openPlatform([Setting]);
    await platform.resource(Setting).create({ value: "a" }, { key: "one" });
    const { updateSetting } = await dataOf(platform, `mutation { updateSetting(id: "setting_one", data: { value: "b" }) { __typename } }`);
    expect(updateSetting).toEqual({ __typename: "PreconditionRequired" });
    expect(await dataOf(platform, `mutation { createSetting(key: "one", data: { value: "b" }) { __typename } }`)).toEqual({
      createSetting: { __typename: "Conflict" },
    });
  });

  test("ReferenceViolation for an unknown blob", async () => {
    const { blob } = await import("../../src/index.ts");
    const Photo = defineResource("photo", { schema: z.object({ file: blob() }) });
    const platform = await openPlatform([Photo]);
    const { createPhoto } = await dataOf(
      platform,
      `mutation { createPhoto(data: { file: "blob_00000000000000000000000000" }) { __typename ... on Error { code } } }`,
    );
    expect(createPhoto).toEqual({ __typename: "ReferenceViolation", code: "REFERENCE_VIOLATION" });
  });

  test("Forbidden on writes; an entry of errors on reads", async () => {
    const platform = await openPlatform([Author, Article], { authorize: async ({ operation }) => operation === "search" });
    const { createAuthor } = await dataOf(
      platform,
      `mutation { createAuthor(data: { name: "x" }) { __typename ... on Error { code message } } }`,
    );
    expect(createAuthor).toMatchObject({ __typename: "Forbidden", code: "FORBIDDEN" });
    const read = await ask(platform, `{ author(id: "author_x") { id } authors { totalCount } }`);
    expect(read).toMatchObject({
      status: 200,
      data: { author: null, authors: { totalCount: 0 } },
      errors: [{ path: ["author"], extensions: { code: "FORBIDDEN" } }],
    });
  });

  test("every result has all nine failures", async () => {
    const Lone = defineResource("lone", { schema: z.object({ other: ref("lone").optional() }) });
    const platform = await openPlatform([Lone]);
    const { __schema } = await dataOf(platform, `{ __schema { types { name kind possibleTypes { name } } } }`);
    const results = __schema.types.filter(
      (type: { name: string; kind: string }) => type.kind === "UNION" && type.name.endsWith("LoneResult"),
    );
    expect(results).toHaveLength(8);
    for (const { possibleTypes } of results) {
      const names = possibleTypes.map(({ name }: { name: string }) => name);
      expect(names).toEqual(
        expect.arrayContaining([
          "ValidationFailed",
          "UniqueViolation",
          "ReferenceViolation",
          "VersionMismatch",
          "PreconditionRequired",
          "Conflict",
          "NotFound",
          "Gone",
          "Forbidden",
        ]),
      );
      expect(names).toHaveLength(10);
    }
  });
});

test("what is wrong with a variable comes with its name, path and place", async () => {
  const platform = await openPlatform([Author, Article]);
  const { errors } = await ask(platform, "mutation ($data: CreateArticleInput!) { createArticle(data: $data) { __typename } }", {
    data: { title: 1, views: 1.5 },
  });
  expect(errors).toEqual([
    {
      message: expect.stringMatching(/^Variable "\$data" has invalid value at \.title: String/),
      locations: [{ line: 1, column: 11 }],
      extensions: { code: "BAD_REQUEST" },
    },
    {
      message: expect.stringMatching(/^Variable "\$data" has invalid value at \.views: Expected a whole number/),
      locations: [{ line: 1, column: 11 }],
      extensions: { code: "BAD_REQUEST" },
    },
  ]);
  const long = await ask(platform, "query ($id: ID!, $n: Int) { article(id: $id) { revisions(first: $n) { nodes { id } } } }", {
    id: "x",
    n: "9".repeat(100_000),
  });
  expect(long.errors?.[0]?.message.length).toBeLessThan(1_100);
});
