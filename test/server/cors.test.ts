import { describe, expect, test } from "vitest";
import { createPlatform } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import type { PlatformOptions } from "../../src/platform.ts";
import { expectProblem, openClient } from "../rest/client.ts";
import { specs } from "../support/articles.ts";

type Cors = NonNullable<PlatformOptions["cors"]>;

const app = "https://app.example.com";
const asks = (origin: string, method = "PATCH") => ({
  origin,
  "access-control-request-method": method,
  "access-control-request-headers": "content-type, if-match",
});
const corsOf = (headers: Headers) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith("access-control-")).map(([name, value]) => [name.slice(15), value]));

describe("without the option", () => {
  test("pages of other origins are told nothing", async () => {
    const { ask } = await openClient();
    expect(corsOf((await ask("OPTIONS", "/articles", { headers: asks(app) })).headers)).toEqual({});
    const { headers } = await ask("GET", "/articles", { headers: { origin: app } });
    expect([corsOf(headers), headers.get("vary")]).toEqual([{}, "Accept, Accept-Encoding, Authorization"]);
  });
});

describe("with a list of origins", () => {
  const cors: Cors = { origins: [app, "http://localhost:5173"], credentials: true };

  test("a page of one of them may ask, on every door, problems and streams included", async () => {
    const { ask, platform } = await openClient({ cors });
    const headers = { origin: app };
    for (const answer of [
      await ask("GET", "/articles", { headers }),
      await ask("GET", "/nope", { headers }),
      await ask("GET", "/health/live", { headers }),
      await ask("POST", "/graphql", { headers, body: { query: "{ __typename }" } }),
      await ask("GET", "/graphql?query={__typename}", { headers }),
    ]) {
      const { "expose-headers": exposed, ...others } = corsOf(answer.headers);
      expect(others).toEqual({ "allow-origin": app, "allow-credentials": "true" });
      expect(exposed?.split(", ")).toEqual(expect.arrayContaining(["ETag", "Link", "Location", "Retry-After", "X-Request-Id"]));
      expect(
        answer.headers
          .get("vary")
          ?.split(", ")
          .filter((name) => name === "Origin"),
      ).toEqual(["Origin"]);
    }
    const events = await platform.fetch(
      new Request("http://door/changes", { headers: { ...headers, accept: "text/event-stream", "sec-fetch-site": "cross-site" } }),
    );
    expect([events.status, events.headers.get("access-control-allow-origin"), events.headers.get("vary")]).toEqual([
      200,
      app,
      "Accept, Origin",
    ]);
    await events.body?.cancel();
  });

  test("a browser is told before anybody is asked who they are", async () => {
    const { ask } = await openClient({ cors, actor: () => Promise.reject(new TypeError("no")) });
    for (const path of ["/articles", "/articles/x", "/graphql", "/changes"]) {
      const answer = await ask("OPTIONS", path, { headers: asks(app) });
      expect(answer.status).toBe(204);
      expect(corsOf(answer.headers)).toMatchObject({
        "allow-origin": app,
        "allow-credentials": "true",
        "allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "allow-headers": expect.stringContaining("If-Match"),
        "max-age": "600",
      });
      expect(answer.headers.get("vary")).toContain("Origin");
    }
    expectProblem(await ask("GET", "/articles", { headers: { origin: app } }), 401, "UNAUTHENTICATED");
  });

  test.each(["https://evil.example.com", `${app}.evil.com`, "http://app.example.com", `${app}:8443`, "null", "", app.toUpperCase()])(
    "%j is not one of them",
    async (origin) => {
      const { ask } = await openClient({ cors });
      expect(corsOf((await ask("OPTIONS", "/articles", { headers: asks(origin) })).headers)).toEqual({});
      const { headers } = await ask("GET", "/articles", { headers: { origin } });
      expect([corsOf(headers), headers.get("vary")]).toEqual([{}, "Accept, Accept-Encoding, Authorization, Origin"]);
    },
  );

  test("a write without a body is for them, and for no other site", async () => {
    const { ask } = await openClient({ cors });
    const { id } = (await ask("POST", "/articles", { body: { title: "a" } })).body;
    const restore = (headers: Record<string, string>) =>
      ask("POST", `/articles/${id}/restore`, { headers: { "sec-fetch-site": "cross-site", ...headers } });
    expect((await restore({ origin: app })).status).toBe(200);
    expectProblem(await restore({ origin: "https://evil.example.com" }), 403, "FORBIDDEN");
    expectProblem(await restore({}), 403, "FORBIDDEN");
  });

  test("OPTIONS that is no such question says what is allowed", async () => {
    const { ask } = await openClient({ cors });
    expect((await ask("OPTIONS", "/articles", { headers: { origin: app } })).headers.get("allow")).toContain("POST");
  });
});

test("every origin may ask where all are let in, without cookies", async () => {
  const { ask } = await openClient({ cors: { origins: "*", methods: ["GET"], headers: ["X-Tenant"], maxAge: 5 } });
  const { headers } = await ask("GET", "/articles", { headers: { origin: "https://any.example.com" } });
  expect(corsOf(headers)).toEqual({ "allow-origin": "*", "expose-headers": expect.any(String) });
  const question = await ask("OPTIONS", "/articles", { headers: asks("https://any.example.com", "GET") });
  expect(corsOf(question.headers)).toMatchObject({
    "allow-origin": "*",
    "allow-methods": "GET",
    "allow-headers": "X-Tenant",
    "max-age": "5",
  });
  expectProblem(await ask("POST", "/articles/article_x/restore", { headers: { "sec-fetch-site": "cross-site" } }), 403, "FORBIDDEN");
});

test.each<[string, unknown]>([
  ["origins", {}],
  ["origins", { origins: app }],
  ["origins", { origins: [`${app}/`] }],
  ["origins", { origins: ["*"] }],
  ["origins", { origins: ["null"] }],
  ["origins", { origins: ["app.example.com"] }],
  ["credentials", { origins: "*", credentials: true }],
  ["credentials", { origins: [app], credentials: "yes" }],
  ["methods", { origins: [app], methods: ["GE T"] }],
  ["headers", { origins: [app], headers: ["a\r\nb: c"] }],
  ["maxAge", { origins: [app], maxAge: -1 }],
  ["origin", { origin: app }],
])("a platform does not start with %s of %j", (field, cors) => {
  expect(() => createPlatform({ resources: specs, storage: memoryStorage(), cors: cors as Cors })).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST", details: { field } }),
  );
});
