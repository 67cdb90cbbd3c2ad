import { expect, test } from "vitest";
import { createPlatform } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { type RootTemplate, type RouteOptions, type Routes, type RouteTemplate, resourceTemplates } from "../../src/rest/index.ts";
import { specs } from "../support/articles.ts";
import { expectProblem, openClient } from "./client.ts";

const told: RouteOptions = {
  describe: () => ({
    summary: "A count",
    responses: { 200: { description: "It", content: { "application/json": { schema: { type: "integer" } } } } },
  }),
};
const never = () => Promise.reject(new TypeError("never asked"));
const versionSchema = { type: "object", properties: { version: { type: "integer" } }, required: ["version"] };

const version: RouteTemplate = {
  name: "version",
  apply: (_spec, routes) =>
    routes.add(
      "GET",
      "/:id/version",
      async ({ manager, id, query }) => {
        query.end();
        const { version } = await manager.get(id);
        return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify({ version }) };
      },
      {
        describe: () => ({
          summary: "Which version a resource is at",
          responses: { 200: { description: "Its version", content: { "application/json": { schema: versionSchema } } } },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};

test("a template of one's own stands on every resource, below the base path", async () => {
  const { ask } = await openClient({ rest: { basePath: "/api", templates: [...resourceTemplates, version] } });
  const made = await ask("POST", "/api/articles", { body: { title: "a" } });
  expect(made.headers.get("location")).toBe(`/api/articles/${made.body.id}`);
  expect((await ask("GET", `/api/articles/${made.body.id}/version`)).body).toEqual({ version: 1 });
  expectProblem(await ask("GET", "/api/authors/author_x/version"), 404, "NOT_FOUND");
  expectProblem(await ask("POST", `/api/articles/${made.body.id}/version`), 405, "METHOD_NOT_ALLOWED");
  expectProblem(await ask("GET", "/articles"), 404, "NOT_FOUND");
  expect((await ask("GET", "/api/")).body.resources.article).toBe("/api/articles");
});

test("a template that is left out is absent", async () => {
  const { ask } = await openClient({ rest: { templates: resourceTemplates.filter(({ name }) => name === "list") } });
  expect((await ask("GET", "/articles")).status).toBe(200);
  expectProblem(await ask("POST", "/articles", { body: { title: "a" } }), 405, "METHOD_NOT_ALLOWED");
  expectProblem(await ask("GET", "/articles/article_x"), 404, "NOT_FOUND");
});

test("without templates there is no route", async () => {
  const { ask } = await openClient({ rest: { templates: [] } });
  expectProblem(await ask("GET", "/articles"), 404, "NOT_FOUND");
});

test.each<[what: string, template: unknown, says: RegExp]>([
  ["throws", { name: "broken", apply: () => JSON.parse("{") }, /"broken" does not apply: .*JSON/],
  [
    "adds a path that cannot be",
    { name: "twice", apply: (_: unknown, routes: Routes) => routes.add("GET", "x", never, told) },
    /"twice".*slash/,
  ],
  [
    "adds a method that cannot be",
    { name: "odd", applyRoot: (routes: Routes) => routes.add("BREW" as "GET", "/x", never, told) },
    /"odd".*BREW/,
  ],
  [
    "adds no handler",
    { name: "empty", apply: (_: unknown, routes: Routes) => routes.add("GET", "/x", undefined as never, told) },
    /"empty".*handler/,
  ],
  ["has the name of another", { ...version, name: "get" }, /"get" is there twice/],
  ["applies nothing", { name: "idle" }, /"idle" has neither/],
  ["has no name", { apply: () => {} }, /with a name/],
  ["is none", null, /with a name/],
])("a template that %s ends the start by its name", (_what, template, says) => {
  const templates = [...resourceTemplates, template as RouteTemplate];
  expect(() => createPlatform({ resources: specs, storage: memoryStorage(), rest: { templates } })).toThrow(
    expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(says), details: { field: "rest.templates" } }),
  );
});

test("a handler of one's own reaches the other resources, and what it throws is a problem", async () => {
  const names: RootTemplate = {
    name: "names",
    applyRoot: (routes) =>
      routes.add(
        "GET",
        "/names/:of",
        async (call) => {
          const page = await call.resource(call.path.slice("/names/".length)).search();
          return { status: 200, headers: { "content-type": "application/json" }, body: JSON.stringify(page.items.length) };
        },
        told,
      ),
  };
  const { ask } = await openClient({ rest: { templates: [...resourceTemplates, names] } });
  await ask("POST", "/authors", { body: { name: "Ann" } });
  expect((await ask("GET", "/names/author")).body).toBe(1);
  expectProblem(await ask("GET", "/names/nope"), 400, "BAD_REQUEST");
});
