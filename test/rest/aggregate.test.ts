import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";
import { type Client, clientOf, expectProblem, openClient } from "./client.ts";

async function filled(): Promise<Client> {
  const { ask } = await openClient();
  for (const [i, title] of ["a", "b", "c", "d"].entries())
    await ask("POST", "/articles", { body: { title, views: i % 2, tags: i === 3 ? ["x"] : [] } });
  return ask;
}

describe("aggregate", () => {
  test.each([
    ["", [{ count: 4 }]],
    ["sum=views,meta.version", [{ count: 4, sum: { views: 2, meta: { version: 4 } } }]],
    [
      "groupBy=views&max=title",
      [
        { group: { views: 0 }, count: 2, max: { title: "c" } },
        { group: { views: 1 }, count: 2, max: { title: "d" } },
      ],
    ],
    ["groupBy=views&first=1", [{ group: { views: 0 }, count: 2 }]],
    ["groupBy=views&first=0", []],
    ["views[gte]=1&tags[has]=x", [{ count: 1 }]],
    ['where={"title":{"in":["a","b"]}}&views=0&min=title', [{ count: 1, min: { title: "a" } }]],
    ["title=none&avg=views&max=meta.createdAt", [{ count: 0, avg: { views: null }, max: { meta: { createdAt: null } } }]],
  ])("?%s", async (query, groups) => {
    const ask = await filled();
    const { status, body, headers } = await ask("GET", `/articles/aggregate?${query}`);
    expect({ status, body }).toEqual({ status: 200, body: { groups } });
    expect(headers.get("cache-control")).toBe("private, no-cache");
  });

  test.each([
    ["orderBy=views", "BAD_REQUEST"],
    ["after=x", "BAD_REQUEST"],
    ["nothing=1", "BAD_REQUEST"],
    ["groupBy=", "BAD_REQUEST"],
    ["groupBy=views,", "BAD_REQUEST"],
    ["groupBy=views&groupBy=title", "BAD_REQUEST"],
    ["sum=__proto__", "BAD_REQUEST"],
    ["sum=title", "BAD_REQUEST"],
    ["first=201", "BAD_REQUEST"],
    ["first=-1", "BAD_REQUEST"],
    ["groupBy=body", "NOT_INDEXED"],
    ["countDistinct=extra.a", "NOT_INDEXED"],
  ])("refuses ?%s", async (query, code) => {
    const { ask } = await openClient();
    expectProblem(await ask("GET", `/articles/aggregate?${query}`), 400, code);
  });

  test("of a field with the name of a measure is filtered by its long form", async () => {
    const Range = defineResource("range", { schema: z.object({ min: z.int() }), index: ["min"] });
    const ask = clientOf((await openPlatform([Range])).fetch);
    for (const min of [1, 2]) await ask("POST", "/ranges", { body: { min } });
    const { body } = await ask("GET", "/ranges/aggregate?min[eq]=2&min=min");
    expect(body).toEqual({ groups: [{ count: 1, min: { min: 2 } }] });
  });

  test("gives instants in UTC, one group for those that are the same", async () => {
    const Visit = defineResource("visit", { schema: z.object({ at: z.iso.datetime({ offset: true }) }), index: ["at"] });
    const ask = clientOf((await openPlatform([Visit])).fetch);
    const instants = ["2026-01-31T13:00:00+01:00", "2026-01-31T12:00:00Z", "2026-01-31T12:00:00.0000005Z", "0000-01-01T00:00:00+01:00"];
    for (const at of instants) await ask("POST", "/visits", { body: { at } });
    const { body } = await ask("GET", "/visits/aggregate?groupBy=at&max=at");
    expect(body.groups.map(({ group, count }: { group: { at: string }; count: number }) => [group.at, count])).toEqual([
      ["2026-01-31T12:00:00.000Z", 2],
      ["0000-01-01T22:59:00.000+23:59", 1],
      ["2026-01-31T12:00:00.0000005Z", 1],
    ]);
  });
});
