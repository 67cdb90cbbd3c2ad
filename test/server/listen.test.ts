import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

export async function serve(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}, listen: object = {}) {
  const platform = await openPlatform(specs, options);
  const server = await platform.listen({ port: 0, ...listen });
  onTestFinished(() => server.close());
  return { platform, server };
}

/** What a server answers to bytes, until it closes. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let answer = "";
  socket
    .setEncoding("latin1")
    .on("data", (chunk) => (answer += chunk))
    .on("error", () => {});
  socket.write(text);
  await once(socket, "close");
  return answer;
}

describe("over real sockets", () => {
  test("REST and GraphQL answer as by fetch", async () => {
    const { platform, server } = await serve();
    const created = await fetch(`${server.url}/articles`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: '{"title":"Zwölf"}',
    });
    expect(created.status).toBe(201);
    const { id } = (await created.json()) as { id: string };
    const [near, far] = [await platform.fetch(new Request(`http://x/articles/${id}`)), await fetch(`${server.url}/articles/${id}`)];
    expect(await far.text()).toBe(await near.text());
    for (const name of ["etag", "vary", "cache-control", "content-type", "x-content-type-options"])
      expect(far.headers.get(name), name).toBe(near.headers.get(name));
    const head = await fetch(`${server.url}/articles/${id}`, { method: "HEAD" });
    expect(head.headers.get("content-length")).toBe(far.headers.get("content-length"));
    expect((await fetch(`${server.url}/articles/${id}`, { headers: { "if-none-match": `"${id}.1"` } })).status).toBe(304);
    const query = { method: "POST", headers: { "content-type": "application/json" }, body: '{"query":"{ articles { nodes { title } } }"}' };
    expect(await (await fetch(`${server.url}/graphql`, query)).json()).toEqual({ data: { articles: { nodes: [{ title: "Zwölf" }] } } });
    expect((await fetch(`${server.url}/articles/${id}`, { method: "DELETE" })).status).toBe(204);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
  });

  test("the globals of the process stay as they were", async () => {
    const before = [globalThis.Request, globalThis.Response];
    const { server } = await serve();
    expect(await fetch(`${server.url}/health/live`)).toBeInstanceOf(Response);
    expect([globalThis.Request, globalThis.Response]).toEqual(before);
  });

  test("bodies in pieces are counted as they come", async () => {
    const { server, platform } = await serve();
    const head = "POST /articles HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n";
    expect(await exchange(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"tit\r\n8\r\nle":"a"}\r\n0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 201 /,
    );
    const piece = `10000\r\n${" ".repeat(0x10000)}\r\n`;
    expect(await exchange(server.port, `${head}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(20)}0\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 413 /,
    );
    expect(await exchange(server.port, `${head}Content-Length: 9999999\r\n\r\n`)).toMatch(/^HTTP\/1\.1 413 /);
    expect(await platform.resource(Article).count()).toBe(1);
  });

  test("malformed requests get a 4xx and no more", async () => {
    const { server } = await serve();
    expect(await exchange(server.port, "GET /articles HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n")).toMatch(
      /^HTTP\/1\.1 400 [\s\S]*BAD_REQUEST/,
    );
    expect(await exchange(server.port, "GET /a\\b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(await exchange(server.port, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    expect(await exchange(server.port, `GET / HTTP/1.1\r\nHost: x\r\nA: ${"a".repeat(20_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect((await fetch(`${server.url}/health/live`)).status).toBe(200);
  });
});

describe("listen", () => {
  test("says which port is taken and what to do", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo;
    const platform = await openPlatform(specs);
    await expect(platform.listen({ port })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(new RegExp(`Port ${port} .* listen\\({ port: ${port + 1} }\\)`)),
    });
  });

  test.each([{ port: 70_000 }, { port: -1 }, { port: 1.5 }, { port: "4000" }, { prot: 4000 }, { allowedOrigins: "https://a.example" }])(
    "refuses %j",
    async (options) => {
      const platform = await openPlatform(specs);
      await expect(platform.listen(options as never)).rejects.toMatchObject({
        code: "BAD_REQUEST",
        message: expect.stringMatching(/^listen(: \w+ takes| has no option)/),
      });
    },
  );

  test("a stop finishes what is under way and takes nothing new", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const { server } = await serve({
      authorize: async ({ operation }) => {
        if (operation === "count") {
          arrived();
          await held;
        }
        return true;
      },
    });
    await (await fetch(`${server.url}/articles`)).text();
    const slow = fetch(`${server.url}/articles/count`);
    await arrival;
    const closed = server.close();
    await sleep(50);
    await expect(fetch(`${server.url}/articles`)).rejects.toThrow();
    release();
    const answer = await slow;
    expect([answer.status, answer.headers.get("connection"), await answer.json()]).toEqual([200, "close", { count: 0 }]);
    const before = performance.now();
    await closed;
    expect(performance.now() - before).toBeLessThan(1000);
    await server.close();
  });

  test("a stop ends connections on which nothing was ever asked", { timeout: 5_000 }, async () => {
    const { server } = await serve();
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    // Only when this one is answered, the server has taken the other one too.
    await (await fetch(`${server.url}/articles`)).text();
    const ended = once(socket, "close");
    await server.close();
    await ended;
  });

  test("a stop ends server-sent events", async () => {
    const { server } = await serve();
    const body = JSON.stringify({ query: "subscription { articleChanged { kind } }" });
    const events = await fetch(`${server.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", accept: "text/event-stream" },
      body,
    });
    const reader = events.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBeDefined();
    const before = performance.now();
    await server.close();
    expect(performance.now() - before).toBeLessThan(2000);
    while (!(await reader?.read().catch(() => ({ done: true })))?.done);
  });

  test("a slow header is not waited for", { timeout: 30_000 }, async () => {
    const { server } = await serve();
    const before = performance.now();
    expect(await exchange(server.port, "GET /articles HTTP/1.1\r\nHost: x\r\n")).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - before).toBeLessThan(15_000);
  });
});
