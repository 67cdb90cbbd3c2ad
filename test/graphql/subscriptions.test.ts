import { type Client, createClient } from "graphql-ws";
import { describe, expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, post } from "./ask.ts";

interface Result {
  readonly data?: { readonly articleChanged: Record<string, unknown> } | null;
  readonly errors?: readonly { readonly message: string; readonly extensions: Record<string, unknown> }[];
}

/** Results of a subscription as they come. */
interface Reader {
  next(): Promise<Result | undefined>;
  close(): Promise<void>;
}

type Platform = Awaited<ReturnType<typeof opened>>;

const opened = () => openPlatform([Author, Article]);

async function overSse(platform: Platform, query: string, variables = {}): Promise<Reader> {
  const response = await platform.fetch(post({ query, variables }, { accept: "text/event-stream" }));
  expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  const close = async () => void (await reader?.cancel());
  onTestFinished(close);
  return {
    close,
    async next() {
      for (;;) {
        const match = /event: (\w+)\ndata:(.*)\n\n/.exec(text);
        if (match) {
          text = text.slice(match.index + match[0].length);
          return match[1] === "next" ? JSON.parse(match[2] ?? "") : undefined;
        }
        const { value, done } = (await reader?.read()) ?? { done: true };
        if (done) return undefined;
        text += value;
      }
    },
  };
}

