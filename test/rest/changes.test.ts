import { expect, onTestFinished, test } from "vitest";
import { Article } from "../support/articles.ts";
import { type Client, expectProblem, openClient } from "./client.ts";

const events = { headers: { accept: "text/event-stream" } };

/** Reads text of a streamed answer until it holds the pattern. */
function reading(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  onTestFinished(async () => void (await reader?.cancel()));
  let text = "";
  const until = async (pattern: RegExp): Promise<string> => {
    for (;;) {
      const found = pattern.exec(text);
      if (found) {
        text = text.slice(found.index + found[0].length);
        return found[0];
      }
      const { value, done } = (await reader?.read()) ?? { done: true, value: "" };
      if (done) return text;
      text += value;
    }
  };
  return { until, cancel: () => reader?.cancel() };
}

const block = /id: (.*)\nevent: (.*)\ndata: (.*)\n\n/;

async function open(options: Parameters<typeof openClient>[0] = {}) {
  const { platform, ask } = await openClient(options);
  const stream = async (path: string, headers: Record<string, string> = {}) =>
    platform.fetch(new Request(`http://door${path}`, { headers: { ...events.headers, ...headers } }));
  return { platform, ask, stream, articles: platform.resource(Article) };
}

test("a stream names its events by their kinds, and their cursor is their id", async () => {
  const { stream, articles } = await open();
  const response = await stream("/articles/changes");
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({ "content-type": "text/event-stream", "cache-control": "no-store" });
  const { until } = reading(response);
  const [, id, kind, data] = block.exec(await until(block)) ?? [];
  expect(kind).toBe("ready");
  expect(JSON.parse(data ?? "")).toEqual({
    cursor: id,
    kind: "ready",
    type: null,
    id: null,
    revision: null,
    previous: null,
    version: null,
    at: null,
    by: null,
  });
  const made = await articles.create({ title: "One" });
  await articles.patch(made.id, { merge: { title: "Two" } });
  await until(block);
  const [, cursor, updated, told] = block.exec(await until(block)) ?? [];
  expect(updated).toBe("updated");
  expect(JSON.parse(told ?? "")).toEqual({
    cursor,
    kind: "updated",
    type: "article",
    id: made.id,
    revision: 2,
    previous: 1,
    version: 2,
    at: expect.stringMatching(/^20.*Z$/),
    by: "anonymous",
  });
});

test("Last-Event-ID counts more than `after`: a browser asks for the same URL again", async () => {
  const { stream, articles, ask } = await open();
  const { cursor: first } = (await ask("GET", "/articles/changes")).body;
  for (const title of ["1", "2", "3"]) await articles.create({ title });
  const { items } = (await ask("GET", `/articles/changes?after=${first}`)).body;
  const { until } = reading(await stream(`/articles/changes?after=${first}`, { "last-event-id": items[1].cursor }));
  expect(await until(block)).toContain("event: ready");
  expect(await until(block)).toContain(`id: ${items[2].cursor}`);
});

test("comments keep a quiet stream alive", async () => {
  const { stream } = await open({ feed: { keepAliveMs: 5 } });
  const { until } = reading(await stream("/changes"));
  await until(block);
  expect(await until(/:\n\n:\n\n/)).toBe(":\n\n:\n\n");
});

test("what refuses a stream is a problem", async () => {
  const { ask, stream } = await open();
  const { cursor } = (await ask("GET", "/articles/changes")).body;
  expectProblem(await ask("GET", "/articles/changes?after=nonsense", events), 400, "BAD_REQUEST");
  expectProblem(await ask("GET", `/authors/changes?after=${cursor}`, events), 400, "BAD_REQUEST");
  for (const unknown of ["limit=5", "wait=1", "x=1", "kinds=ready", "kinds=", "kinds=created&kinds=updated"])
    expectProblem(await ask("GET", `/articles/changes?${unknown}`, events), 400, "BAD_REQUEST");
  for (const unknown of ["id=x", "types=nothing", "types="])
    expectProblem(await ask("GET", `/changes?${unknown}`, events), 400, "BAD_REQUEST");
  expectProblem(await ask("POST", "/changes", { body: {} }), 405, "METHOD_NOT_ALLOWED");
  expectProblem(await ask("GET", "/articles", events), 406, "NOT_ACCEPTABLE");
  expectProblem(await ask("GET", "/changes", { headers: { accept: "text/html" } }), 406, "NOT_ACCEPTABLE");
  expectProblem(await ask("GET", "/changes", { headers: { ...events.headers, "sec-fetch-site": "cross-site" } }), 403, "FORBIDDEN");
  const head = await stream("/changes");
  await head.body?.cancel();
});

