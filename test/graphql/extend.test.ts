import { expect, test } from "vitest";
import { buildSchema, printSDL } from "../../schema/build-schema.ts";
import type { Extend } from "../../schema/extend.ts";
import { createPlatform, type DataOf, type Resource, SpecStarError } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, dataOf } from "./ask.ts";

const specs = [Author, Article] as const;

const extend: Extend<typeof specs> = (builder, types) => {
  const Tag = builder.objectRef<{ name: string; articles: Resource<DataOf<typeof Article>>[] }>("Tag").implement({
    fields: (t) => ({ name: t.exposeString("name"), articles: t.expose("articles", { type: [types.article] }) }),
  });
  builder.objectField(types.article, "words", (t) => t.int({ resolve: ({ data }) => data.body.split(" ").length }));
  builder.queryField("tag", (t) =>
    t.field({
      type: Tag,
      args: { name: t.arg.string({ required: true }) },
      resolve: async (_root, { name }, { resource }) => {
        const { items } = await resource(Article).search({ where: { tags: { has: name } } });
        return { name, articles: [...items] };
      },
    }),
  );
  builder.mutationField("publish", (t) =>
    t.field({
      type: types.article,
      args: { title: t.arg.string({ required: true }) },
      resolve: (_root, { title }, { resource }) => resource(Article).create({ title, body: "one two", tags: ["new"] }),
    }),
  );
  builder.queryField("broken", (t) =>
    t.string({
      args: { code: t.arg.string() },
      resolve: (_root, { code }) => {
        if (code) throw new SpecStarError("RATE_LIMITED", "Slowly", { retryAfter: 3 });
        throw new TypeError("password in /etc/shadow");
      },
    }),
  );
};

test("types, fields, queries and mutations stand beside the derived ones, for the actor who asks", async () => {
  const platform = await openPlatform(specs, {
    graphql: { extend },
    actor: ({ headers }) => ({ id: headers.get("x-user") ?? "anonymous", roles: [], claims: {} }),
  });
  const { data } = await ask(platform, `mutation { publish(title: "T") { title words meta { createdBy } } }`, {}, { "x-user": "ada" });
  expect(data).toEqual({ publish: { title: "T", words: 2, meta: { createdBy: "ada" } } });
  const found = await dataOf(platform, `{ tag(name: "new") { name articles { words } } articles { nodes { words } } }`);
  expect(found).toEqual({ tag: { name: "new", articles: [{ words: 2 }] }, articles: { nodes: [{ words: 2 }] } });
});

test("what a resolver throws is masked, unless it is of the table", async () => {
  const platform = await openPlatform(specs, { graphql: { extend } });
  const { errors } = await ask(platform, "{ broken }");
  expect(errors).toMatchObject([{ path: ["broken"], extensions: { code: "INTERNAL" } }]);
  expect(JSON.stringify(errors)).not.toMatch(/password|shadow/);
  const limited = await ask(platform, `{ broken(code: "x") }`);
  expect(limited.errors).toMatchObject([{ message: "Slowly", extensions: { code: "RATE_LIMITED", retryAfter: 3 } }]);
});

test("the limits count added fields too", async () => {
  const platform = await openPlatform(specs, { graphql: { extend, limits: { cost: 4 } } });
  expect((await ask(platform, `{ tag(name: "x") { name articles { id title words views } } }`)).errors).toMatchObject([
    { message: expect.stringContaining("limit of 4 for cost") },
  ]);
});

test("the printed schema holds them", () => {
  const sdl = printSDL(specs, extend);
  expect(sdl).toContain("words: Int!");
  expect(sdl).toContain("publish(title: String!): Article!");
  expect(printSDL(specs)).not.toContain("publish");
});

test.each<[string, Extend<typeof specs>, RegExp]>([
  [
    "a type",
    (builder) => void builder.objectRef<object>("Author").implement({ fields: (t) => ({ x: t.int({ resolve: () => 1 }) }) }),
    /Author/,
  ],
  ["a query", (builder) => void builder.queryField("article", (t) => t.int({ resolve: () => 1 })), /article/],
  ["a field", (builder, { article }) => void builder.objectField(article, "title", (t) => t.int({ resolve: () => 1 })), /title/],
])("%s whose name is taken is refused when the platform is made", (_name, taken, message) => {
  const refused = expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) });
  expect(() => buildSchema(specs, taken)).toThrow(refused);
  expect(() => createPlatform({ resources: specs, storage: memoryStorage(), log: false, graphql: { extend: taken } })).toThrow(refused);
});
