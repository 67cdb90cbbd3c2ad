import { expect, test } from "vitest";
import { z } from "zod";
import { createClient } from "../../src/client.ts";
import { defineResource } from "../../src/index.ts";
import { resourceTemplates } from "../../src/rest/resource-templates.ts";
import { reservedActions } from "../../src/spec/names.ts";
import { openPlatform } from "../support/open-platform.ts";
import { checkedFetch } from "../support/openapi-check.ts";
import { Post, Writer } from "../support/posts.ts";
import { clientOf } from "./client.ts";

const at = "2026-01-01T00:00:00Z";

const Memo = defineResource("memo", {
  schema: z.object({ text: z.string(), sent: z.int().default(0) }),
  actions: {
    sendReminder: {
      input: z.object({ times: z.int().default(1) }),
      handler: async ({ input, resource }) => void (await resource.patch({ merge: { sent: resource.data.sent + input.times } })),
    },
  },
});
const specs = [Writer, Post, Memo] as const;

async function opened() {
  const platform = await openPlatform(specs);
  const { id } = await platform.resource(Post).create({ title: "One", slug: "one" });
  const memo = await platform.resource(Memo).create({ text: "Call" });
  return { platform, ask: clientOf(checkedFetch(platform)), id, memo: memo.id };
}

test("the body is the input, the answer the resource with the output", async () => {
  const { ask, id } = await opened();
  const done = await ask("POST", `/posts/${id}/publish`, { body: { at }, headers: { "if-match": `"${id}.1"` } });
  expect(done).toMatchObject({
    status: 200,
    body: {
      id,
      changed: true,
      data: { publishedAt: at },
      meta: { version: 2 },
      revision: { number: 2 },
      output: { url: "/one", notified: true },
    },
  });
  expect(done.headers.get("etag")).toBe(`"${id}.2"`);
  expect(await ask("POST", `/posts/${id}/publish`, { body: { at } })).toMatchObject({
    status: 409,
    body: { code: "CONFLICT", detail: "It is published" },
  });
  expect(await ask("POST", `/posts/${id}/publish`, { body: { at }, headers: { "if-match": `"${id}.1"` } })).toMatchObject({
    status: 412,
    body: { expected: 1, actual: 2 },
  });
});

test("input that is optional may be left out, and paths are in kebab case", async () => {
  const { ask, memo } = await opened();
  const path = `/memos/${memo}/send-reminder`;
  const plain = await ask("POST", path);
  expect(plain).toMatchObject({ status: 200, body: { changed: true, data: { sent: 1 } } });
  expect(plain.body).not.toHaveProperty("output");
  expect(await ask("POST", path, { body: { times: 2 } })).toMatchObject({ body: { data: { sent: 3 } } });
  expect(await ask("POST", path, { body: "", headers: { "content-type": "application/json" } })).toMatchObject({
    body: { data: { sent: 4 } },
  });
  expect(await ask("POST", path, { headers: { prefer: "return=minimal" } })).toMatchObject({ status: 204 });
  expect(await ask("POST", path, { body: { tims: 2 } })).toMatchObject({ status: 422, body: { issues: [{ path: ["tims"] }] } });
  for (const body of ["[]", '"text"', "3"])
    expect(await ask("POST", path, { body, headers: { "content-type": "application/json" } })).toMatchObject({ status: 422 });
  expect((await ask("POST", "/memos/memo_00000000000000000000000000/send-reminder")).status).toBe(404);
  expect((await ask("GET", path)).status).toBe(405);
  expect((await ask("POST", `${path}?dry=true`)).status).toBe(400);
});

test("an action with an output answers it whatever the client prefers", async () => {
  const { ask, id } = await opened();
  const done = await ask("POST", `/posts/${id}/publish`, { body: { at }, headers: { prefer: "return=minimal" } });
  expect(done).toMatchObject({ status: 200, body: { output: { url: "/one" } } });
});

