import { describe, expect, test } from "vitest";
import { type Ask, type Client, expectProblem, merge, openClient, operations } from "./client.ts";

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;
const raw = (body: string | Uint8Array, type = "application/json", headers: Record<string, string> = {}): Ask => ({
  body,
  headers: { "content-type": type, ...headers },
});
const forever = (): ReadableStream<Uint8Array> =>
  new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)) });

const bodies: readonly (readonly [what: string, ask: Ask, status: number, code: string])[] = [
  ["nothing", raw(""), 400, "BAD_REQUEST"],
  ["blanks", raw("  \n"), 400, "BAD_REQUEST"],
  ["half of an object", raw('{"title":'), 400, "BAD_REQUEST"],
  ["two values", raw('{"title":"a"}{"title":"b"}'), 400, "BAD_REQUEST"],
  ["no JSON", raw("title=a"), 400, "BAD_REQUEST"],
  ["NaN", raw('{"title":"a","views":NaN}'), 400, "BAD_REQUEST"],
  ["a member twice", raw('{"title":"a","title":"b"}'), 400, "BAD_REQUEST"],
  ["a member twice, deeper", raw('{"title":"a","extra":{"b":1,"\\u0062":2}}'), 400, "BAD_REQUEST"],
  ["invalid UTF-8", raw(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d])), 400, "BAD_REQUEST"],
  ["UTF-16", raw(Buffer.from('{"title":"a"}', "utf16le")), 400, "BAD_REQUEST"],
  ["65 levels", raw(`{"title":"a","tags":${deep(64)}}`), 400, "BAD_REQUEST"],
  ["100 000 levels", raw(deep(100_000)), 400, "BAD_REQUEST"],
  ["100 000 open brackets", raw("[".repeat(100_000)), 400, "BAD_REQUEST"],
  ["64 levels, in a field that is no list of lists", raw(`{"title":"a","tags":${deep(63)}}`), 422, "VALIDATION_FAILED"],
  ["a list", raw("[]"), 422, "VALIDATION_FAILED"],
  ["null", raw("null"), 422, "VALIDATION_FAILED"],
  ["a string", raw('"x"'), 422, "VALIDATION_FAILED"],
  ["a wrong type", raw('{"title":1}'), 422, "VALIDATION_FAILED"],
  ["a wrong type at depth", raw('{"title":"a","tags":["b",{}]}'), 422, "VALIDATION_FAILED"],
  ["an unknown field", raw('{"title":"a","colour":"red"}'), 422, "VALIDATION_FAILED"],
  ["__proto__ in a record", raw('{"title":"a","extra":{"__proto__":1}}'), 422, "VALIDATION_FAILED"],
  ["U+0000", raw('{"title":"a\\u0000"}'), 422, "VALIDATION_FAILED"],
  ["a lone surrogate", raw('{"title":"\\ud800"}'), 422, "VALIDATION_FAILED"],
  ["an integer too large", raw('{"title":"a","views":9007199254740993}'), 422, "VALIDATION_FAILED"],
  ["a number that overflows", raw('{"title":"a","views":1e999}'), 422, "VALIDATION_FAILED"],
  ["a field name of 10 KB", raw(`{"title":"a","${"x".repeat(10_000)}":1}`), 422, "VALIDATION_FAILED"],
  ["more than 1 MiB", raw(`{"title":"${"x".repeat(1024 * 1024)}"}`), 413, "PAYLOAD_TOO_LARGE"],
  ["a length over the limit", raw('{"title":"a"}', "application/json", { "content-length": "99999999" }), 413, "PAYLOAD_TOO_LARGE"],
  ["no content type", raw('{"title":"a"}', ""), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["a form", raw("title=a", "application/x-www-form-urlencoded"), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["plain text", raw('{"title":"a"}', "text/plain"), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["multipart", raw('{"title":"a"}', "multipart/form-data; boundary=x"), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["another charset", raw('{"title":"a"}', "application/json; charset=utf-16"), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["an odd charset", raw('{"title":"a"}', 'application/json; charset="utf-7"'), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["a compressed body", raw('{"title":"a"}', "application/json", { "content-encoding": "gzip" }), 415, "UNSUPPORTED_MEDIA_TYPE"],
  ["an idempotency key with blanks", raw('{"title":"a"}', "application/json", { "idempotency-key": "a b" }), 400, "BAD_REQUEST"],
  ["an idempotency key of 300", raw('{"title":"a"}', "application/json", { "idempotency-key": "k".repeat(300) }), 400, "BAD_REQUEST"],
];

async function nothingWritten(ask: Client, count = 0): Promise<void> {
  expect((await ask("GET", "/articles/count?includeDeleted=true")).body).toEqual({ count });
  expect(Object.hasOwn(Object.prototype, "polluted")).toBe(false);
}

test.each(bodies)("a body of %s is refused", async (_what, body, status, code) => {
  const { ask } = await openClient();
  const answer = await ask("POST", "/articles", body);
  expectProblem(answer, status, code);
  expect(answer.text.length).toBeLessThan(30_000);
  await nothingWritten(ask);
});

test.each([
  ["application/json; charset=utf-8"],
  ['application/json;charset="UTF-8"'],
  ["APPLICATION/JSON"],
  ["application/json; profile=x"],
])("a body of type %s is read", async (type) => {
  const { ask } = await openClient();
  expect((await ask("POST", "/articles", raw('{"title":"a"}', type))).status).toBe(201);
});

test("a body without end is refused while it streams", async () => {
  const { platform } = await openClient();
  // `duplex` is what fetch asks for with a stream, and not yet in its types.
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: forever(), duplex: "half" };
  expect((await platform.fetch(new Request("http://door/articles", init))).status).toBe(413);
});

test("brackets inside of strings do not count as depth", async () => {
  const { ask } = await openClient();
  const made = await ask("POST", "/articles", { body: { title: '\\"[[['.repeat(30), body: `${"{".repeat(200)}\\` } });
  expect([made.status, made.body?.data.body]).toEqual([201, `${"{".repeat(200)}\\`]);
});

describe("paths", () => {
  const id = "article_01m821xcnxf0nv1w9fbnz9tg4w";
  const cases: readonly (readonly [method: string, path: string, status: number])[] = [
    ["GET", "/articles/%ff", 400],
    ["GET", "/articles/%00", 404],
    ["GET", "/articles/a%2Fb", 404],
    ["GET", "/articles/..%2f..%2fetc%2fpasswd", 404],
    ["GET", "/articles/%5c..%5c", 404],
    ["GET", "/articles/../secrets", 404],
    ["GET", `/articles/${"a".repeat(129)}`, 404],
    ["GET", `/articles/${"a".repeat(4096)}`, 404],
    ["GET", "/articles/nope", 404],
    ["GET", "/articles/author_01m821xcnxf0nv1w9fbnz9tg4w", 404],
    ["GET", "/articles/__proto__", 404],
    ["GET", "/articles/constructor", 404],
    ["GET", "/articles/CON", 404],
    ["GET", `/articles/${id}/revisions/0`, 400],
    ["GET", `/articles/${id}/revisions/-1`, 400],
    ["GET", `/articles/${id}/revisions/01`, 400],
    ["GET", `/articles/${id}/revisions/1.0`, 400],
    ["GET", `/articles/${id}/revisions/1e1`, 400],
    ["GET", `/articles/${id}/revisions/99999999999`, 400],
    ["GET", `/articles/${id}/revisions/1`, 404],
    ["GET", `/articles/${id}/diff?from=0`, 400],
    ["GET", `/articles/${id}/diff?from=1&from=2`, 400],
    ["GET", `/articles/${id}/diff?from=1`, 404],
    ["GET", `/articles/${id}/revisions?first=-1`, 400],
    ["GET", `/articles/${id}/revisions?after=zzz`, 400],
    ["POST", `/articles/${id}/switch/x`, 400],
    ["POST", `/articles/${id}/switch/1`, 404],
    ["POST", `/articles/${id}/restore?force=true`, 400],
    ["DELETE", `/articles/${id}?hard=true`, 400],
    ["DELETE", `/articles/${id}`, 404],
    ["GET", "/articles/", 404],
    ["GET", "/Articles", 404],
    ["GET", "//articles", 404],
    ["GET", "/__proto__", 404],
    ["GET", "/article", 404],
    ["PUT", "/articles", 405],
    ["DELETE", "/articles", 405],
    ["POST", `/articles/${id}`, 405],
    ["PUT", `/articles/${id}/revisions/1`, 405],
    ["PATCH", "/health/live", 405],
  ];

  test.each(cases.map(([method, path, status]) => ({ title: `${method} ${path.slice(0, 60)} → ${status}`, method, path, status })))(
    "$title",
    async ({ method, path, status }) => {
      const { ask } = await openClient();
      const answer = await ask(method, path);
      expect([answer.status, answer.headers.get("content-type")], answer.text.slice(0, 200)).toEqual([status, "application/problem+json"]);
      if (status === 405) expect(answer.headers.get("allow")).toBe(answer.body.allow.join(", "));
      await nothingWritten(ask);
    },
  );

  test("OPTIONS and 405 name what is allowed", async () => {
    const { ask } = await openClient();
    const options = await ask("OPTIONS", `/articles/${id}`);
    expect([options.status, options.headers.get("allow")?.split(", ").sort()]).toEqual([
      204,
      ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"],
    ]);
    expect(options.headers.get("accept-patch")).toContain("merge-patch");
    expectProblem(await ask("OPTIONS", "/nope"), 404, "NOT_FOUND");
    expectProblem(await ask("REPORT", "/articles"), 405, "METHOD_NOT_ALLOWED");
  });
});

test.each([
  ["text/html", 406],
  ["application/xml, text/*", 406],
  ["application/json;q=0", 406],
  ["*/*;q=0.0", 406],
  ["text/html, application/json;q=0.5", 200],
  ["text/html,*/*;q=0.8", 200],
  ["application/*", 200],
  ["application/problem+json", 200],
])("Accept: %s → %i", async (accept, status) => {
  const { ask } = await openClient();
  const answer = await ask("GET", "/articles", { headers: { accept } });
  if (status === 200) expect(answer.status).toBe(200);
  else expectProblem(answer, status, "NOT_ACCEPTABLE");
});

test("a page of another site cannot write without a body either", async () => {
  const { ask } = await openClient();
  const { id } = (await ask("POST", "/articles", { body: { title: "a" } })).body;
  expectProblem(await ask("POST", `/articles/${id}/purge`, raw("", "application/x-www-form-urlencoded")), 415, "UNSUPPORTED_MEDIA_TYPE");
  expectProblem(await ask("POST", `/articles/${id}/purge`, { headers: { "sec-fetch-site": "cross-site" } }), 403, "FORBIDDEN");
  expect((await ask("POST", `/articles/${id}/purge`, { headers: { "x-http-method-override": "GET" } })).status).toBe(200);
});

describe("patches", () => {
  test.each([
    ["an unknown op", operations([{ op: "increment", path: "/views", value: 1 }]), 400, "BAD_REQUEST"],
    ["a missing path", operations([{ op: "remove", path: "/nope" }]), 409, "CONFLICT"],
    ["no pointer", operations([{ op: "remove", path: "title" }]), 400, "BAD_REQUEST"],
    ["operations that are none", operations([1, null]), 400, "BAD_REQUEST"],
    ["a list as merge patch", merge([]), 400, "BAD_REQUEST"],
    ["a merge patch with an unknown field", merge({ colour: 1 }), 422, "VALIDATION_FAILED"],
  ])("%s is refused", async (_what, body, status, code) => {
    const { ask } = await openClient();
    const { id } = (await ask("POST", "/articles", { body: { title: "a", tags: ["x"] } })).body;
    expectProblem(await ask("PATCH", `/articles/${id}`, body), status, code);
    expect((await ask("GET", `/articles/${id}`)).body.meta.version).toBe(1);
    await nothingWritten(ask, 1);
  });
});

test("errors say what they are about and nothing of the inside", async () => {
  const { ask, platform } = await openClient({ authorize: async () => Reflect.get(Object(null), "x").y });
  const answer = await ask("GET", "/articles");
  expectProblem(answer, 500, "INTERNAL");
  expect(answer.text).not.toMatch(/TypeError|undefined|\.ts|authorize/);
  await platform.close();
});

test("a body that is no JSON is answered with the place where it ceases to be", async () => {
  const { ask } = await openClient();
  const { body } = await ask("POST", "/articles", raw('{"title" "a"}'));
  expect(body.detail).toMatch(/^The body is not valid JSON: Expected ':' .* at position 9/);
});
