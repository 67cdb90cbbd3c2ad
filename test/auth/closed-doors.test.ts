import { type GraphQLInputType, getNamedType, isEnumType, isInputObjectType, isListType, isNonNullType, isScalarType } from "graphql";
import { describe, expect, test } from "vitest";
import { apiKeys } from "../../plugins/api-keys.ts";
import { jwt } from "../../plugins/jwt.ts";
import { trustedProxy } from "../../plugins/trusted-proxy.ts";
import { authenticate } from "../../src/index.ts";
import { clientOf, expectProblem } from "../rest/client.ts";
import { specs } from "../support/articles.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";
import { audience, issuer, secret } from "./tokens.ts";

/** A platform that asks for credentials, with all kinds of schemes. */
async function closed() {
  const storage = await openStorage();
  const keys = apiKeys();
  const actor = authenticate([jwt({ secret, issuer, audience }), keys, trustedProxy({ proxies: ["10.0.0.0/8"] })], { required: true });
  const platform = await openPlatform([...specs, keys.resource], { actor, storage });
  const { head } = await storage.state();
  const untouched = async () => (await storage.state()).head === head;
  return { platform, ask: clientOf(platform.fetch), untouched };
}

/** Who comes with nothing, and who comes with something that does not count. */
const callers: readonly [string, Record<string, string>, string][] = [
  ["nobody", {}, "Bearer"],
  ["a bad token", { authorization: "Bearer a.b.c" }, 'Bearer error="invalid_token"'],
  ["a bad key", { "x-api-key": "sk_1_2" }, 'Bearer error="invalid_token"'],
  ["a header for proxies", { "x-forwarded-user": "ada" }, 'Bearer error="invalid_token"'],
];

describe.each(callers)("%s", (_who, headers, challenge) => {
  test("is refused on every route of the OpenAPI document, and on what may be taken for one", async () => {
    const { platform, ask, untouched } = await closed();
    const routes = Object.entries(platform.openapi().paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => [method.toUpperCase(), path.replace(/\{\w+\}/g, "1")] as const),
    );
    expect(routes.length).toBeGreaterThan(100);
    const [others, open] = [
      routes.filter(([, path]) => !path.startsWith("/health/")),
      routes.filter(([, path]) => path.startsWith("/health/")),
    ];
    const odd = [
      "/ARTICLES",
      "/articles/",
      "//articles",
      "/%61rticles",
      "/articles/../articles",
      "/nope",
      "/health/live/",
      "/health",
      "/graphql/",
    ];
    for (const [method, path] of [
      ...others,
      ...others.filter(([method]) => method === "GET").map(([, path]) => ["HEAD", path] as const),
      ...["OPTIONS", "DELETE", "QUERY"].map((method) => [method, "/articles"] as const),
      ...odd.map((path) => ["GET", path] as const),
    ]) {
      const body = method === "GET" || method === "HEAD" ? {} : { body: { title: "a" } };
      const overridden = { ...headers, "x-http-method-override": "OPTIONS", "x-original-url": "/health/live" };
      const answer = await ask(method, path, { headers: overridden, ...body });
      expect([answer.status, answer.headers.get("www-authenticate")], `${method} ${path}`).toEqual([401, challenge]);
      if (method !== "HEAD") expectProblem(answer, 401, "UNAUTHENTICATED");
    }
    for (const [method, path] of open) expect((await ask(method, path, { headers })).status).toBe(200);
    expect(await untouched()).toBe(true);
  });

  test("is refused on every root field of GraphQL, whatever it is sent by", async () => {
    const { platform, ask, untouched } = await closed();
    const { schema } = platform;
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const operations = roots.flatMap((type, at) =>
      Object.values(type?.getFields() ?? {}).map((field) => {
        const given = field.args.filter(({ type }) => isNonNullType(type)).map(({ name, type }) => `${name}: ${sampleOf(type)}`);
        const selection = isScalarType(getNamedType(field.type)) ? "" : " { __typename }";
        return `${["query", "mutation", "subscription"][at]} { ${field.name}${given.length > 0 ? `(${given.join(", ")})` : ""}${selection} }`;
      }),
    );
    expect(operations.length).toBeGreaterThan(80);
    for (const query of operations) {
      for (const accept of ["application/json", "text/event-stream"])
        expectProblem(await ask("POST", "/graphql", { headers: { ...headers, accept }, body: { query } }), 401, "UNAUTHENTICATED");
      expectProblem(await ask("GET", `/graphql?query=${encodeURIComponent(query)}`, { headers }), 401, "UNAUTHENTICATED");
    }
    expectProblem(await ask("GET", "/graphql", { headers: { ...headers, accept: "text/html" } }), 401, "UNAUTHENTICATED");
    expect(await untouched()).toBe(true);
  });

  test("is refused before a body is read", async () => {
    const { platform } = await closed();
    let pulled = 0;
    const body = new ReadableStream(
      {
        pull: (controller) => {
          pulled += 1;
          controller.enqueue(new Uint8Array(1024));
        },
      },
      { highWaterMark: 0 },
    );
    const init = { method: "POST", headers: { ...headers, "content-type": "image/png" }, body, duplex: "half" };
    expect((await platform.fetch(new Request("http://door/blobs", init))).status).toBe(401);
    expect(pulled).toBe(0);
  });
});

/** Something that GraphQL's types let through. */
function sampleOf(type: GraphQLInputType): string {
  if (isNonNullType(type)) return sampleOf(type.ofType);
  if (isListType(type)) return `[${sampleOf(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]?.name ?? "";
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    const needed = type.isOneOf ? fields.slice(0, 1) : fields.filter((field) => isNonNullType(field.type));
    return `{ ${needed.map((field) => `${field.name}: ${sampleOf(field.type)}`).join(", ")} }`;
  }
  if (type.name === "Int" || type.name === "SafeInt" || type.name === "Float") return "1";
  return type.name === "DateTime" ? '"2026-01-01T00:00:00Z"' : type.name === "Boolean" ? "true" : '"1"';
}

test("the schemes stand in the OpenAPI document, where health asks for none", async () => {
  const keys = apiKeys();
  const schemes = [jwt({ secret }), keys];
  const document = async (required: boolean, more: readonly ReturnType<typeof trustedProxy>[] = []) =>
    (await openPlatform([...specs, keys.resource], { actor: authenticate([...schemes, ...more], { required }) })).openapi();
  const closed = await document(true);
  expect(closed.components.securitySchemes).toEqual({
    jwt: { type: "http", scheme: "bearer", bearerFormat: "JWT" },
    apiKey: { type: "apiKey", in: "header", name: "X-Api-Key" },
  });
  expect(closed.security).toEqual([{ jwt: [] }, { apiKey: [] }]);
  expect(closed.paths["/health/live"]?.get?.security).toEqual([]);
  expect((await document(false)).security).toEqual([{ jwt: [] }, { apiKey: [] }, {}]);
  expect((await document(true, [trustedProxy({ proxies: ["::1"] })])).security).toEqual([{ jwt: [] }, { apiKey: [] }, {}]);
});
