import { hash } from "node:crypto";
import { createClient } from "graphql-ws";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { Documents } from "../../schema/documents.ts";
import { defaultGraphQLLimits } from "../../schema/limits.ts";
import { PersistedOperations } from "../../schema/persisted-operations.ts";
import { createPlatform } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { post } from "./ask.ts";

const query = "{ authors { totalCount } }";
const extensions = (document: string) => ({ persistedQuery: { version: 1, sha256Hash: hash("sha256", document) } });
const answer = { data: { authors: { totalCount: 0 } } };
const unknown = { errors: [{ message: "PersistedQueryNotFound", extensions: { code: "PERSISTED_QUERY_NOT_FOUND" } }] };

test("a document that was sent once is known by its hash, by POST and GET", async () => {
  const platform = await openPlatform([Author]);
  const ask = async (body: unknown) => (await platform.fetch(post(body))).json();
  const get = (document: string) => {
    const search = new URLSearchParams({ extensions: JSON.stringify(extensions(document)) });
    return platform.fetch(new Request(`http://localhost/graphql?${search}`));
  };
  expect(await ask({ extensions: extensions(query) })).toMatchObject(unknown);
  expect(await (await get(query)).json()).toMatchObject(unknown);
  expect(await ask({ query, extensions: extensions(query) })).toEqual(answer);
  expect(await ask({ extensions: extensions(query) })).toEqual(answer);
  expect(await (await get(query)).json()).toEqual(answer);
  const mutation = `mutation { createAuthor(data: { name: "x" }) { __typename } }`;
  await ask({ query: mutation, extensions: extensions(mutation) });
  expect((await get(mutation)).status).toBe(405);
  expect(await platform.resource(Author).count()).toBe(1);
});

test("over a WebSocket and as server-sent events the list holds too", async () => {
  const listed = "subscription Changes { authorChanged { kind } }";
  const platform = await openPlatform([Author], { graphql: { persisted: { only: { changes: listed, count: query } } } });
  const { url } = await platform.listen({ port: 0 });
  const client = createClient({ url: `${url.replace("http", "ws")}/graphql`, webSocketImpl: WebSocket, retryAttempts: 0 });
  onTestFinished(() => void client.dispose());
  const byId = (id: string) => ({ persistedQuery: { version: 1, sha256Hash: id } });
  expect((await client.iterate({ query: "", extensions: byId("count") }).next()).value).toEqual(answer);
  await expect(client.iterate({ query: "{ __typename }" }).next()).rejects.toMatchObject([{ extensions: { code: "FORBIDDEN" } }]);
  const sse = (body: object) => platform.fetch(post(body, { accept: "text/event-stream" }));
  const stream = (await sse({ extensions: byId("changes") })).body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (!text.includes("data: {")) text += (await stream?.read())?.value;
  expect(text).toContain(`{"data":{"authorChanged":{"kind":"READY"}}}`);
  await stream?.cancel();
  expect(await (await sse({ query: "subscription { authorChanged { cursor } }" })).text()).toContain("FORBIDDEN");
});

test("an operation of the list that does not fit the schema, or is over a limit, is found when the platform is made", () => {
  const made = (document: string) => () =>
    createPlatform({ resources: [Author], storage: memoryStorage(), log: false, graphql: { persisted: { only: { mine: document } } } });
  for (const [document, message] of [
    ["{ nope }", /operation mine: Cannot query field "nope"/],
    ["{ a", /operation mine: Syntax Error/],
    ["{ authors(first: 100000) { nodes { id } } }", /operation mine: .*limit of 5000 for cost/],
  ] as const)
    expect(made(document)).toThrow(expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) }));
});

test("what is kept for hashes is bounded: what was not used for longest is forgotten first", async () => {
  const { schema } = await openPlatform([Author]);
  const limits = { ...defaultGraphQLLimits };
  const operations = new PersistedOperations(new Documents(schema, limits, { introspection: true, suggestions: true }), {});
  const large = (name: string) => `query ${name} { __typename } #${" ".repeat(400 * 1024)}`;
  for (const name of ["A", "B"]) operations.documentOf(large(name), extensions(large(name)));
  expect(operations.documentOf(undefined, extensions(large("A")))).toBe(large("A"));
  operations.documentOf(large("C"), extensions(large("C")));
  expect(operations.documentOf(undefined, extensions(large("A")))).toBe(large("A"));
  expect(() => operations.documentOf(undefined, extensions(large("B")))).toThrow("PersistedQueryNotFound");
});
