import { describe, expect, test } from "vitest";
import type { TransactOperation } from "../../src/index.ts";
import { Article, Author, Country, Page, specs } from "../support/articles.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";

type Operations = readonly TransactOperation<(typeof specs)[number]>[];

async function opened(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const storage = await openStorage();
  const platform = await openPlatform(specs, { ...options, storage });
  const head = async () => (await storage.state()).head;
  return { platform, head };
}

describe("all or nothing", () => {
  test("operations on several resources, with references to earlier ones", async () => {
    const { platform } = await opened();
    const results = await platform.transact([
      { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
      { type: "article", op: "create", data: { title: "$ann", author: "$ann" }, as: "post" },
      { type: "article", op: "patch", id: "$post", operations: [{ op: "replace", path: "/author", value: "$ann" }] },
      { type: "article", op: "patch", id: "$post", merge: { views: 3, author: "$ann" }, ifVersion: 1 },
      { type: "author", op: "update", id: "$ann", data: { name: "Anna" } },
      { type: "page", op: "upsert", by: { slug: "a" }, data: { slug: "a", text: "" } },
    ]);
    const [author, , unchanged, post] = results;
    expect(results.map(({ changed }) => changed)).toEqual([true, true, false, true, true, true]);
    expect(unchanged).toMatchObject({ version: 1 });
    expect(await platform.resource(Article).get(post?.id ?? "")).toMatchObject({
      version: 2,
      data: { title: "$ann", author: author?.id, views: 3 },
    });
    expect(await platform.resource(Author).get(author?.id ?? "")).toMatchObject({ version: 2, data: { name: "Anna" } });
    expect(await platform.resource(Page).count()).toBe(1);
  });

  test.each<[string, Operations, number, string]>([
    ["data", [{ type: "page", op: "create", data: { slug: "c", text: 1 as never } }], 1, "VALIDATION_FAILED"],
    ["a value that another has", [{ type: "page", op: "create", data: { slug: "held", text: "" } }], 1, "UNIQUE_VIOLATION"],
    [
      "a value that an operation before it takes",
      [
        { type: "page", op: "create", data: { slug: "b", text: "" } },
        { type: "page", op: "create", data: { slug: "new", text: "" } },
      ],
      2,
      "UNIQUE_VIOLATION",
    ],
    ["what is not there", [{ type: "page", op: "delete", id: "page_00000000000000000000000000" }], 1, "NOT_FOUND"],
    ["a resource of another spec", [{ type: "author", op: "delete", id: "page_00000000000000000000000000" }], 1, "NOT_FOUND"],
    [
      "an id that is taken",
      [
        { type: "author", op: "create", data: { name: "x" } },
        { type: "country", op: "create", data: { cca3: "FRA", name: "x" } },
      ],
      2,
      "CONFLICT",
    ],
    ["an old version", [{ type: "country", op: "patch", id: "country_FRA", merge: { name: "x" }, ifVersion: 7 }], 1, "VERSION_MISMATCH"],
  ])("is refused for %s, with the place", async (_, more, index, code) => {
    const { platform, head } = await opened();
    await platform.resource(Country).create({ cca3: "FRA", name: "France" });
    await platform.resource(Page).create({ slug: "held", text: "" });
    const before = await head();
    await expect(platform.transact([{ type: "page", op: "create", data: { slug: "new", text: "" } }, ...more])).rejects.toMatchObject({
      code,
      details: { index },
    });
    expect(await head()).toBe(before);
    expect(await platform.resource(Page).count()).toBe(1);
  });

  test("operations on one resource apply in order, whatever they are", async () => {
    const { platform } = await opened();
    const results = await platform.transact([
      { type: "country", op: "create", data: { cca3: "FRA", name: "1" }, status: "draft" },
      { type: "country", op: "modify", id: "country_FRA", merge: { name: "1b" }, status: "stable", ifVersion: 1 },
      { type: "country", op: "update", id: "country_FRA", data: { cca3: "FRA", name: "2" }, ifVersion: 2 },
      { type: "country", op: "switch", id: "country_FRA", revision: 1 },
      { type: "country", op: "delete", id: "country_FRA" },
      { type: "country", op: "restore", id: "country_FRA" },
      { type: "country", op: "upsert", by: { id: "country_FRA" }, data: { cca3: "FRA", name: "3" } },
    ]);
    expect(results.map((result) => "version" in result && result.version)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const countries = platform.resource(Country);
    expect(await countries.get("country_FRA")).toMatchObject({ data: { name: "3" }, meta: { revisionCount: 3 } });
    expect((await countries.revision("country_FRA", { number: 1 })).data).toMatchObject({ name: "1b" });
    await expect(
      platform.transact([
        { type: "country", op: "purge", id: "country_FRA" },
        { type: "country", op: "delete", id: "country_FRA" },
      ]),
    ).rejects.toMatchObject({ code: "NOT_FOUND", details: { index: 1 } });
    expect(await platform.transact([{ type: "country", op: "purge", id: "country_FRA" }])).toEqual([{ id: "country_FRA", changed: true }]);
  });

  test("a value that one operation frees can be taken by the next", async () => {
    const { platform } = await opened();
    const pages = platform.resource(Page);
    const { id } = await pages.create({ slug: "a", text: "" });
    const [, second] = await platform.transact([
      { type: "page", op: "delete", id },
      { type: "page", op: "upsert", by: { slug: "a" }, data: { slug: "a", text: "new" } },
    ]);
    expect(second).toMatchObject({ created: true });
    expect(second?.id).not.toBe(id);
  });

  test("what changes nothing writes nothing", async () => {
    const { platform, head } = await opened();
    const { id } = await platform.resource(Author).create({ name: "Ann" });
    const before = await head();
    expect(await platform.transact([{ type: "author", op: "patch", id, merge: { name: "Ann" } }])).toMatchObject([{ changed: false }]);
    expect(await head()).toBe(before);
  });
});

test.each<[string, Operations, number]>([
  ["an unknown name", [{ type: "article", op: "create", data: { title: "x", author: "$ann" } }], 0],
  [
    "a later operation",
    [
      { type: "article", op: "create", data: { title: "x", author: "$ann" } },
      { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
    ],
    0,
  ],
  ["itself", [{ type: "article", op: "create", data: { title: "x", author: "$me" }, as: "me" }], 0],
  [
    "a name given twice",
    [
      { type: "author", op: "create", data: { name: "1" }, as: "ann" },
      { type: "author", op: "create", data: { name: "2" }, as: "ann" },
    ],
    1,
  ],
  ["a name with blanks", [{ type: "author", op: "create", data: { name: "1" }, as: "a b" }], 0],
  [
    "an unknown name in a JSON Patch",
    [{ type: "article", op: "patch", id: "article_x", operations: [{ op: "add", path: "/author", value: "$x" }] }],
    0,
  ],
  ["an unknown spec", [{ type: "nothing" as never, op: "delete", id: "x" }], 0],
  ["an idempotency key of one operation", [{ type: "author", op: "create", data: { name: "1" }, idempotencyKey: "k" }], 0],
])("malformed: %s", async (_, operations, index) => {
  const { platform, head } = await opened();
  await expect(platform.transact(operations)).rejects.toMatchObject({ code: "BAD_REQUEST", details: { index } });
  expect(await head()).toBe(0);
});

test("takes 1 to 200 operations", async () => {
  const { platform } = await opened();
  const many = (length: number): Operations => Array.from({ length }, () => ({ type: "author", op: "create", data: { name: "x" } }));
  await expect(platform.transact(many(201))).rejects.toMatchObject({ code: "BAD_REQUEST", message: /\b200\b/ });
  await expect(platform.transact([])).rejects.toMatchObject({ code: "BAD_REQUEST" });
  expect(await platform.transact(many(200))).toHaveLength(200);
});

test("an idempotency key gives all first results again", async () => {
  const { platform } = await opened();
  const operations: Operations = [
    { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
    { type: "article", op: "create", data: { title: "One", author: "$ann" } },
  ];
  const first = await platform.transact(operations, { idempotencyKey: "k" });
  const [author, article] = first;
  await platform.resource(Article).patch(article?.id ?? "", { merge: { title: "Two" } });
  expect(JSON.parse(JSON.stringify(await platform.transact(operations, { idempotencyKey: "k" })))).toEqual(
    JSON.parse(JSON.stringify(first)),
  );
  expect(await platform.resource(Article).count()).toBe(1);
  await expect(platform.transact(operations.slice(0, 1), { idempotencyKey: "k" })).rejects.toMatchObject({
    code: "IDEMPOTENCY_KEY_REUSED",
  });
  const others = await platform.transact(operations, { idempotencyKey: "k", actor: { id: "ann", roles: [], claims: {} } });
  expect(others[0]?.id).not.toBe(author?.id);
  await platform.resource(Article).purge(article?.id ?? "");
  await expect(platform.transact(operations, { idempotencyKey: "k" })).rejects.toMatchObject({ code: "NOT_FOUND" });

  const both = await Promise.allSettled([1, 2].map(() => platform.transact(operations, { idempotencyKey: "twice" })));
  expect(both.map((one) => (one.status === "rejected" ? one.reason.code : "done")).sort()).toEqual(["CONFLICT", "done"]);
});

test("handlers hear of each operation; a refusal fails them all", async () => {
  const heard: string[] = [];
  const note = (phase: string) => (event: { type: string; operation: string }) =>
    void heard.push(`${phase} ${event.type} ${event.operation}`);
  const plugin = {
    name: "note",
    on: {
      "*.*.before": note("before"),
      "*.*.after": note("after"),
      "*.*.failure": note("failure"),
      "article.create.before": ({ data }: { data: { title: string } }) => {
        data.title = data.title.toUpperCase();
      },
    },
  };
  const { platform } = await opened({ plugins: [plugin] });
  const [author, article] = await platform.transact([
    { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
    { type: "article", op: "create", data: { title: "one", author: "$ann" } },
  ]);
  expect(article).toMatchObject({ data: { title: "ONE" } });
  expect(heard).toEqual(["before author create", "before article create", "after author create", "after article create"]);
  heard.length = 0;
  await expect(
    platform.transact([
      { type: "author", op: "delete", id: author?.id ?? "" },
      { type: "article", op: "switch", id: article?.id ?? "", revision: 9 },
    ]),
  ).rejects.toMatchObject({ code: "NOT_FOUND", details: { index: 1 } });
  expect(heard).toEqual(["before author delete", "failure author delete", "failure article switch"]);
});

test("the rights of every operation are asked before anything is planned", async () => {
  const { platform, head } = await opened({
    authorize: async ({ operation, spec }) => (operation === "delete" ? false : spec.name !== "page" || { where: { slug: { eq: "a" } } }),
  });
  const author = await platform.resource(Author).create({ name: "x" });
  await expect(
    platform.transact([
      { type: "author", op: "patch", id: author.id, merge: { name: 1 as never } },
      { type: "author", op: "delete", id: author.id },
    ]),
  ).rejects.toMatchObject({ code: "FORBIDDEN", details: { index: 1 } });
  await expect(platform.transact([{ type: "page", op: "create", data: { slug: "b", text: "" } }])).rejects.toMatchObject({
    code: "FORBIDDEN",
  });
  expect(await head()).toBe(1);
});

test("units that meet are planned anew: none is lost, whatever their order", async () => {
  const { platform } = await opened();
  const [a, b] = await Promise.all([1, 2].map(() => platform.resource(Article).create({ title: "x" })));
  const articles = platform.resource(Article);
  const ids = [a?.id ?? "", b?.id ?? ""];
  const append = (id: string, tag: string) => ({ id, operations: [{ op: "add" as const, path: "/tags/-", value: tag }] });
  await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      i % 4 === 3
        ? articles.patch(ids[0] ?? "", append("", `single ${i}`))
        : platform.transact((i % 2 ? ids : ids.toReversed()).map((id) => ({ type: "article", op: "patch", ...append(id, String(i)) }))),
    ),
  );
  expect((await articles.getMany(ids)).map((article) => article?.data.tags.length)).toEqual([20, 15]);
});
