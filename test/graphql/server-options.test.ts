import { hash } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { GraphQLServerOptions } from "../../src/server/graphql.ts";
import { post } from "./ask.ts";
import { answerOf, servers } from "./both-ways.ts";

const query = "{ __typename }";
const only = { "list-1": "query Names { authors { nodes { name } } }" };

/** What is asked, under which, and the status, code and message of the answer. */
const withOptions: Record<
  string,
  [options: Partial<GraphQLServerOptions>, status: number, code: string | undefined, message: RegExp, make: () => Request]
> = {
  "a query past its deadline": [
    { deadlineMs: 5 },
    504,
    "TIMEOUT",
    /more than 5 ms/,
    () => post({ query: `{ node(id: "author_slow") { id } }` }),
  ],
  "an operation of the list by its id": [
    { persisted: { only } },
    200,
    undefined,
    /^$/,
    () => post({ extensions: { persistedQuery: { version: 1, sha256Hash: "list-1" } } }),
  ],
  "an operation of the list by its text": [{ persisted: { only } }, 200, undefined, /^$/, () => post({ query: only["list-1"] })],
  "an operation that is not in the list": [{ persisted: { only } }, 403, "FORBIDDEN", /of its list/, () => post({ query })],
  "an id that is not in the list": [
    { persisted: { only } },
    403,
    "FORBIDDEN",
    /of its list/,
    () => post({ query, extensions: { persistedQuery: { version: 1, sha256Hash: hash("sha256", query) } } }),
  ],
  "another document under an id of the list": [
    { persisted: { only } },
    403,
    "FORBIDDEN",
    /of its list/,
    () => post({ query, extensions: { persistedQuery: { version: 1, sha256Hash: "list-1" } } }),
  ],
  "introspection where it is off": [
    { introspection: false },
    200,
    "BAD_REQUEST",
    /introspection has been disabled/,
    () => post({ query: "{ __schema { types { name } } }" }),
  ],
  "an unknown field without suggestions": [
    { suggestions: false },
    200,
    "BAD_REQUEST",
    /^Cannot query field "autors" on type "Query"\.$/,
    () => post({ query: "{ autors { totalCount } }" }),
  ],
  "a wrong variable without suggestions": [
    { suggestions: false },
    200,
    "BAD_REQUEST",
    /^(?!.*Did you mean).*nam/,
    () => post({ query: "query ($w: AuthorWhere) { authors(where: $w) { totalCount } }", variables: { w: { nam: {} } } }),
  ],
  "a wrong variable with suggestions": [
    {},
    200,
    "BAD_REQUEST",
    /Did you mean "name"/,
    () => post({ query: "query ($w: AuthorWhere) { authors(where: $w) { totalCount } }", variables: { w: { nam: {} } } }),
  ],
};

describe("the lean path and Yoga answer alike", () => {
  test.each(Object.entries(withOptions))("%s", async (_name, [options, status, code, message, make]) => {
    const { lean, yoga } = await servers(options);
    const answer = await answerOf(lean, make());
    expect(answer).toEqual(await answerOf(yoga, make()));
    const [error] = answer.body.errors ?? [];
    expect([answer.status, error?.extensions.code]).toEqual([status, code]);
    expect(error?.message ?? "").toMatch(message);
  });
});
