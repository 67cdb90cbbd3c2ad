import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { type ClientOptions, createClient, SpecStarError } from "../../src/client.ts";
import { blob, defineResource, type FeedEvent, query } from "../../src/index.ts";
import { Article, specs as resources, type specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

type Specs = typeof specs;

/** A platform that listens, and a client of it. */
async function open(options: Partial<ClientOptions> = {}, basePath = "") {
  const platform = await openPlatform(resources, basePath === "" ? {} : { rest: { basePath } });
  const { url } = await platform.listen({ port: 0 });
  return { platform, url, client: createClient<Specs>({ url: `${url.replace(/\/$/, "")}${basePath}`, ...options }) };
}

const refused = (code: string) => expect.objectContaining({ name: "SpecStarError", code });

describe("a client", () => {
  test("writes and reads as the manager does", async () => {
    const { client, platform } = await open();
    const author = await client.author.create({ name: "Ann" }, { idempotencyKey: "one" });
    expect(author).toMatchObject({ created: true, replayed: false, data: { name: "Ann" } });
    expect(await client.author.create({ name: "Ann" }, { idempotencyKey: "one" })).toMatchObject({ id: author.id, replayed: true });
    const article = await client.article.create({ title: "One", author: author.id });
    expect(await client.article.get(article.id)).toEqual(JSON.parse(JSON.stringify(await platform.resource(Article).get(article.id))));
    const found = await client.article.search(
      query(Article)
        .where((f) => f.author.name.eq("Ann"))
        .orderBy("-views"),
    );
    expect(found.items.map(({ id }) => id)).toEqual([article.id]);
    await expect(client.article.update(article.id, { title: "Two" }, { ifVersion: 7 })).rejects.toMatchObject({
      code: "VERSION_MISMATCH",
      details: { id: article.id, expected: 7, actual: 1 },
    });
    expect((await client.page.upsert({ slug: "a" }, { slug: "a", text: "1" })).created).toBe(true);
    expect((await client.author.referrers(author.id)).map(({ count }) => count)).toEqual([1]);
    const draft = await client.article.create({ title: "Draft" }, { status: "draft" });
    const modified = await client.article.modify(draft.id, { merge: { views: 1 } }, { ifVersion: 1 });
    expect(Object.keys(modified)).toEqual(Object.keys(draft));
  });

  test("does several things as one", async () => {
    const { client } = await open();
    const [author, article] = await client.transact([
      { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
      { type: "article", op: "create", data: { title: "One", author: "$ann" } },
    ]);
    expect(article).toMatchObject({ changed: true, data: { author: author?.id } });
    await expect(client.transact([{ type: "article", op: "delete", id: "article_00000000000000000000000000" }])).rejects.toMatchObject({
      code: "NOT_FOUND",
      details: { index: 0 },
    });
  });

  test("uploads and reads blobs", async () => {
    const Photo = defineResource("photo", { schema: z.object({ cover: blob() }) });
    const platform = await openPlatform([Photo], { rest: { basePath: "/api" } });
    const { url } = await platform.listen({ port: 0 });
    const client = createClient<[typeof Photo]>({ url: `${url.replace(/\/$/, "")}/api` });
    const made = await client.blobs.put(new Blob(["0123456789"], { type: "text/plain" }));
    expect(made).toMatchObject({ url: `/api/blobs/${made.id}`, size: 10, contentType: "text/plain" });
    const stream = new Blob([new Uint8Array(300_000)]).stream();
    expect(await client.blobs.put(stream, { contentType: "application/x-thing" })).toMatchObject({ size: 300_000 });
    expect(await client.photo.create({ cover: made.id })).toMatchObject({ data: { cover: made.id } });
    expect(await (await client.blobs.get(made.id)).text()).toBe("0123456789");
    expect(await (await client.blobs.get(made.id, { start: 8 })).text()).toBe("89");
    expect(await (await client.blobs.get(made.id, { start: 1, end: 2 })).text()).toBe("12");
    await expect(client.blobs.get("blob_00000000000000000000000000")).rejects.toEqual(refused("NOT_FOUND"));
  });

  test("works below a base path, asks once where resources are, and sends headers anew", async () => {
    const asked: (string | null)[] = [];
    let count = 0;
    const fetch = (request: Request) => {
      asked.push(`${new URL(request.url).pathname} ${request.headers.get("authorization")}`);
      return globalThis.fetch(request);
    };
    const { client } = await open({ fetch, headers: async () => ({ authorization: `Bearer ${++count}` }) }, "/api");
    await Promise.all([client.author.count(), client.resource("article").count()]);
    expect(asked.toSorted()).toEqual(["/api/ Bearer 1", "/api/articles/count Bearer 3", "/api/authors/count Bearer 2"]);
  });

  test("says what is wrong: no such resource, nobody there, no JSON", async () => {
    const { url } = await open();
    const unknown = createClient({ url }).resource("nothing");
    await expect(unknown.count()).rejects.toThrow(/has no resource nothing. It has: author, article/);
    await expect(createClient<Specs>({ url: "http://127.0.0.1:1" }).author.count()).rejects.toEqual(refused("UNAVAILABLE"));
    const proxy = () => Promise.resolve(new Response("<h1>Bad gateway</h1>", { status: 502 }));
    await expect(createClient<Specs>({ url, fetch: proxy }).author.count()).rejects.toEqual(refused("UNAVAILABLE"));
    expect(() => createClient({ url: "example.org" })).toThrow(/absolute URL/);
  });

  test("is not taken for a promise", async () => {
    const { client } = await open();
    expect(await Promise.resolve(client)).toBe(client);
  });
});

/** Breaks each stream of events after so many of them. */
const breaking =
  (after: number, seen: string[]): ((request: Request) => Promise<Response>) =>
  async (request) => {
    const response = await fetch(request);
    if (request.headers.get("accept") !== "text/event-stream" || !response.body) return response;
    seen.push(new URL(request.url).search);
    let left = after;
    const body = response.body.pipeThrough(
      new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          left -= Buffer.from(chunk).toString().split("\n\n").length - 1;
          if (left <= 0) controller.error(new TypeError("terminated"));
        },
      }),
    );
    return new Response(body, response);
  };

