import { buildSchema, parse, validate } from "graphql";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { City, Country } from "../../examples/01-atlas/resources.ts";
import { exampleOperations } from "../../schema/example-operations.ts";
import { defineResource, ref } from "../../src/index.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import { specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask } from "./ask.ts";
import { everyKind } from "./every-kind.ts";

const Team = defineResource("team", { schema: z.object({ name: z.string() }) });
const Member = defineResource("member", {
  schema: z.object({
    team: ref(Team),
    email: z.email().meta({ examples: ["ada@example.org"] }),
    left: z.iso.date().nullable(),
    secret: z.string().optional().meta({ deprecated: true }),
  }),
});

const names = (examples: ReturnType<typeof exampleOperations>) =>
  examples.map(({ query }) => /^(query|mutation|subscription) \w+/m.exec(query)?.[0]);

describe("example operations of a schema", () => {
  test.each<[string, readonly ResourceSpec[]]>([
    ["the shared specs", specs],
    ["every kind of field", everyKind],
    ["the atlas", [Country, City]],
    ["a resource that cannot be without another", [Member, Team]],
    ["no resources", []],
  ])("are valid, within the limits, and can be run: %s", async (_, resources) => {
    const platform = await openPlatform(resources);
    for (const { query, variables = "{}" } of exampleOperations(platform.schema)) {
      expect(validate(platform.schema, parse(query))).toEqual([]);
      if (!query.includes("subscription")) expect((await ask(platform, query, JSON.parse(variables))).errors, query).toBeUndefined();
    }
  });

  test("are a page, a history, a mutation and a subscription of a resource that needs no other", async () => {
    const { schema } = await openPlatform([Member, Team]);
    expect(names(exampleOperations(schema))).toEqual([
      "query Teams",
      "query TeamHistory",
      "mutation CreateTeam",
      "subscription TeamChanges",
    ]);
  });

  test("take their values from the examples of a spec, and leave deprecated fields out", async () => {
    const { schema } = await openPlatform([Country]);
    const [page, , mutation] = exampleOperations(schema);
    expect(page?.query).toContain("cca3");
    expect(JSON.parse(mutation?.variables ?? "")).toMatchObject({ data: { cca2: "XS", cca3: "XSP", region: "Africa", independent: null } });
    const members = await openPlatform([defineResource("member", { schema: Member.schema.omit({ team: true }) })]);
    const [, , create] = exampleOperations(members.schema);
    expect(create?.query).not.toContain("secret");
    expect(JSON.parse(create?.variables ?? "")).toEqual({ data: { email: "ada@example.org", left: null } });
  });

  test("leave out what a schema without mutations and subscriptions does not have", () => {
    expect(exampleOperations(buildSchema("type Query { a: Int }"))).toEqual([{ query: "{\n  __typename\n}\n" }]);
  });
});