async function overWebSocket(platform: Platform, query: string, variables = {}): Promise<Reader> {
  const { url } = await platform.listen({ port: 0 });
  const client: Client = createClient({ url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  const results = client.iterate({ query, variables });
  const close = async () => {
    await results.return?.();
    await client.dispose();
  };
  onTestFinished(close);
  return { close, next: async () => JSON.parse(JSON.stringify((await results.next()).value ?? null)) ?? undefined };
}

const document = `subscription ($id: ID, $kinds: [ChangeKind!], $after: String) { articleChanged(id: $id, kinds: $kinds, after: $after) { cursor kind resourceId version by article { title } revision { number data { title } } previous { number } } }`;

describe.each([
  ["SSE", overSse],
  ["WebSocket", overWebSocket],
])("articleChanged over %s", (_name, subscribe) => {
  const event = async (reader: Reader) => (await reader.next())?.data?.articleChanged;

  test("READY, then every change", async () => {
    const platform = await opened();
    const reader = await subscribe(platform, document);
    expect(await event(reader)).toMatchObject({
      kind: "READY",
      cursor: expect.any(String),
      resourceId: null,
      version: null,
      article: null,
      revision: null,
    });
    const articles = platform.resource(Article);
    const { id } = await articles.create({ title: "One" });
    expect(await event(reader)).toMatchObject({
      kind: "CREATED",
      resourceId: id,
      version: 1,
      by: "anonymous",
      article: { title: "One" },
      revision: { number: 1, data: { title: "One" } },
      previous: null,
    });
    await articles.patch(id, { merge: { title: "Two" } });
    expect(await event(reader)).toMatchObject({
      kind: "UPDATED",
      version: 2,
      article: { title: "Two" },
      revision: { number: 2 },
      previous: { number: 1 },
    });
    await articles.delete(id);
    expect(await event(reader)).toMatchObject({ kind: "DELETED", article: null, revision: { number: 2 } });
    await articles.purge(id);
    expect(await event(reader)).toMatchObject({ kind: "PURGED", article: null, revision: null });
  });

  test("`after` goes on without gap or repeat", async () => {
    const platform = await opened();
    const articles = platform.resource(Article);
    const first = await subscribe(platform, document);
    const ready = await event(first);
    for (let i = 1; i <= 5; i++) await articles.create({ title: `T${i}` });
    const seen = [await event(first), await event(first)];
    await first.close();
    const second = await subscribe(platform, document, { after: seen[1]?.cursor });
    expect((await event(second))?.kind).toBe("READY");
    for (let i = 3; i <= 5; i++) expect(await event(second)).toMatchObject({ article: { title: `T${i}` } });
    const third = await subscribe(platform, document, { after: ready?.cursor });
    await event(third);
    expect(await event(third)).toMatchObject({ article: { title: "T1" } });
  });

  test("only the resource and the kinds that were asked for", async () => {
    const platform = await opened();
    const articles = platform.resource(Article);
    const [a, b] = [await articles.create({ title: "A" }), await articles.create({ title: "B" })];
    const reader = await subscribe(platform, document, { id: a.id, kinds: ["DELETED"] });
    await event(reader);
    await articles.patch(a.id, { merge: { title: "A2" } });
    await articles.delete(b.id);
    await articles.delete(a.id);
    expect(await event(reader)).toMatchObject({ kind: "DELETED", resourceId: a.id });
  });

  test("an error is a result, and the last one", async () => {
    const platform = await opened();
    const other = await subscribe(platform, document, { kinds: ["CREATED"] });
    const cursor = (await event(other))?.cursor;
    for (const after of ["nonsense", cursor]) {
      const reader = await subscribe(platform, document, { after });
      expect(await reader.next()).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST" } }] });
      expect(await reader.next()).toBeUndefined();
    }
  });

  test("the limits hold", async () => {
    const platform = await opened();
    const deep = `subscription { articleChanged { article ${"{ revision { resource ".repeat(6)} { id } ${"} }".repeat(6)} } }`;
    if (subscribe === overWebSocket) {
      const reader = await overWebSocket(platform, deep);
      await expect(reader.next()).rejects.toMatchObject([
        { message: expect.stringContaining("limit of 12 for depth"), extensions: { code: "BAD_REQUEST" } },
      ]);
      const costly = await overWebSocket(platform, `query ($n: Int) { articles(first: $n) { nodes { id } } }`, { n: 1e9 });
      expect(await costly.next()).toMatchObject({
        errors: [{ message: expect.stringContaining("limit of 5000 for cost"), extensions: { code: "BAD_REQUEST" } }],
      });
      const nested = await overWebSocket(platform, `query ($w: ArticleWhere) { articles(where: $w) { totalCount } }`, {
        w: JSON.parse(`${'{"not":'.repeat(100)}{}${"}".repeat(100)}`),
      });
      await expect(nested.next()).rejects.toMatchObject([
        { message: expect.stringContaining("64 levels"), extensions: { code: "BAD_REQUEST" } },
      ]);
    } else {
      const response = await platform.fetch(post({ query: deep }, { accept: "text/event-stream" }));
      expect(await response.text()).toContain("limit of 12 for depth");
    }
  });
});

test("queries and mutations go over a WebSocket too, without HTTP hints in errors", async () => {
  const platform = await opened();
  const reader = await overWebSocket(
    platform,
    `mutation { createAuthor(data: { name: "x" }) { ... on CreateAuthorSuccess { author { name } } } }`,
  );
  expect(await reader.next()).toEqual({ data: { createAuthor: { author: { name: "x" } } } });
  const wrong = await overWebSocket(platform, `{ authors(after: "nonsense") { totalCount } }`);
  expect((await wrong.next())?.errors?.[0]?.extensions).toEqual({ code: "BAD_REQUEST", field: "after" });
});

test.each(["SSE", "socket"])("a %s that ends, ends the reading of the feed", async (kind) => {
  const platform = await opened();
  const open = new Set<number>();
  const subscribe = platform.feed.subscribe.bind(platform.feed);
  let count = 0;
  platform.feed.subscribe = (actor, args) => {
    const number = count++;
    open.add(number);
    const events = subscribe(actor, args);
    const stop = events.return.bind(events);
    events.return = async (value) => {
      const ended = await stop(value);
      open.delete(number);
      return ended;
    };
    return events;
  };
  const reader = await (kind === "SSE" ? overSse : overWebSocket)(platform, document);
  await reader.next();
  expect(open.size).toBe(1);
  await reader.close();
  for (let i = 0; i < 50 && open.size > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(open.size).toBe(0);
});

test("a subscription needs a way to stream", async () => {
  const platform = await opened();
  expect(await ask(platform, document)).toMatchObject({ status: 406, errors: [{ extensions: { code: "NOT_ACCEPTABLE" } }] });
});
