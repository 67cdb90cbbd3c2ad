import { parse } from "graphql";
import { expect, test, vi } from "vitest";
import { checkDocument, defaultGraphQLLimits } from "../../schema/limits.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { fan, times } from "./documents.ts";
import { bodyOf, openDoors } from "./doors.ts";

/** How much work a refusal takes is counted here; how long it takes, `npm run bench -- hostile` measures. */
async function refusalOf(body: string): Promise<string> {
  const { doors } = await openDoors();
  const [{ ask }] = doors as [(typeof doors)[number]];
  return (await ask(body)).body.errors[0].message;
}

test("a document is not read beyond the limit of tokens", async () => {
  const query = `{ ${times(2_001, (i) => `a${i}`)} "never closed`;
  expect(await refusalOf(bodyOf({ query }))).toMatch(/limit of 2000 tokens/);
});

test("JSON that is too deep is not parsed", async () => {
  expect(await refusalOf(`{"query":"{ __typename }","variables":{"a":${"[".repeat(100_000)} no JSON`)).toMatch(/64 levels/);
});

test("a body is not read beyond its limit", async () => {
  const { platform } = await openDoors();
  const body = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(0x20)) });
  // `duplex` is what fetch asks for with a stream, and not yet in its types.
  const init = { method: "POST", headers: { "content-type": "application/json" }, body, duplex: "half" };
  expect((await platform.fetch(new Request("http://localhost/graphql", init))).status).toBe(413);
});

test("the rule of cost visits each selection of a document once, whatever its fragments do", async () => {
  const { schema } = await openPlatform([Author, Article]);
  const fields = vi.spyOn(schema, "getField");
  const limits = { ...defaultGraphQLLimits, cost: Number.POSITIVE_INFINITY };
  const visits = [5, 10, 20, 40].map((levels) => {
    fields.mockClear();
    checkDocument(schema, parse(fan(levels, (next) => `id ${next} ... { title ${next} }`)), limits);
    return fields.mock.calls.length;
  });
  expect(visits).toEqual([5, 10, 20, 40].map((levels) => 2 + 2 * levels + 1));
});