describe("changes", () => {
  test("go on without gap or repeat where the stream breaks again and again", async () => {
    const seen: string[] = [];
    const { client, platform } = await open({ fetch: breaking(3, seen) });
    const heard: FeedEvent[] = [];
    const stream = client.article.changes();
    heard.push((await stream.next()).value as FeedEvent);
    const written: string[] = [];
    for (let n = 0; n < 8; n++) {
      written.push((await platform.resource(Article).create({ title: `${n}` })).id);
      while (heard.filter(({ id }) => id !== null).length <= n) heard.push((await stream.next()).value as FeedEvent);
    }
    await stream.return();
    expect(heard[0]?.kind).toBe("ready");
    expect(heard.flatMap(({ id }) => id ?? [])).toEqual(written);
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.slice(1).every((search) => search.includes("after="))).toBe(true);
  });

  test("are those of what was asked for, of one resource or of several types", async () => {
    const { client } = await open();
    const all = client.changes({ types: ["author", "page"], kinds: ["created"] });
    const many = client.article.changes({ where: { views: { gte: 10 } } });
    await Promise.all([all.next(), many.next()]);
    await client.article.create({ title: "few", views: 1 });
    const article = await client.article.create({ title: "many", views: 20 });
    const author = await client.author.create({ name: "Ann" });
    expect((await many.next()).value).toMatchObject({ kind: "created", id: article.id });
    expect((await all.next()).value).toMatchObject({ type: "author", id: author.id });
    await Promise.all([all.return(), many.return()]);
  });

  test("end with a signal, and with what the server refuses", async () => {
    const { client } = await open();
    const ending = new AbortController();
    const stream = client.article.changes({ signal: ending.signal });
    await stream.next();
    const rest = Array.fromAsync(stream);
    ending.abort();
    expect(await rest).toEqual([]);
    await expect(client.article.changes({ after: "nonsense" }).next()).rejects.toEqual(refused("BAD_REQUEST"));
  });

  test("wait for a platform that comes later", async () => {
    const { url } = await open();
    let away = 2;
    const fetch = (request: Request) => (away-- > 0 ? Promise.reject(new TypeError("refused")) : globalThis.fetch(request));
    const stream = createClient<Specs>({ url, fetch }).article.changes();
    onTestFinished(async () => void (await stream.return()));
    expect((await stream.next()).value).toMatchObject({ kind: "ready" });
  });
});

test("errors are of the class that the platform throws", async () => {
  const { client } = await open();
  await expect(client.author.get("author_00000000000000000000000000")).rejects.toBeInstanceOf(SpecStarError);
});

test("at run time a page loads nothing but the client, the table of errors and the way names are written", () => {
  const root = join(import.meta.dirname, "../../src");
  const loaded = new Set<string>();
  const load = (file: string): void => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, from = ""] of readFileSync(file, "utf8").matchAll(/^(?:import|export) (?!type )[^;]*? from "([^"]+)"/gms))
      load(from.startsWith(".") ? join(dirname(file), from) : from);
  };
  load(join(root, "client.ts"));
  const outside = [...loaded].filter((file) => !file.startsWith(join(root, "client/")));
  expect(outside.sort()).toEqual([join(root, "client.ts"), join(root, "errors.ts"), join(root, "spec/letter-case.ts")]);
});
