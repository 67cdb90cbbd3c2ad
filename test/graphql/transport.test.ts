import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { Author, Page, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, post } from "./ask.ts";
import { answerOf, servers } from "./both-ways.ts";

const json = "application/json";
const graphqlJson = "application/graphql-response+json";
const query = "{ __typename }";
const notFound = "PERSISTED_QUERY_NOT_FOUND";
const persisted = (document: string) => ({ persistedQuery: { version: 1, sha256Hash: hash("sha256", document) } });

/** What is asked, and the status and code that the answer has. */
const requests: Record<string, [status: number, code: string | undefined, make: () => Request]> = {
  "a query": [200, undefined, () => post({ query: `{ authors { totalCount nodes { name } } }` })],
  "with variables and a name": [
    200,
    undefined,
    () =>
      post({
        query: `query A($n: Int) { authors(first: $n) { totalCount } } query B { __typename }`,
        variables: { n: 1 },
        operationName: "A",
      }),
  ],
  "null parameters": [200, undefined, () => post({ query, variables: null, operationName: null, extensions: null })],
  "graphql-response+json": [200, undefined, () => post({ query }, { accept: graphqlJson })],
  "any type": [200, undefined, () => post({ query }, { accept: "*/*" })],
  "a list of types": [200, undefined, () => post({ query }, { accept: `text/plain;q=0.1, ${graphqlJson};q=0.9, ${json}` })],
  "a charset": [200, undefined, () => post({ query }, { "content-type": "application/json; charset=utf-8" })],
  "a syntax error": [200, "BAD_REQUEST", () => post({ query: "{ a" })],
  "a syntax error as graphql-response+json": [400, "BAD_REQUEST", () => post({ query: "{ a" }, { accept: graphqlJson })],
  "an unknown field": [200, "BAD_REQUEST", () => post({ query: "{ nope }" })],
  "an unknown field as graphql-response+json": [400, "BAD_REQUEST", () => post({ query: "{ nope }" }, { accept: graphqlJson })],
  "a wrong variable": [
    200,
    "BAD_REQUEST",
    () => post({ query: "query ($n: Int) { authors(first: $n) { totalCount } }", variables: { n: "x" } }),
  ],
  "a wrong variable as graphql-response+json": [
    400,
    "BAD_REQUEST",
    () => post({ query: "query ($n: Int) { authors(first: $n) { totalCount } }", variables: { n: "x" } }, { accept: graphqlJson }),
  ],
  "a missing variable": [200, "BAD_REQUEST", () => post({ query: "query ($id: ID!) { author(id: $id) { id } }" })],
  "a failing field": [200, "BAD_REQUEST", () => post({ query: `{ authors(after: "nonsense") { totalCount } author(id: "x") { id } }` })],
  "a failing field as graphql-response+json": [
    200,
    "BAD_REQUEST",
    () => post({ query: `{ authors(after: "nonsense") { totalCount } }` }, { accept: graphqlJson }),
  ],
  "a refused mutation": [
    200,
    undefined,
    () =>
      post({ query: `mutation { createAuthor(data: { name: "" }) { __typename ... on ValidationFailed { message issues { path } } } }` }),
  ],
  "an unexpected error": [200, "INTERNAL", () => post({ query: `{ node(id: "author_boom") { id } }` })],
  "over a limit": [400, "BAD_REQUEST", () => post({ query: `{ ${Array.from({ length: 40 }, (_, i) => `a${i}: __typename`).join(" ")} }` })],
  "over a limit by variables": [
    400,
    "BAD_REQUEST",
    () => post({ query: "query ($n: Int) { authors(first: $n) { nodes { id } } }", variables: { n: 1e9 } }),
  ],
  "no such operation": [400, "BAD_REQUEST", () => post({ query: "query A { __typename }", operationName: "B" })],
  "several operations, none named": [400, "BAD_REQUEST", () => post({ query: "query A { __typename } query B { __typename }" })],
  "a subscription as JSON": [406, "NOT_ACCEPTABLE", () => post({ query: "subscription { authorChanged { kind } }" })],
  "no query": [400, "BAD_REQUEST", () => post({ variables: {} })],
  "an empty query": [400, "BAD_REQUEST", () => post({ query: "" })],
  "a query of another type": [400, "BAD_REQUEST", () => post({ query: 5 })],
  "variables of another type": [400, "BAD_REQUEST", () => post({ query, variables: [1] })],
  "an operationName of another type": [400, "BAD_REQUEST", () => post({ query, operationName: 7 })],
  "an unknown parameter": [400, "BAD_REQUEST", () => post({ query, id: "x" })],
  "a batch": [400, "BAD_REQUEST", () => post([{ query }, { query }])],
  "an empty body": [400, "BAD_REQUEST", () => post("")],
  "a body that is no JSON": [400, "BAD_REQUEST", () => post("{")],
  "a body that is a string": [400, "BAD_REQUEST", () => post('"x"')],
  "a body that is null": [400, "BAD_REQUEST", () => post("null")],
  "JSON 65 deep": [400, "BAD_REQUEST", () => post(`{"query":"{ __typename }","variables":{"a":${"[".repeat(65)}${"]".repeat(65)}}}`)],
  "JSON 100 000 deep": [
    400,
    "BAD_REQUEST",
    () => post(`{"query":"{ __typename }","variables":{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}}`),
  ],
  "a body over 1 MiB": [413, "PAYLOAD_TOO_LARGE", () => post({ query: `{ __typename } # ${"x".repeat(1024 * 1024)}` })],
  "no content type": [
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    () => new Request("http://localhost/graphql", { method: "POST", body: new TextEncoder().encode(JSON.stringify({ query })) }),
  ],
  "a form": [415, "UNSUPPORTED_MEDIA_TYPE", () => post("query=%7B__typename%7D", { "content-type": "application/x-www-form-urlencoded" })],
  "a multipart form": [
    415,
    "UNSUPPORTED_MEDIA_TYPE",
    () => post(new URLSearchParams({ query }).toString(), { "content-type": "multipart/form-data; boundary=x" }),
  ],
  "plain text": [415, "UNSUPPORTED_MEDIA_TYPE", () => post(JSON.stringify({ query }), { "content-type": "text/plain" })],
  "a bare document": [415, "UNSUPPORTED_MEDIA_TYPE", () => post(query, { "content-type": "application/graphql" })],
  "another charset": [415, "UNSUPPORTED_MEDIA_TYPE", () => post({ query }, { "content-type": "application/json; charset=utf-16" })],
  "a compressed body": [415, "UNSUPPORTED_MEDIA_TYPE", () => post({ query }, { "content-encoding": "gzip" })],
  "another accept": [406, "NOT_ACCEPTABLE", () => post({ query }, { accept: "text/plain" })],
  "the hash of a document that is not known": [200, notFound, () => post({ extensions: persisted("{ nobody { sent } }") })],
  "the hash of a document that is not known, as graphql-response+json": [
    400,
    notFound,
    () => post({ extensions: persisted("{ nobody { sent } }") }, { accept: graphqlJson }),
  ],
  "a document with its hash": [200, undefined, () => post({ query, extensions: persisted(query) })],
  "a document with the hash of another": [400, "BAD_REQUEST", () => post({ query, extensions: persisted("{ other }") })],
  "a hash of another version": [400, "BAD_REQUEST", () => post({ query, extensions: { persistedQuery: { version: 2, sha256Hash: "x" } } })],
  "a hash of another type": [400, "BAD_REQUEST", () => post({ extensions: { persistedQuery: { version: 1, sha256Hash: [] } } })],
  "a persisted query of another type": [400, "BAD_REQUEST", () => post({ query, extensions: { persistedQuery: "x" } })],
  "another charset in accept": [406, "NOT_ACCEPTABLE", () => post({ query }, { accept: "application/json; charset=utf-16" })],
};