test("forms and pages of other sites cannot run it", async () => {
  const { ask, platform, memo } = await opened();
  const path = `/memos/${memo}/send-reminder`;
  for (const type of ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x"])
    expect((await ask("POST", path, { body: "times=9", headers: { "content-type": type } })).status).toBe(415);
  expect((await ask("POST", path, { headers: { "sec-fetch-site": "cross-site", origin: "http://other.example" } })).status).toBe(403);
  expect((await platform.resource(Memo).get(memo)).data.sent).toBe(0);
});

test("an idempotency key gives the first answer again", async () => {
  const { ask, id } = await opened();
  const once = (body: unknown) =>
    ask("POST", `/posts/${id}/publish`, { body, headers: { "idempotency-key": "k", "if-match": `"${id}.1"` } });
  const first = await once({ at });
  const again = await once({ at });
  expect(again.body).toEqual(first.body);
  expect([first, again].map(({ headers }) => headers.get("idempotency-replayed"))).toEqual([null, "true"]);
  expect(await once({ at, notify: false })).toMatchObject({ status: 422, body: { code: "IDEMPOTENCY_KEY_REUSED" } });
});

test("rows of batch and transact", async () => {
  const { ask, id } = await opened();
  const publish = { op: "action", action: "publish", id, input: { at } };
  expect((await ask("POST", "/posts/batch", { body: [publish, publish, { op: "action", action: "touch", id }] })).body).toMatchObject([
    { status: 200, changed: true, resource: { id }, output: { url: "/one", notified: true } },
    { status: 409, problem: { code: "CONFLICT" } },
    { status: 200, changed: false },
  ]);
  const rows = [
    { type: "post", op: "create", data: { title: "Two", slug: "two" }, as: "two" },
    { type: "post", op: "action", action: "publish", id: "$two", input: { at } },
  ];
  expect((await ask("POST", "/transact", { body: rows })).body).toMatchObject([{ status: 201 }, { status: 200, output: { url: "/two" } }]);
  for (const wrong of [
    { ...publish, action: "sell" },
    { ...publish, input: [] },
    { op: "action", id },
    { ...publish, more: 1 },
  ])
    expect(await ask("POST", "/transact", { body: [{ type: "post", ...wrong }] })).toMatchObject({ status: 400, body: { index: 0 } });
});

test("the document has its input, its output and its name", async () => {
  const { platform } = await opened();
  const { paths, components } = platform.openapi();
  expect(paths["/posts/{id}/publish"]?.post).toMatchObject({ operationId: "publishPost", description: "Makes it readable for all" });
  expect(components.schemas).toMatchObject({
    PublishPostInput: { properties: { at: { format: "date-time" }, notify: { default: true } }, required: ["at"] },
    PublishPostOutput: { properties: { url: { type: "string" } } },
    ForkPostOutput: { properties: { copy: { "x-ref": { resource: "post" } } } },
  });
  expect(paths["/posts/{id}/touch"]?.post).not.toHaveProperty("requestBody");
});

test("the typed client", async () => {
  const { platform, id, memo } = await opened();
  const client = createClient<typeof specs>({ url: "http://door", fetch: platform.fetch });
  const done = await client.post.actions.publish(id, { at }, { ifVersion: 1, idempotencyKey: "k" });
  expect(done).toMatchObject({ changed: true, replayed: false, output: { url: "/one" }, data: { publishedAt: at } });
  expect((await client.post.actions.publish(id, { at }, { idempotencyKey: "k" })).replayed).toBe(true);
  expect((await client.memo.actions.sendReminder(memo)).data.sent).toBe(1);
  await expect(client.post.actions.publish(id, { at })).rejects.toMatchObject({ code: "CONFLICT", message: "It is published" });
  const [row] = await client.transact([{ type: "post", op: "action", action: "fork", id, input: { slug: "two" } }]);
  expect(row).toMatchObject({ changed: true, output: { copy: expect.stringMatching(/^post_/) } });
});

test("what stands below a resource cannot be the name of an action", () => {
  const segments: string[] = [];
  const add = (_method: string, path: string) => void segments.push(...path.split("/").filter((part) => /^[a-z]/.test(part)));
  const { actions: _, ...plain } = Post;
  for (const template of resourceTemplates) if ("apply" in template) template.apply({ ...plain, actions: [] }, { add });
  expect(segments).toContain("switch");
  expect(segments.filter((segment) => !reservedActions.has(segment))).toEqual([]);
});
