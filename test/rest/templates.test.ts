import { expect, test } from "vitest";
import { type RouteTemplate, resourceTemplates } from "../../src/rest/index.ts";
import { expectProblem, openClient } from "./client.ts";

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
