import { brotliDecompressSync, gunzipSync, zstdDecompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

const readers: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
  zstd: (bytes) => zstdDecompressSync(bytes),
  br: (bytes) => brotliDecompressSync(bytes),
  gzip: (bytes) => gunzipSync(bytes),
};

async function filled(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const platform = await openPlatform(specs, options);
  const { id } = await platform.resource(Article).create({ title: "a", body: "ä".repeat(2000) });
  const ask = async (path: string, headers: Record<string, string> = {}, init: RequestInit = {}) => {
    const response = await platform.fetch(new Request(`http://door${path}`, { ...init, headers: { ...headers } }));
    const bytes = new Uint8Array(await response.arrayBuffer());
    const coding = response.headers.get("content-encoding");
    return {
      status: response.status,
      headers: response.headers,
      coding,
      text: bytes.length === 0 ? "" : String((readers[coding ?? ""] ?? Buffer.from)(bytes)),
    };
  };
  return { platform, id, ask };
}

test.each<[accept: string, coding: string | null]>([
  ["gzip", "gzip"],
  ["br", "br"],
  ["zstd", "zstd"],
  ["gzip, deflate, br, zstd", "zstd"],
  ["gzip;q=1, br;q=0.5", "gzip"],
  ["x-gzip", "gzip"],
  ["GZIP", "gzip"],
  ["*", "zstd"],
  ["*;q=0.5, zstd;q=0", "br"],
  ["gzip;q=0.5, identity", null],
  ["identity;q=0, gzip;q=0.5", "gzip"],
  ["gzip;q=0", null],
  ["*;q=0", null],
  ["identity", null],
  ["deflate", null],
  ["", null],
  [",;=,q", null],
])("Accept-Encoding: %s", async (accept, coding) => {
  const { ask, id } = await filled();
  const plain = await ask(`/articles/${id}`);
  const answer = await ask(`/articles/${id}`, { "accept-encoding": accept });
  expect([answer.status, answer.coding]).toEqual([200, coding]);
  expect(answer.text).toBe(plain.text);
  expect(answer.headers.get("etag")).toBe(coding === null ? `"${id}.1"` : `"${id}.1;${coding}"`);
  expect(answer.headers.get("vary")).toBe("Accept, Accept-Encoding, Authorization");
});

test("a compressed answer is known again, and its tag holds a write to the version", async () => {
  const { ask, id } = await filled();
  const path = `/articles/${id}?fields=body`;
  const tag = (await ask(path, { "accept-encoding": "br" })).headers.get("etag") ?? "";
  expect(tag).toMatch(/;fields-[0-9a-f]{16};br"$/);
  for (const encoding of ["br", "gzip", "identity"]) {
    const again = await ask(path, { "accept-encoding": encoding, "if-none-match": tag });
    expect([again.status, again.headers.get("etag"), again.text, again.coding]).toEqual([304, tag, "", null]);
  }
  expect((await ask(`/articles/${id}`, { "if-none-match": tag })).status).toBe(200);
  expect((await ask(path, { "if-none-match": tag.replace(";br", ";nope") })).status).toBe(200);
  const init = { method: "DELETE" };
  expect((await ask(`/articles/${id}`, { "if-match": tag }, init)).status).toBe(204);
  expect((await ask(`/articles/${id}`, { "if-match": tag }, init)).status).toBe(412);
});

test("small answers, events and lines go as they are", async () => {
  const { ask, platform, id } = await filled();
  const encoding = { "accept-encoding": "gzip" };
  expect((await ask("/articles/count", encoding)).coding).toBeNull();
  expect((await ask("/articles", { ...encoding, accept: "application/x-ndjson" })).coding).toBeNull();
  const events = await platform.fetch(
    new Request("http://door/articles/changes", { headers: { ...encoding, accept: "text/event-stream" } }),
  );
  expect([events.headers.get("content-type"), events.headers.get("content-encoding")]).toEqual(["text/event-stream", null]);
  await events.body?.cancel();
  expect((await ask(`/articles/${id}`, encoding, { method: "HEAD" })).headers.get("content-encoding")).toBe("gzip");
});

test("GraphQL's answers and its page are compressed by whichever way they come", async () => {
  for (const lean of [true, false]) {
    const { ask } = await filled({ graphql: { lean } });
    const encoding = { "accept-encoding": "gzip", "content-type": "application/json" };
    const body = JSON.stringify({ query: "{ articles { nodes { body } } }" });
    const answer = await ask("/graphql", encoding, { method: "POST", body });
    expect([answer.coding, answer.headers.get("vary")]).toEqual(["gzip", "Accept-Encoding"]);
    expect(JSON.parse(answer.text).data.articles.nodes).toEqual([{ body: "ä".repeat(2000) }]);
    expect((await ask(`/graphql?query=${encodeURIComponent("{ articles { nodes { body } } }")}`, encoding)).coding).toBe("gzip");
    expect((await ask("/graphql", { ...encoding, accept: "text/html" })).coding).toBe("gzip");
  }
});

test("can be switched off, and begin earlier or later", async () => {
  const gzip = { "accept-encoding": "gzip" };
  const codings = async (compression: false | { minBytes?: number }) => {
    const { ask, id } = await filled({ compression });
    return [(await ask("/articles/count", gzip)).coding, (await ask(`/articles/${id}`, gzip)).coding];
  };
  expect(await codings(false)).toEqual([null, null]);
  expect(await codings({ minBytes: 0 })).toEqual(["gzip", "gzip"]);
  expect(await codings({ minBytes: 1_000_000 })).toEqual([null, null]);
  expect(await codings({})).toEqual([null, "gzip"]);
});

test("arrives over a socket with its length", async () => {
  const { platform, id } = await filled();
  const server = await platform.listen({ port: 0 });
  const found = await fetch(`${server.url}/articles/${id}`, { headers: { "accept-encoding": "br" } });
  expect(found.headers.get("content-encoding")).toBe("br");
  expect(Number(found.headers.get("content-length"))).toBeLessThan(1000);
  expect(Object(await found.json()).data.body).toBe("ä".repeat(2000));
  await server.close();
});