test("HEAD says what GET would, and opens no stream", async () => {
  const { platform } = await open();
  const response = await platform.fetch(new Request("http://door/changes", { method: "HEAD", ...events }));
  expect([response.status, response.headers.get("content-type"), await response.text()]).toEqual([200, "text/event-stream", ""]);
});

const pollAll = async (ask: Client, path: string, after: string) => {
  const kinds: string[] = [];
  for (let cursor = after; ; ) {
    const { body } = await ask("GET", `${path}${path.includes("?") ? "&" : "?"}after=${cursor}`);
    kinds.push(...body.items.map((item: { kind: string }) => item.kind));
    cursor = body.cursor;
    if (!body.hasMore) return { kinds, cursor };
  }
};

test("polling goes on from its cursor, page by page", async () => {
  const { ask, articles } = await open();
  const start = (await ask("GET", "/articles/changes")).body;
  expect(start).toEqual({ items: [], cursor: expect.any(String), hasMore: false });
  for (let i = 0; i < 205; i++) await articles.create({ title: `T${i}` });
  expect((await ask("GET", `/articles/changes?after=${start.cursor}`)).body).toMatchObject({ items: { length: 100 }, hasMore: true });
  const sizes: number[] = [];
  for (let cursor = start.cursor, more = true; more; ) {
    const { body, headers } = await ask("GET", `/articles/changes?after=${cursor}&limit=50`);
    expect(headers.get("cache-control")).toBe("no-store");
    sizes.push(body.items.length);
    expect(body.items.at(-1).cursor).toBe(body.cursor);
    ({ cursor, hasMore: more } = body);
  }
  expect(sizes).toEqual([50, 50, 50, 50, 5]);
  for (const wrong of ["limit=0", "limit=201", "limit=x", "wait=31", "wait=-1", "after="])
    expectProblem(await ask("GET", `/articles/changes?${wrong}`), 400, "BAD_REQUEST");
});

test("the cursor of a poll moves past what was not asked for", async () => {
  const { ask, articles } = await open();
  const { id } = await articles.create({ title: "mine" });
  const path = `/changes?types=author,article`;
  const [all, deletions] = [(await ask("GET", path)).body.cursor, (await ask("GET", "/articles/changes?kinds=deleted")).body.cursor];
  for (let i = 0; i < 300; i++) await articles.create({ title: `T${i}` });
  const { kinds, cursor } = await pollAll(ask, "/articles/changes?kinds=deleted", deletions);
  expect([kinds, cursor === deletions]).toEqual([[], false]);
  await articles.delete(id);
  expect((await pollAll(ask, "/articles/changes?kinds=deleted", cursor)).kinds).toEqual(["deleted"]);
  expect((await pollAll(ask, path, all)).kinds).toHaveLength(301);
});

test("a poll may wait for the first change, and ends without one", async () => {
  const { ask, articles } = await open();
  const { cursor } = (await ask("GET", "/articles/changes")).body;
  const empty = await ask("GET", `/articles/changes?after=${cursor}&wait=1`);
  expect(empty.body).toEqual({ items: [], cursor, hasMore: false });
  const waiting = ask("GET", `/articles/changes?after=${cursor}&wait=30`);
  await ask("GET", `/articles/changes?after=${cursor}`);
  const { id } = await articles.create({ title: "One" });
  expect((await waiting).body.items).toMatchObject([{ kind: "created", id }]);
});

test("templates that are left out leave nothing behind", async () => {
  const { ask } = await openClient({ rest: { templates: [] } });
  expectProblem(await ask("GET", "/changes"), 404, "NOT_FOUND");
  expectProblem(await ask("GET", "/articles/changes"), 404, "NOT_FOUND");
});
