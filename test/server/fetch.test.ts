import { describe, expect, test } from "vitest";
import { createPlatform, SpecStarError } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { clientOf, expectProblem, openClient } from "../rest/client.ts";
import { specs } from "../support/articles.ts";

/** A log that keeps its lines. */
function keptLines() {
  const lines: string[] = [];
  return { lines, log: { level: "debug", destination: { write: (line: string) => void lines.push(line) } } as const };
}

describe("request id", () => {
  test("is the client's where it can stand in a header, else made here", async () => {
    const { ask } = await openClient();
    expect((await ask("GET", "/articles", { headers: { "x-request-id": "abc-1/x" } })).headers.get("x-request-id")).toBe("abc-1/x");
    for (const odd of ["a b", "ü", "x".repeat(129)]) {
      expect((await ask("GET", "/articles", { headers: { "x-request-id": odd } })).headers.get("x-request-id")).toMatch(
        /^[0-9a-f-]{36}-[0-9a-z]+$/,
      );
    }
  });

  test("stands on every answer, GraphQL's and errors too", async () => {
    const { ask } = await openClient();
    const headers = { "x-request-id": "r-1" };
    const answers = [
      await ask("POST", "/graphql", { headers, body: { query: "{ __typename }" } }),
      await ask("GET", "/graphql?query={__typename}", { headers }),
      await ask("GET", "/nope", { headers }),
      await ask("GET", "/health/live", { headers }),
      await ask("GET", "/", { headers }),
    ];
    for (const answer of answers)
      expect([answer.headers.get("x-request-id"), answer.headers.get("x-content-type-options")]).toEqual(["r-1", "nosniff"]);
  });
});

describe("actor", () => {
  test("is asked once per request, and writes under its id", async () => {
    let asked = 0;
    const { ask } = await openClient({
      actor: async (request) => {
        asked += 1;
        return { id: request.headers.get("authorization") ?? "nobody", roles: [], claims: {} };
      },
    });
    expect((await ask("POST", "/articles", { body: { title: "a" }, headers: { authorization: "ann" } })).body.meta.createdBy).toBe("ann");
    expect(asked).toBe(1);
    const graphql = await ask("POST", "/graphql", {
      body: { query: "{ articles { nodes { meta { createdBy } } } }" },
      headers: { authorization: "bob" },
    });
    expect(graphql.body.data.articles.nodes).toEqual([{ meta: { createdBy: "ann" } }]);
    expect(asked).toBe(2);
  });

  test.each([
    ["a thrown error", () => Promise.reject(new TypeError("secret detail")), 401, "UNAUTHENTICATED"],
    ["a synchronous throw", () => JSON.parse("{"), 401, "UNAUTHENTICATED"],
    ["its own refusal", () => Promise.reject(new SpecStarError("UNAUTHENTICATED", "The token has expired")), 401, "UNAUTHENTICATED"],
    [
      "its own outage",
      () => Promise.reject(new SpecStarError("UNAVAILABLE", "The identity provider is away", { retryAfter: 3 })),
      503,
      "UNAVAILABLE",
    ],
  ])("%s refuses on every door but health", async (_what, actor, status, code) => {
    const { ask } = await openClient({ actor });
    for (const [method, path] of [
      ["GET", "/articles"],
      ["POST", "/articles"],
      ["POST", "/graphql"],
      ["GET", "/graphql"],
      ["GET", "/"],
      ["GET", "/nope"],
      ["OPTIONS", "/articles"],
    ] as const) {
      const answer = await ask(method, path);
      expectProblem(answer, status, code);
      expect(answer.text).not.toContain("secret");
      if (status === 401) expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      else expect(answer.headers.get("retry-after")).toBe("3");
    }
    expect((await ask("GET", "/health/live")).status).toBe(200);
  });
});

describe("health and index", () => {
  test("answer links and probes", async () => {
    const { ask } = await openClient();
    expect((await ask("GET", "/")).body).toMatchObject({ graphql: "/graphql", resources: { article: "/articles", country: "/countries" } });
    expect((await ask("GET", "/health/live")).body).toEqual({ status: "ok" });
    expect((await ask("GET", "/health/ready")).body).toEqual({ status: "ok" });
    expect((await ask("HEAD", "/health/ready")).status).toBe(200);
    expectProblem(await ask("POST", "/health/ready"), 405, "METHOD_NOT_ALLOWED");
  });

  test("a storage that does not open is not ready, and says so everywhere", async () => {
    const storage = memoryStorage();
    const broken = Object.assign(Object.create(storage), {
      open: () => Promise.reject(new SpecStarError("UNAVAILABLE", "The store is away")),
      close: async () => {},
    });
    const platform = createPlatform({ resources: specs, storage: broken, log: false });
    const ask = clientOf(platform.fetch);
    expectProblem(await ask("GET", "/health/ready"), 503, "UNAVAILABLE");
    expect((await ask("GET", "/health/live")).status).toBe(200);
  });
});

