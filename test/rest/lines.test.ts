import { describe, expect, test } from "vitest";
import { Article, specs } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { openPlatform } from "../support/open-platform.ts";
import { clientOf, expectProblem, merge } from "./client.ts";

const type = "application/x-ndjson";

async function filled(count: number, options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const platform = await openPlatform(specs, options);
  const made = await platform
    .resource(Article)
    .batch(
      Array.from({ length: count }, (_, i) => ({ op: "create" as const, data: { title: `t${String(i).padStart(3, "0")}`, views: i } })),
    );
  expect(made).toHaveLength(count);
  const read = async (path: string, init: RequestInit = {}) => {
    const response = await platform.fetch(
      new Request(`http://door${path}`, { ...init, headers: { accept: type, "content-type": "application/json" } }),
    );
    const text = await response.text();
    const lines: Json[] =
      text === ""
        ? []
        : text
            .slice(0, -1)
            .split("\n")
            .map((line) => JSON.parse(line));
    return { response, text, lines };
  };
  return { platform, ask: clientOf(platform.fetch), read };
}

const titles = (lines: readonly Json[]) => lines.map((line) => line.data?.title ?? Object.keys(line)[0]);

describe("NDJSON", () => {
  test("walks all pages, a resource a line as in the list", async () => {
    const { ask, read } = await filled(25, { limits: { pageSize: 10 } });
    const { response, text, lines } = await read("/articles?orderBy=-views&views[gte]=2");
    expect([response.status, response.headers.get("content-type"), response.headers.get("vary")]).toEqual([
      200,
      type,
      "Accept, Accept-Encoding, Authorization",
    ]);
    expect(text.endsWith("\n")).toBe(true);
    expect(titles(lines)).toEqual(Array.from({ length: 23 }, (_, i) => `t${String(24 - i).padStart(3, "0")}`));
    expect(lines[0]).toEqual((await ask("GET", "/articles?orderBy=-views&first=1")).body.items[0]);
  });

  test("ends at first or the limit, and says from where to go on", async () => {
    const { read } = await filled(7, { limits: { pageSize: 2, lines: 5 } });
    const all = await read("/articles?orderBy=views");
    expect(titles(all.lines)).toEqual(["t000", "t001", "t002", "t003", "t004", "next"]);
    const rest = await read(`/articles?orderBy=views&after=${all.lines[5].next}`);
    expect(titles(rest.lines)).toEqual(["t005", "t006"]);
    expect(titles((await read("/articles?orderBy=views&first=3")).lines)).toEqual(["t000", "t001", "t002", "next"]);
    expect(titles((await read("/articles?orderBy=views&first=5&views[lt]=5")).lines)).toHaveLength(5);
    expect((await read("/articles?views=99")).text).toBe("");
  });

  test("a search and a history answer so too, with fields and expand", async () => {
    const { ask, read } = await filled(3);
    const body = JSON.stringify({ where: { views: { gte: 1 } }, orderBy: "views", fields: "title" });
    expect((await read("/articles/search", { method: "POST", body })).lines).toEqual([
      { id: expect.any(String), data: { title: "t001" } },
      { id: expect.any(String), data: { title: "t002" } },
    ]);
    const [{ id }] = (await ask("GET", "/articles?first=1")).body.items;
    await ask("PATCH", `/articles/${id}`, merge({ note: "n" }));
    expect((await read(`/articles/${id}/revisions?fields=note`)).lines).toEqual([
      { id: `${id}:1`, data: {} },
      { id: `${id}:2`, data: { note: "n" } },
    ]);
    const author = await ask("POST", "/authors", { body: { name: "Ann" } });
    await ask("PATCH", `/articles/${id}`, merge({ author: author.body.id }));
    expect((await read(`/articles?authorId=${author.body.id}&expand=author`)).lines[0].data.author.data.name).toBe("Ann");
  });

  test.each(["last=1", "before=x", "count=true", "first=-1", "first=10001", "orderBy=body", "nope=1", "after=x"])(
    "?%s is a problem, before the first line",
    async (query) => {
      const { ask } = await filled(1);
      const answer = await ask("GET", `/articles?${query}`, { headers: { accept: type } });
      expect([answer.status, answer.headers.get("content-type")]).toEqual([400, "application/problem+json"]);
    },
  );

  test("a failure on the way is the last line", async () => {
    let searches = 0;
    const { read } = await filled(5, {
      limits: { pageSize: 2 },
      authorize: async ({ operation }) => operation !== "search" || ++searches < 3,
    });
    const { response, lines } = await read("/articles?orderBy=views");
    expect(response.status).toBe(200);
    expect(titles(lines)).toEqual(["t000", "t001", "t002", "t003", "problem"]);
    expect(lines[4].problem).toMatchObject({ code: "FORBIDDEN", requestId: response.headers.get("x-request-id") });
  });

  test("arrives over a socket, and HEAD has no lines", async () => {
    const platform = await openPlatform(specs, { limits: { pageSize: 2 } });
    const server = await platform.listen({ port: 0 });
    for (const title of ["a", "b", "c"]) await platform.resource(Article).create({ title });
    const response = await fetch(`${server.url}/articles?orderBy=title`, { headers: { accept: type } });
    expect((await response.text()).split("\n")).toHaveLength(4);
    const head = await fetch(`${server.url}/articles`, { method: "HEAD", headers: { accept: type } });
    expect([head.status, head.headers.get("content-type"), await head.text()]).toEqual([200, type, ""]);
  });
});

describe("Accept", () => {
  const lines = type;
  const json = "application/json";
  test.each<[accept: string, list: string | undefined, one: string | undefined]>([
    ["*/*", json, json],
    ["application/*", json, json],
    ["application/*;q=0.5, application/x-ndjson", lines, json],
    ["application/x-ndjson, */*", lines, json],
    ["application/x-ndjson;q=0.1, */*;q=0.5", json, json],
    ["application/json, application/x-ndjson", json, json],
    ["APPLICATION/X-NDJSON", lines, undefined],
    ["application/x-ndjson", lines, undefined],
    ["application/x-ndjson;q=0", undefined, undefined],
    ["application/json;q=0, */*", lines, undefined],
    ["application/problem+json", json, json],
    ["text/html", undefined, undefined],
    ["text/*, image/png", undefined, undefined],
    ["nonsense", undefined, undefined],
    [",;q=,", undefined, undefined],
    [`${"a/b,".repeat(2000)}*/*`, json, json],
  ])("%s", async (accept, list, one) => {
    const platform = await openPlatform(specs);
    const { id } = await platform.resource(Article).create({ title: "a" });
    const typeOf = async (path: string) => {
      const { status, headers } = await platform.fetch(new Request(`http://door${path}`, { headers: { accept } }));
      return status === 406 ? undefined : headers.get("content-type");
    };
    expect([await typeOf("/articles"), await typeOf(`/articles/${id}`)]).toEqual([list, one]);
  });

  test("what cannot be served is NOT_ACCEPTABLE, and a write is not done", async () => {
    const { ask } = await filled(1);
    const headers = { accept: type };
    expectProblem(await ask("POST", "/articles", { body: { title: "a" }, headers }), 406, "NOT_ACCEPTABLE");
    expect((await ask("GET", "/articles/count")).body).toEqual({ count: 1 });
  });
});