describe("the lean path and Yoga answer alike", () => {
  test.each(Object.entries(requests))("%s", async (_name, [status, code, make]) => {
    const { lean, yoga } = await servers();
    const answer = await answerOf(lean, make());
    expect(answer).toEqual(await answerOf(yoga, make()));
    expect([answer.status, answer.body.errors?.[0]?.extensions?.code]).toEqual([status, code]);
    expect(JSON.stringify(answer.body)).not.toMatch(/"http"|"spec"|secret|passwd|stack/);
  });
});

describe("over HTTP", () => {
  const get = (search: Record<string, string>, headers: Record<string, string> = {}) =>
    new Request(`http://localhost/graphql?${new URLSearchParams(search)}`, { headers });

  test("GET reads", async () => {
    const platform = await openPlatform([Author]);
    const response = await platform.fetch(get({ query: "query ($n: Int) { authors(first: $n) { totalCount } }", variables: '{"n":1}' }));
    expect(await response.json()).toEqual({ data: { authors: { totalCount: 0 } } });
  });

  test.each([
    ["nothing", {}, 400, "BAD_REQUEST"],
    ["variables that are no JSON", { query, variables: "{" }, 400, "BAD_REQUEST"],
  ])("GET of %s is refused", async (_name, search, status, code) => {
    const platform = await openPlatform([Author]);
    for (const accept of ["application/json", "text/event-stream"]) {
      const response = await platform.fetch(get(search as Record<string, string>, { accept }));
      expect(response.status).toBe(status);
      expect(await response.text()).toContain(code);
    }
    expect(await platform.resource(Author).count()).toBe(0);
  });

  test.each(["PUT", "DELETE", "OPTIONS", "PATCH"])("%s is not for GraphQL", async (method) => {
    const platform = await openPlatform([Author]);
    const response = await platform.fetch(new Request("http://localhost/graphql", { method }));
    expect([response.status, response.headers.get("allow")]).toEqual([405, "GET, POST"]);
  });

  test("a browser gets GraphiQL, with all that it needs", async () => {
    const platform = await openPlatform([Author]);
    const response = await platform.fetch(
      new Request("http://localhost/graphql", { headers: { accept: "text/html,application/xhtml+xml" } }),
    );
    expect(response.headers.get("content-type")).toContain("text/html");
    const page = await response.text();
    expect(page).toContain("renderYogaGraphiQL");
    expect(page).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
    expect(page).toContain("<title>SpecStar</title>");
  });

  test("GraphiQL begins with a query that works, at the path and over the types of its own platform", async () => {
    for (const [spec, path, field] of [
      [Author, "/graphql", "authors"],
      [Page, "/api/graphql", "pages"],
    ] as const) {
      const platform = await openPlatform([spec], { graphql: { path } });
      const page = await (await platform.fetch(new Request(`http://localhost${path}`, { headers: { accept: "text/html" } }))).text();
      const { endpoint, defaultTabs } = JSON.parse(/\{"title":"SpecStar".*\}/.exec(page)?.[0] ?? "{}");
      const [{ query }] = defaultTabs;
      expect([endpoint, query]).toEqual([path, expect.stringContaining(`${field}(orderBy:`)]);
      const body = JSON.stringify({ query });
      const answer = await platform.fetch(
        new Request(`http://localhost${path}`, { method: "POST", headers: { "content-type": "application/json" }, body }),
      );
      expect(await answer.json()).toMatchObject({ data: { [field]: { totalCount: 0, nodes: [] } } });
    }
  });

  test("an unexpected error is masked, and logged once with the request id", async () => {
    const { lean, yoga, logged } = await servers();
    for (const server of [lean, yoga]) {
      logged.splice(0);
      const { status, body } = await answerOf(server, post({ query: `{ node(id: "author_boom") { id } }` }));
      expect(status).toBe(200);
      expect(body).toMatchObject({
        data: { node: null },
        errors: [{ path: ["node"], extensions: { code: "INTERNAL", requestId: "request-1" } }],
      });
      expect(logged).toEqual([{ requestId: "request-1", path: "/graphql", code: "INTERNAL", err: expect.any(TypeError) }]);
    }
  });

  test("an error of the table keeps its code and details", async () => {
    const platform = await openPlatform(specs);
    const { errors } = await ask(platform, `{ articles(where: { note: { eq: null } }) { totalCount } }`);
    expect(errors).toMatchObject([{ path: ["articles"], extensions: { code: "BAD_REQUEST", field: "note.eq" } }]);
  });
});
