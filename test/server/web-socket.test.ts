import { once } from "node:events";
import { describe, expect, onTestFinished, test } from "vitest";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { openSocket as open, refusedUpgrade as refused } from "../support/socket.ts";

async function serve(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}, listen: object = {}) {
  const platform = await openPlatform(specs, options);
  const server = await platform.listen({ port: 0, ...listen });
  onTestFinished(() => server.close());
  return { platform, server, url: `${server.url.replace("http", "ws")}/graphql` };
}

async function acknowledged(url: string, headers: Record<string, string> = {}) {
  const client = open(url, headers);
  await once(client.socket, "open");
  client.send({ type: "connection_init" });
  expect(await client.next()).toEqual({ type: "connection_ack" });
  return client;
}

const changes = { query: "subscription { articleChanged { kind resourceId } }" };

describe("operations", () => {
  test("subscriptions, queries and mutations run on one socket", async () => {
    const { platform, url } = await serve();
    const client = await acknowledged(url);
    client.send({ id: "s", type: "subscribe", payload: changes });
    expect((await client.next()).payload.data.articleChanged).toMatchObject({ kind: "READY" });
    const { id } = await platform.resource(Article).create({ title: "a" });
    expect(await client.next()).toMatchObject({
      id: "s",
      type: "next",
      payload: { data: { articleChanged: { kind: "CREATED", resourceId: id } } },
    });
    client.send({ id: "q", type: "subscribe", payload: { query: "query ($id: ID!) { article(id: $id) { title } }", variables: { id } } });
    expect(await client.next()).toEqual({ id: "q", type: "next", payload: { data: { article: { title: "a" } } } });
    expect(await client.next()).toEqual({ id: "q", type: "complete" });
    client.send({ type: "ping" });
    expect(await client.next()).toEqual({ type: "pong" });
  });

  test("errors name themselves and leave the socket open", async () => {
    const { url } = await serve();
    const client = await acknowledged(url);
    for (const [query, said] of [
      ["{", /Syntax Error/],
      ["{ nope }", /nope/],
      ["query A { __typename } query B { __typename }", /operation/],
    ] as const) {
      client.send({ id: "x", type: "subscribe", payload: { query } });
      const answer = await client.next();
      expect(answer).toMatchObject({ id: "x", type: "error", payload: [{ message: expect.stringMatching(said) }] });
    }
    client.send({ id: "ok", type: "subscribe", payload: { query: "{ __typename }" } });
    expect(await client.next()).toMatchObject({ id: "ok", type: "next" });
  });

  test("run on behalf of who opened the socket", async () => {
    const actor = async (request: Request) => ({ id: request.headers.get("authorization") ?? "nobody", roles: [], claims: {} });
    const { platform, url } = await serve({ actor });
    const client = await acknowledged(url, { authorization: "ann" });
    client.send({
      id: "m",
      type: "subscribe",
      payload: { query: 'mutation { createArticle(data: { title: "a" }) { ... on CreateArticleSuccess { article { id } } } }' },
    });
    const { id } = (await client.next()).payload.data.createArticle.article;
    expect((await platform.resource(Article).get(id)).meta.createdBy).toBe("ann");
  });
});

describe("limits", () => {
  test("init comes within 3 s", { timeout: 10_000 }, async () => {
    const { url } = await serve();
    const before = performance.now();
    expect((await open(url).closed).code).toBe(4408);
    expect(performance.now() - before).toBeGreaterThan(2800);
  });

  test.each([
    ["init twice", [{ type: "connection_init" }, { type: "connection_init" }], 4429],
    ["subscribe before init", [{ id: "a", type: "subscribe", payload: changes }], 4401],
    ["bad JSON", ["{"], 4400],
    ["no object", ["null"], 4400],
    ["an unknown type", [{ type: "connection_init" }, { type: "nope" }], 4400],
    [
      "one id twice",
      [{ type: "connection_init" }, { id: "a", type: "subscribe", payload: changes }, { id: "a", type: "subscribe", payload: changes }],
      4409,
    ],
  ])("%s closes with a code of the protocol", async (_what, messages, code) => {
    const { url } = await serve();
    const client = open(url);
    await once(client.socket, "open");
    for (const message of messages) {
      client.send(message);
      if (Object(message).type === "connection_init" && messages.length > 1 && code !== 4429) await client.next();
    }
    expect((await client.closed).code).toBe(code);
  });

  test("a frame over 256 KiB closes with 1009", async () => {
    const { url } = await serve();
    const client = await acknowledged(url);
    client.send(`{"type":"ping","payload":{"x":"${"x".repeat(256 * 1024)}"}}`);
    expect((await client.closed).code).toBe(1009);
  });

  test("101 operations at a time are too many", async () => {
    const { url } = await serve();
    const client = await acknowledged(url);
    for (let i = 0; i < 101; i++) client.send({ id: `s${i}`, type: "subscribe", payload: changes });
    expect(await client.closed).toEqual({ code: 4400, reason: expect.stringContaining("At most 100") });
  });

  test("another sub-protocol is refused", async () => {
    const { url } = await serve();
    const client = open(url, {}, "graphql-ws");
    await client.closed;
    expect(client.socket.protocol).toBe("");
  });
});

describe("who may open a socket", () => {
  test("pages of this host, of the listed origins, and what is no page", async () => {
    const { url, server } = await serve({}, { allowedOrigins: ["https://app.example"] });
    for (const origin of [server.url, "https://app.example"]) await acknowledged(url, { origin });
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", "file://", "https://app.example.evil.example"]) {
      expect(await refused(url, { origin }), origin).toEqual([403, "FORBIDDEN"]);
    }
  });

  test("nobody whose credentials are refused", async () => {
    const { url } = await serve({ actor: () => Promise.reject(new TypeError("no token")) });
    expect(await refused(url)).toEqual([401, "UNAUTHENTICATED"]);
  });

  test("nobody at another path", async () => {
    const { url } = await serve();
    expect(await refused(url.replace("/graphql", "/articles"))).toEqual([404, "NOT_FOUND"]);
  });
});

test("a stop closes sockets with 1001", async () => {
  const { url, server } = await serve();
  const client = await acknowledged(url);
  client.send({ id: "s", type: "subscribe", payload: changes });
  await client.next();
  const before = performance.now();
  await server.close();
  expect(performance.now() - before).toBeLessThan(2000);
  expect((await client.closed).code).toBe(1001);
});
