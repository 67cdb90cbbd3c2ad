import { hash } from "node:crypto";
import { expect, test } from "vitest";
import { openDoors } from "../hostile/doors.ts";
import type { Json } from "../support/json.ts";

type Options = Parameters<typeof openDoors>[0];

/** What every door answers to the same body. */
async function onAllDoors(body: object, options: Options = {}): Promise<[door: string, answer: Json][]> {
  const { doors } = await openDoors(options);
  const answers: [string, Json][] = [];
  for (const { name, ask } of doors) answers.push([name, (await ask(JSON.stringify(body))).body]);
  return answers;
}

const query = "{ authorCount }";
const answer = { data: { authorCount: 0 } };
const persisted = (sha256Hash: string) => ({ persistedQuery: { version: 1, sha256Hash } });
const hangs = () => new Promise<never>(() => {});
const breaks = () => {
  throw new TypeError("SELECT secret FROM /etc/passwd");
};

/** What a platform with these options says to a request, by POST, GET, server-sent events and WebSocket alike. */
const refusals: readonly (readonly [what: string, options: Options, body: object, code: string, says: RegExp])[] = [
  [
    "introspection, where it is off",
    { graphql: { introspection: false } },
    { query: "{ __schema { __typename } }" },
    "BAD_REQUEST",
    /introspection/,
  ],
  [
    "__type, where it is off",
    { graphql: { introspection: false } },
    { query: '{ __type(name: "Author") { name } }' },
    "BAD_REQUEST",
    /introspection/,
  ],
  ["a misspelt field, with suggestions", {}, { query: "{ authorCont }" }, "BAD_REQUEST", /Did you mean "authorCount"/],
  [
    "a misspelt field, without suggestions",
    { graphql: { suggestions: false } },
    { query: "{ authorCont }" },
    "BAD_REQUEST",
    /^Cannot query field "authorCont" on type "Query"\.$/,
  ],
  ["a hash that nobody sent a document for", {}, { query: "", extensions: persisted("0".repeat(64)) }, "PERSISTED_QUERY_NOT_FOUND", /./],
  ["a document under the hash of another", {}, { query, extensions: persisted("0".repeat(64)) }, "BAD_REQUEST", /not the SHA-256/],
  [
    "a document, where there is a closed list",
    { graphql: { persisted: { only: { names: "{ authors { totalCount } }" } } } },
    { query },
    "FORBIDDEN",
    /its list/,
  ],
  ["a read that takes too long", { deadlineMs: 1, authorize: hangs }, { query }, "TIMEOUT", /./],
  ["an error of the server", { authorize: breaks }, { query }, "INTERNAL", /^Something went wrong on the server/],
];

test.each(refusals)("%s is answered alike on every door", async (_what, options, body, code, says) => {
  for (const [door, { errors, data }] of await onAllDoors(body, options)) {
    expect(errors, door).toMatchObject([{ message: expect.stringMatching(says), extensions: { code } }]);
    expect(data ?? null, door).toBeNull();
    expect(JSON.stringify(errors), door).not.toMatch(/secret|passwd|TypeError|"http"/);
  }
});

test("a document that was sent once is known by its hash on every door", async () => {
  const { doors } = await openDoors();
  const extensions = persisted(hash("sha256", query));
  const [post] = doors;
  expect((await post?.ask(JSON.stringify({ query, extensions })))?.body).toEqual(answer);
  for (const { name, ask } of doors) expect((await ask(JSON.stringify({ query: "", extensions }))).body, name).toEqual(answer);
});

test("an operation of the closed list runs by its id on every door", async () => {
  const options = { graphql: { persisted: { only: { count: query } } } };
  for (const [door, body] of await onAllDoors({ query: "", extensions: persisted("count") }, options)) expect(body, door).toEqual(answer);
});

test("an error of the server is masked in subscriptions too", async () => {
  const { doors } = await openDoors({ authorize: breaks });
  for (const { name, ask } of doors.filter((door) => door.name === "SSE" || door.name === "WebSocket")) {
    const { body } = await ask(JSON.stringify({ query: "subscription { articleChanged { kind } }" }));
    expect(body.errors, name).toMatchObject([{ extensions: { code: "INTERNAL", requestId: expect.any(String) } }]);
    expect(JSON.stringify(body), name).not.toMatch(/secret|passwd/);
  }
});
