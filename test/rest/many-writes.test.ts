import { expect, test } from "vitest";
import { expectProblem, openClient } from "./client.ts";

test("PUT of the collection by a unique field creates, with Location, or replaces", async () => {
  const { ask } = await openClient();
  const made = await ask("PUT", "/pages?slug=a", { body: { slug: "a", text: "1" } });
  expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([
    201,
    `/pages/${made.body.id}`,
    `"${made.body.id}.1"`,
  ]);
  const again = await ask("PUT", "/pages?slug=a", { body: { slug: "a", text: "2" }, headers: { "idempotency-key": "k" } });
  expect([again.status, again.headers.get("location"), again.body.id]).toEqual([200, null, made.body.id]);
  const replay = await ask("PUT", "/pages?slug=a", { body: { slug: "a", text: "2" }, headers: { "idempotency-key": "k" } });
  expect([replay.headers.get("idempotency-replayed"), replay.body.meta.version]).toEqual(["true", 2]);
  expect((await ask("PUT", "/countries?id=country_FRA", { body: { cca3: "FRA", name: "France" } })).status).toBe(201);
});

test.each([
  ["/pages", 400, "BAD_REQUEST"],
  ["/pages?text=x", 400, "BAD_REQUEST"],
  ["/pages?id=page_a", 400, "BAD_REQUEST"],
  ["/pages?slug=a&slug=b", 400, "BAD_REQUEST"],
  ["/countries?id=country_FRA&name=x", 400, "BAD_REQUEST"],
  ["/pages?slug=b", 422, "VALIDATION_FAILED"],
  ["/articles?title=x", 405, "METHOD_NOT_ALLOWED"],
])("PUT %s is %i %s", async (path, status, code) => {
  const { ask } = await openClient();
  expectProblem(await ask("PUT", path, { body: { slug: "a", text: "" } }), status, code);
});

test("a precondition on the collection is refused, not overlooked", async () => {
  const { ask } = await openClient();
  expectProblem(await ask("PUT", "/pages?slug=a", { body: { slug: "a", text: "" }, headers: { "if-match": '"x.1"' } }), 400, "BAD_REQUEST");
});

test("a batch answers a status per row", async () => {
  const { ask } = await openClient();
  const { status, body } = await ask("POST", "/pages/batch", {
    body: [
      { op: "create", data: { slug: "a", text: "" } },
      { op: "create", data: { slug: "a", text: "" } },
      { op: "upsert", by: { slug: "a" }, data: { slug: "a", text: "2" } },
      { op: "delete", id: "page_00000000000000000000000000" },
    ],
  });
  expect(status).toBe(200);
  expect(body).toMatchObject([
    { status: 201, changed: true, resource: { data: { slug: "a" }, meta: { version: 1 } } },
    { status: 409, problem: { code: "UNIQUE_VIOLATION", field: "slug", instance: "/pages/batch" } },
    { status: expect.any(Number), resource: { data: { slug: "a" } } },
    { status: 404, problem: { code: "NOT_FOUND" } },
  ]);
});

test("transact commits across resources, or answers the problem with the place of the operation", async () => {
  const { ask } = await openClient();
  const operations = [
    { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
    { type: "article", op: "create", data: { title: "One", author: "$ann" } },
  ];
  const done = await ask("POST", "/transact", { body: operations, headers: { "idempotency-key": "k" } });
  expect([done.status, done.body.map(({ status }: { status: number }) => status)]).toEqual([200, [201, 201]]);
  expect(done.body[1].resource.data.author).toBe(done.body[0].resource.id);
  const again = await ask("POST", "/transact", { body: operations, headers: { "idempotency-key": "k" } });
  expect([again.body, again.headers.get("idempotency-replayed")]).toEqual([done.body, "true"]);
  const failed = await ask("POST", "/transact", {
    body: [...operations, { type: "author", op: "patch", id: "$ann", merge: { name: "" } }],
  });
  expectProblem(failed, 422, "VALIDATION_FAILED");
  expect(failed.body.index).toBe(2);
  expect((await ask("GET", "/authors/count")).body).toEqual({ count: 1 });
});

test.each<[unknown, number | undefined]>([
  [{}, undefined],
  [[], undefined],
  [[1], 0],
  [
    [
      { type: "author", op: "create", data: { name: "x" } },
      { type: "author", op: "destroy", id: "x" },
    ],
    1,
  ],
  [[{ type: "author", op: "delete" }], 0],
  [[{ op: "delete", id: "x" }], 0],
  [[{ type: "author", op: "delete", id: "x", data: {} }], 0],
  [[{ type: "author", op: "delete", id: "x", ifVersion: "1" }], 0],
  [[{ type: "author", op: "patch", id: "x" }], 0],
  [[{ type: "author", op: "patch", id: "x", merge: {}, operations: [] }], 0],
  [
    [
      { type: "author", op: "create", data: { name: "x" }, as: "x" },
      { type: "author", op: "patch", id: "$x", operations: [1] },
    ],
    1,
  ],
  [
    [
      { type: "author", op: "create", data: { name: "x" }, as: "x" },
      { type: "author", op: "patch", id: "$x", operations: [{ op: "add", path: 1, value: 1 }] },
    ],
    1,
  ],
  [[{ type: "author", op: "constructor", id: "x" }], 0],
])("transact refuses %j", async (body, index) => {
  const { ask } = await openClient();
  const refused = await ask("POST", "/transact", { body });
  expectProblem(refused, 400, "BAD_REQUEST");
  expect(refused.body.index).toBe(index);
});

test("pages of other sites may not write", async () => {
  const { ask } = await openClient();
  const headers = { "content-type": "text/plain" };
  expectProblem(await ask("POST", "/transact", { body: [], headers }), 415, "UNSUPPORTED_MEDIA_TYPE");
  expectProblem(await ask("POST", "/pages/batch", { body: [], headers }), 415, "UNSUPPORTED_MEDIA_TYPE");
});
