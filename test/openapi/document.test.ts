import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { openapi } from "../../examples/01-atlas/openapi.ts";
import { City, Country, Dataset } from "../../examples/01-atlas/resources.ts";
import { blob, defineResource, ref } from "../../src/index.ts";
import { type RouteTemplate, resourceTemplates } from "../../src/rest/index.ts";
import { openClient } from "../rest/client.ts";
import { specs } from "../support/articles.ts";
import type { Json } from "../support/json.ts";
import { openPlatform } from "../support/open-platform.ts";
import { openapiFindings } from "../support/openapi-check.ts";
import { findings } from "./lint.ts";

/** As tests look into it, member by member. */
const documentOf = async (...args: Parameters<typeof openPlatform>): Promise<Json> => (await openPlatform(...args)).openapi();

test("the atlas' document is what is committed: npm run openapi", async () => {
  const document = await documentOf([Country, City, Dataset], { openapi });
  await expect(`${JSON.stringify(document, null, 2)}\n`).toMatchFileSnapshot(
    join(import.meta.dirname, "../../examples/01-atlas/openapi.json"),
  );
});

test("linters have nothing to say of any document, and something of one that is broken", async () => {
  const securitySchemes = { bearer: { type: "http", scheme: "bearer" } };
  const document = await documentOf(specs, { openapi: { ...openapi, securitySchemes, security: [{ bearer: [] }] } });
  expect(await findings(document)).toEqual([]);
  expect(await findings(await documentOf([Country, City, Dataset], { openapi }))).toEqual([]);
  delete document.components.schemas.Meta;
  document.paths["/articles"].get.operationId = document.paths["/articles"].post.operationId;
  const broken = await findings(document);
  expect(broken.some((each) => each.startsWith("redocly no-unresolved-refs"))).toBe(true);
  expect(broken.some((each) => each.startsWith("spectral operation-operationId-unique"))).toBe(true);
});

test("it is served with a tag, whatever stands before its path", async () => {
  const { platform, ask } = await openClient({ rest: { basePath: "/api" } });
  const answer = await ask("GET", "/api/openapi.json");
  expect(answer.body).toEqual(platform.openapi());
  expect(Object.keys(answer.body.paths)).toContain("/api/articles/{id}/revisions/{n}");
  const known = await ask("GET", "/api/openapi.json", { headers: { "if-none-match": answer.headers.get("etag") ?? "" } });
  expect([known.status, known.text]).toEqual([304, ""]);
});

test("every route is there: what is described is answered, and what is answered is described", async () => {
  const { platform, ask } = await openClient();
  for (const [path, operations] of Object.entries(platform.openapi().paths)) {
    const allow = (await ask("OPTIONS", path.replace(/\{id\}/, "article_x").replace(/\{n\}/, "1"))).headers.get("allow");
    if (allow === null) continue;
    const answered = allow.split(", ").filter((method) => method !== "OPTIONS" && method !== "HEAD");
    // Some fixed paths look like an id to other methods, which is no route of their own.
    for (const method of Object.keys(operations)) expect(answered, path).toContain(method.toUpperCase());
    if (path.includes("{"))
      expect(answered.map((method) => method.toLowerCase()).toSorted(), path).toEqual(Object.keys(operations).toSorted());
  }
  expect(Object.keys(platform.openapi().paths)).toEqual(
    expect.arrayContaining(["/", "/health/live", "/health/ready", "/changes", "/transact", "/openapi.json", "/docs"]),
  );
});

test("a template without a description stops the start", async () => {
  const silent: RouteTemplate = {
    name: "silent",
    // @ts-expect-error nor does it compile
    apply: (_spec, routes) => routes.add("GET", "/:id/silent", async () => ({ status: 204, headers: {}, body: null })),
  };
  await expect(openPlatform(specs, { rest: { templates: [...resourceTemplates, silent] } })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("schemas say what a spec does: refs, blobs, defaults, examples, shared parts", async () => {
  const Place = z.object({ city: z.string() }).meta({ id: "Place" });
  const Author = defineResource("author", { schema: z.object({ name: z.string() }) });
  const Book = defineResource("book", {
    schema: z.object({
      isbn: z
        .string()
        .length(13)
        .meta({ description: "ISBN 13", examples: ["9780000000002"] }),
      author: ref(Author, { onDelete: "cascade" }).optional(),
      cover: blob().optional(),
      pages: z.int().default(100),
      seen: z.iso.datetime().default(() => new Date().toISOString()),
      from: Place,
      to: Place.optional(),
      old: z
        .string()
        .optional()
        .meta(Object({ deprecated: "Use isbn" })),
    }),
    unique: ["isbn"],
  });
  const document = await documentOf([Author, Book], { openapi });
  const { BookInput: input, BookData: output, ...others } = document.components.schemas;
  expect(input.properties).toMatchObject({
    isbn: { description: "ISBN 13", minLength: 13, maxLength: 13 },
    author: { "x-ref": { resource: "author", onDelete: "cascade" } },
    cover: { "x-blob": true },
    pages: { default: 100 },
    old: { deprecated: true },
    from: { $ref: "#/components/schemas/BookInput.Place" },
  });
  expect(input.properties.seen).not.toHaveProperty("default");
  expect([input.required, output.required]).toEqual([
    ["isbn", "from"],
    ["isbn", "pages", "seen", "from"],
  ]);
  expect(others["BookInput.Place"].properties).toEqual({ city: { type: "string" } });
  expect(input.examples).toHaveLength(1);
  expect(document.paths["/books"].put.parameters.map(({ name }: Json) => name)).toContain("isbn");
  expect(document.paths["/books/{id}"].put.responses["409"].$ref).toMatch(/CONFLICT/);
  expect(await findings(document)).toEqual([]);
});

test("answers that are not as described are found", async () => {
  const { platform, ask } = await openClient();
  const made = await ask("POST", "/articles", { body: { title: "One" } });
  const answered = { ...made, method: "POST", path: "/articles" };
  const check = (changed: object) => openapiFindings(platform.openapi(), { ...answered, ...changed });
  expect(check({})).toEqual([]);
  expect(check({ status: 202 })).toEqual(["status 202 is not described"]);
  expect(check({ headers: new Headers({ "content-type": "text/plain" }) })).toHaveLength(1);
  expect(check({ text: JSON.stringify({ ...made.body, meta: { ...made.body.meta, version: "1" } }) })[0]).toContain("/meta/version");
  expect(check({ text: JSON.stringify({ ...made.body, data: { title: 1 } }) }).join()).toContain("/data/title");
  expect(check({ path: "/nowhere" })).toHaveLength(1);
});

test("options that cannot be are refused where they are written", async () => {
  for (const wrong of [{ servers: [] }, { servers: ["/"] }, { securitySchemes: { a: 1 } }, { security: {} }, { inf: {} }])
    await expect(openPlatform(specs, { openapi: Object(wrong) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});