describe("log", () => {
  test("has one line per request, whatever the request holds", async () => {
    const { lines, log } = keptLines();
    const { ask } = await openClient({ log });
    await ask("GET", "/articles?title=a%0Ab", { headers: { "x-request-id": "id-1" } });
    await ask("GET", "/a%0A%22%7D\u2028b");
    await ask("GET", "/health/live");
    const entries = lines.map((line) => JSON.parse(line));
    expect(lines.every((line) => line.indexOf("\n") === line.length - 1)).toBe(true);
    expect(entries[0]).toMatchObject({
      level: 30,
      requestId: "id-1",
      method: "GET",
      path: "/articles",
      status: 200,
      actor: "anonymous",
      ms: expect.any(Number),
      msg: "request",
    });
    expect(entries[1]).toMatchObject({ status: 404 });
    expect(entries[2]).toMatchObject({ level: 20, msg: "probe" });
    expect(entries).toHaveLength(3);
  });

  test.each([
    ["REST", "GET", "/articles", undefined],
    ["GraphQL", "POST", "/graphql", { query: "{ articles { nodes { id } } }" }],
    ["a readiness probe", "GET", "/health/ready", undefined],
  ])("has a line for every fault of a store over %s, with code, message and cause", async (_, method, path, body) => {
    const { lines, log } = keptLines();
    const { platform, ask } = await openClient({ log });
    const storage = memoryStorage();
    const full = new SpecStarError("UNAVAILABLE", "The disk is full", {}, new RangeError("ENOSPC"));
    const failing = Object.assign(Object.create(storage), { open: () => Promise.reject(full), close: async () => {} });
    await platform.close();
    lines.splice(0);
    const broken = createPlatform({ resources: specs, storage: failing, log });
    const answer = await clientOf(broken.fetch)(method, path, { headers: { "x-request-id": "id-3" }, body });
    expect(answer.headers.get("x-request-id")).toBe("id-3");
    if (path !== "/graphql") expectProblem(answer, 503, "UNAVAILABLE");
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50)).toEqual([
      expect.objectContaining({
        requestId: "id-3",
        path,
        code: "UNAVAILABLE",
        err: expect.objectContaining({ message: expect.stringMatching(/The disk is full.*ENOSPC/s) }),
      }),
    ]);
    expect((await ask("GET", "/articles")).headers.get("retry-after")).toBe("2");
  });

  test("has no error for what a client did", async () => {
    const { lines, log } = keptLines();
    const { ask } = await openClient({ log });
    await ask("POST", "/articles", { body: {} });
    await ask("POST", "/articles", { body: "{" });
    await ask("POST", "/graphql", { body: { query: "{ articles(first: -1) { nodes { id } } }" } });
    expect(lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 40)).toEqual([]);
  });

  test("has the cause of what is masked, once", async () => {
    const { lines, log } = keptLines();
    const { ask } = await openClient({ log, authorize: () => Promise.reject(new RangeError("the cause")) });
    const answer = await ask("GET", "/articles", { headers: { "x-request-id": "id-2" } });
    expectProblem(answer, 500, "INTERNAL");
    const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 50);
    expect(errors).toEqual([
      expect.objectContaining({ requestId: "id-2", err: expect.objectContaining({ type: "RangeError", message: "the cause" }) }),
    ]);
  });
});

test.each([
  [undefined, "1"],
  [0.2, "1"],
  [7, "7"],
])("whoever asks too often is told when to ask again, on both doors: %s", async (retryAfter, seconds) => {
  const { ask } = await openClient({
    actor: () => Promise.reject(new SpecStarError("RATE_LIMITED", "Slowly", retryAfter === undefined ? {} : { retryAfter })),
  });
  for (const answer of [await ask("GET", "/articles"), await ask("POST", "/graphql", { body: { query: "{ __typename }" } })]) {
    expectProblem(answer, 429, "RATE_LIMITED");
    expect(answer.headers.get("retry-after")).toBe(seconds);
  }
});
