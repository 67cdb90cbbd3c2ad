import { expect, test } from "vitest";
import { type ErrorCode, httpStatus } from "../../src/errors.ts";
import { Author } from "../support/articles.ts";
import { openDoors } from "./doors.ts";

const mutation = `mutation { createAuthor(data: { name: "x" }) { __typename } }`;
const json = JSON.stringify({ query: mutation });
const form = new URLSearchParams({ query: mutation }).toString();
const multipart = ["--x", 'content-disposition: form-data; name="operations"', "", json, "--x--", ""].join("\r\n");
const foreign = { origin: "https://evil.example", "sec-fetch-site": "cross-site" };

const post = (type: string, body: string, more: Record<string, string> = {}): RequestInit => ({
  method: "POST",
  headers: { "content-type": type, ...foreign, ...more },
  body,
});
const get = (query: string, more: Record<string, string> = {}) =>
  [`?${new URLSearchParams({ query })}`, { headers: { ...foreign, ...more } }] as const;

/** SECURITY's list of transport: what a page of another site, or a careless client, could send. */
const requests: readonly (readonly [what: string, code: ErrorCode, query: string, init: RequestInit])[] = [
  ["a mutation as a form", "UNSUPPORTED_MEDIA_TYPE", "", post("application/x-www-form-urlencoded", form)],
  ["a mutation as a multipart form", "UNSUPPORTED_MEDIA_TYPE", "", post("multipart/form-data; boundary=x", multipart)],
  ["a mutation as plain text", "UNSUPPORTED_MEDIA_TYPE", "", post("text/plain", json)],
  ["a mutation as plain text that says it is JSON", "UNSUPPORTED_MEDIA_TYPE", "", post("text/plain; application/json", json)],
  ["a mutation as a bare document", "UNSUPPORTED_MEDIA_TYPE", "", post("application/graphql", mutation)],
  ["a mutation in UTF-7", "UNSUPPORTED_MEDIA_TYPE", "", post("application/json; charset=utf-7", json)],
  ["a mutation in UTF-16", "UNSUPPORTED_MEDIA_TYPE", "", post('application/json; charset="utf-16le"', json)],
  ["a mutation in a charset that nobody knows", "UNSUPPORTED_MEDIA_TYPE", "", post("application/json; charset=x'--", json)],
  ["a compressed mutation", "UNSUPPORTED_MEDIA_TYPE", "", post("application/json", json, { "content-encoding": "gzip" })],
  ["a batch of mutations", "BAD_REQUEST", "", post("application/json", `[${json},${json}]`)],
  ["a mutation by GET", "METHOD_NOT_ALLOWED", ...get(mutation)],
  ["a mutation by GET that asks to be a POST", "METHOD_NOT_ALLOWED", ...get(mutation, { "x-http-method-override": "POST" })],
  ["a mutation by GET as a stream", "METHOD_NOT_ALLOWED", ...get(mutation, { accept: "text/event-stream" })],
  ["a subscription by GET", "METHOD_NOT_ALLOWED", ...get("subscription { authorChanged { kind } }")],
  [
    "a subscription by GET as a stream",
    "METHOD_NOT_ALLOWED",
    ...get("subscription { authorChanged { kind } }", { accept: "text/event-stream" }),
  ],
  ["a mutation behind a query, by GET", "METHOD_NOT_ALLOWED", ...get(`${mutation} fragment f on Author { id }`)],
  ["a mutation by PUT", "METHOD_NOT_ALLOWED", "", { ...post("application/json", json), method: "PUT" }],
  ["a mutation whose answer nobody can read", "NOT_ACCEPTABLE", "", post("application/json", json, { accept: "image/png" })],
];

test.each(requests)("%s has no effect", async (_what, code, query, init) => {
  const { platform, url, position } = await openDoors();
  const before = await position();
  for (const fetched of [
    await platform.fetch(new Request(`http://localhost/graphql${query}`, init)),
    await fetch(`${url}/graphql${query}`, init),
  ]) {
    expect(fetched.status).toBe(httpStatus(code));
    if (query !== "") expect(fetched.headers.get("allow")).toBe("POST");
    expect(await fetched.text()).toContain(`"code":"${code}"`);
    expect([...fetched.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
  }
  expect(await position()).toBe(before);
  expect(await platform.resource(Author).count()).toBe(0);
});
