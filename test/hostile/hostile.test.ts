import { describe, expect, test } from "vitest";
import { type ErrorCode, httpStatus } from "../../src/errors.ts";
import { Article } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { type HostileData, injections, objects } from "./data.ts";
import { costs } from "./documents.ts";
import { bodyOf, openDoors } from "./doors.ts";

/** Any answer that blames the client: HTTP's 4xx, or what has errors or a failure in its body. */
const blames = (status: number | undefined) => status === undefined || status === 200 || (status >= 400 && status < 500);

/** The code of a refusal, wherever it stands: in errors, or as a member of a result union. */
const codeIn = ({ errors, data }: Json): ErrorCode => errors?.[0]?.extensions?.code ?? Object.values<Json>(data ?? {})[0]?.code;

/** GET answers only queries, whatever else is wrong with the rest. */
const isWrite = (query: string) => /^(mutation|subscription)/.test(query);

test.each(costs)("$what: refused on every door, and nothing is written", async (document) => {
  const { doors, position } = await openDoors();
  const before = await position();
  for (const { name, ask } of doors) {
    const { status, body } = await ask(bodyOf(document));
    const [error] = body.errors;
    if (name === "GET" && isWrite(document.query)) expect(error.extensions.code, name).toMatch(/^(BAD_REQUEST|METHOD_NOT_ALLOWED)$/);
    else expect([error.extensions.code, error.message], name).toEqual(["BAD_REQUEST", expect.stringMatching(document.says)]);
    expect(blames(status), `${name}: ${status}`).toBe(true);
    expect(body.data ?? null, name).toBeNull();
  }
  expect(await position()).toBe(before);
});

describe.each([
  ["injection", injections],
  ["objects", objects],
])("%s", (_list, cases: readonly HostileData[]) => {
  test.each(cases)("$what: refused on every door, and nothing is written", async ({ graphql, rest, restCode }) => {
    const { platform, doors, position } = await openDoors();
    const { id } = await platform.resource(Article).create({ title: "a", tags: ["x"] });
    const before = await position();
    const placed = (text: string) => text.replace("{id}", id);
    for (const { name, ask } of graphql ? doors : []) {
      const { status, body } = await ask(bodyOf({ ...graphql, query: placed(graphql?.query ?? "") }));
      expect(httpStatus(codeIn(body)), `${name}: ${JSON.stringify(body).slice(0, 300)}`).toBeLessThan(500);
      expect(blames(status), `${name}: ${status}`).toBe(true);
    }
    const { method, path, type = "application/json", body } = rest;
    const given = body === undefined ? {} : { body, headers: { "content-type": type } };
    const answer = await platform.fetch(new Request(`http://localhost${placed(path)}`, { method, ...given }));
    expect([answer.status, (await answer.json()).code]).toEqual([httpStatus(restCode), restCode]);
    expect(await position()).toBe(before);
    expect([Object.hasOwn(Object.prototype, "polluted"), Reflect.get({}, "polluted")]).toEqual([false, undefined]);
  });
});
