import { describe, expect, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { createPlatform, defineResource, type ResourceSpec, ref } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { postgresStorage } from "../../src/postgres.ts";
import { s3Files, s3Storage } from "../../src/s3.ts";
import { columnValue } from "../../src/spec/column.ts";
import { instantKey } from "../../src/spec/instant.ts";
import { namesOf } from "../../src/spec/names.ts";
import { queryColumns } from "../../src/spec/query.ts";

const define = (shape: z.ZodRawShape, options: object = {}): ResourceSpec =>
  defineResource("thing", { schema: z.object(shape), ...options });

describe("options that cannot be are refused, with their name and what is allowed", () => {
  const Thing = define({ a: z.string() });
  const schema = z.object({ a: z.string() });
  const platform = (options: object) => () => createPlatform({ resources: [Thing], storage: memoryStorage(), log: false, ...options });

  test.each<[string, () => unknown, RegExp]>([
    [
      "a misspelt option of a resource",
      () => define({ a: z.string() }, { indexes: ["a"] }),
      /thing has no option "indexes"\. Did you mean index\?/,
    ],
    ["an index that is no list", () => define({ a: z.string() }, { index: "a" }), /thing: index takes a list of paths.*not "a"/],
    ["a unique list of one", () => define({ a: z.string() }, { unique: [["a"]] }), /thing: unique takes a list of paths/],
    ["a composite index of one", () => define({ a: z.string() }, { index: [["a"]] }), /thing: index takes/],
    ["no options", () => (defineResource as (name: string) => unknown)("x"), /Resource x takes an object of options, not undefined/],
    ["no schema", () => defineResource("x", {} as never), /Resource x: schema takes a z\.object/],
    ["no name", () => defineResource(undefined as never, { schema }), /camelCase/],
    ["resources that are no list", platform({ resources: Thing }), /createPlatform: resources takes a list/],
    [
      "a resource that is none",
      platform({ resources: [{ name: "x" }] }),
      /createPlatform: resources takes a list of what defineResource returned/,
    ],
    ["no storage", platform({ storage: undefined }), /createPlatform: storage takes a storage/],
    ["a misspelt option of the platform", platform({ limit: {} }), /createPlatform has no option "limit"\. Did you mean limits\?/],
    [
      "a misspelt limit",
      platform({ limits: { pagesize: 10 } }),
      /createPlatform: limits has no option "pagesize"\. Did you mean pageSize\?/,
    ],
    ["a negative limit", platform({ limits: { pageSize: -1 } }), /pageSize takes a number from 0 on/],
    [
      "a misspelt limit of GraphQL",
      platform({ graphql: { limits: { dept: 3 } } }),
      /graphql\.limits has no option "dept"\. Did you mean depth\?/,
    ],
    ["a GraphQL path without a slash", platform({ graphql: { path: "graphql" } }), /graphql: path takes a path with a slash before it/],
    ["a GraphQL path that ends in a slash", platform({ graphql: { path: "/graphql/" } }), /none behind it/],
    ["a GraphQL path of a resource", platform({ graphql: { path: "/things" } }), /graphql\.path \/things is a path of thing/],
    ["one below a resource", platform({ graphql: { path: "/api/things/x" }, rest: { basePath: "/api" } }), /is a path of thing/],
    ["a GraphQL path of REST's own", platform({ graphql: { path: "/changes" } }), /is a path of REST/],
    ["a base path without a slash", platform({ rest: { basePath: "api" } }), /rest: basePath takes a path/],
    ["a base path that is a slash", platform({ rest: { basePath: "/" } }), /rest: basePath takes a path/],
    ["a log level that does not exist", platform({ log: { level: "loud" } }), /log: level takes debug, info, warn or error, not "loud"/],
    ["no directory", () => (diskStorage as () => unknown)(), /diskStorage takes a directory/],
    [
      "a misspelt option of a storage",
      () => diskStorage("x", { inlinebytes: 1 } as never),
      /diskStorage has no option "inlinebytes"\. Did you mean inlineBytes/,
    ],
    ["a negative time", () => diskStorage("x", { busyMs: -1 }), /diskStorage: busyMs takes a number from 0 on, or Infinity, not -1/],
    [
      "a misspelt option of PostgreSQL",
      () => postgresStorage({ revisions: "sql", scema: "x" } as never),
      /postgresStorage has no option "scema"\. Did you mean schema\?/,
    ],
    [
      "a misspelt timeout of PostgreSQL",
      () => postgresStorage({ revisions: "sql", timeouts: { lockms: 1 } as never }),
      /postgresStorage: timeouts has no option "lockms"\. Did you mean lockMs\? Options: connectMs, statementMs, lockMs, idle/,
    ],
    ["a PostgreSQL storage without its stores", () => postgresStorage({} as never), /postgresStorage: revisions takes "sql", or a store/],
    ["a pool of none", () => postgresStorage({ revisions: "sql", pool: 0 }), /postgresStorage: pool takes a whole number from 1 on, not 0/],
    [
      "a misspelt option of S3",
      () => s3Storage({ bucket: "b", dir: "d", leaseMS: 1 } as never),
      /s3Storage has no option "leaseMS"\. Did you mean leaseMs\?/,
    ],
    [
      "an option of s3Storage for its files alone",
      () => s3Files({ bucket: "b", inlineBytes: 0 } as never),
      /s3Files has no option "inlineBytes"\. Options: bucket, /,
    ],
    ["no bucket", () => s3Files({ bucket: "" }), /s3Files: bucket takes a string that is not empty, not ""/],
    ["no folder", () => s3Storage({ bucket: "b" } as never), /s3Storage: dir takes a string that is not empty, not undefined/],
    [
      "half of the credentials, which are not shown",
      () => s3Files({ bucket: "b", credentials: { accessKeyId: "k", secretAccesKey: "s" } as never }),
      /^s3Files: credentials takes an object with accessKeyId and secretAccessKey, not an object$/,
    ],
    [
      "an option of another storage",
      () => memoryStorage({ busyMs: 1 } as never),
      /memoryStorage has no option "busyMs"\. Options: inlineBytes/,
    ],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) }));
  });

  test("what is allowed at the edge", async () => {
    for (const options of [
      { graphql: { path: "/" } },
      { graphql: { path: "/things" }, rest: { basePath: "/api" } },
      { rest: { basePath: "" } },
      { graphql: { limits: { cost: Number.POSITIVE_INFINITY } }, plugins: undefined },
    ])
      await platform(options)().close();
  });
});

const endless: z.ZodType = z.object({
  get inner() {
    return endless.optional();
  },
});

describe("a bad spec fails at definition, with resource, path and what to do", () => {
  test.each<[string, () => unknown, RegExp]>([
    ["a name with a digit", () => defineResource("a1", { schema: z.object({ a: z.string() }) }), /camelCase/],
    ["a reserved type", () => defineResource("query", { schema: z.object({ a: z.string() }) }), /Query is reserved/],
    ["a reserved path", () => defineResource("blob", { schema: z.object({ a: z.string() }) }), /reserved/],
    ["a plural that is the name", () => defineResource("sheep", { schema: z.object({ a: z.string() }) }), /plural/],
    ["a reserved field", () => define({ meta: z.string() }), /thing.*meta.*reserved/],
    ["a field named id", () => define({ id: z.string() }), /reserved/],
    ["a field named constructor", () => define({ constructor: z.string() }), /reserved/],
    ["two underscores", () => define({ a__b: z.string() }), /field a__b/],
    ["a clash of a ref's id", () => define({ author: ref("author"), authorId: z.string() }), /authorId clashes/],
    ["an unknown index path", () => define({ a: z.string() }, { index: ["b"] }), /"b".*does not exist.*Paths that can be indexed: a/],
    ["an index on an object", () => define({ a: z.object({ b: z.string() }) }, { index: ["a"] }), /holds objects.*a\.b/],
    ["an index on a record", () => define({ a: z.record(z.string(), z.string()) }, { index: ["a"] }), /cannot be compared/],
    ["a unique list", () => define({ a: z.array(z.string()) }, { unique: ["a"] }), /single values/],
    ["two paths in one column", () => define({ aB: z.string(), a_b: z.string() }, { index: ["aB", "a_b"] }), /share the column/],
    [
      "set_null on a required ref",
      () => define({ a: z.object({ b: ref("thing", { onDelete: "set_null" }) }) }),
      /a\.b.*set_null.*nullable/,
    ],
    ["a key that is no string", () => define({ a: z.int() }, { key: "a" }), /key "a" must be a string field/],
    ["a key that may be missing", () => define({ a: z.string().optional() }, { key: "a" }), /key "a".*cannot be optional/],
    ["a key that may be null", () => define({ a: z.string().nullable() }, { key: "a" }), /key "a".*cannot be optional, nullable/],
    ["a key with a default", () => define({ a: z.string().default("x") }, { key: "a" }), /key "a".*default/],
    ["a key that is no field", () => define({ a: z.string() }, { key: "b" }), /key "b" must be a string field/],
    ["an enum without values", () => define({ a: z.enum([]) }), /field a: the enum has no values/],
    [
      "a default that does not fit",
      () => define({ a: z.string().min(3).default("x") }),
      /field a: its default "x" does not fit: Too small/,
    ],
    ["a default that does not fit at depth", () => define({ a: z.object({ b: z.int().default(0.5) }) }), /field a\.b: its default 0\.5/],
    ["a name that objects inherit", () => define({ hasOwnProperty: z.string() }), /"hasOwnProperty" is reserved/],
    ["such a name at depth", () => define({ a: z.object({ toString: z.string() }) }), /field a\.toString/],
    ["a ref to what is not defined yet", () => ref(undefined as never), /ref\("author"\)/],
    ["transform", () => define({ a: z.string().transform(Number) }), /field a: .*stored form/],
    ["preprocess", () => define({ a: z.preprocess(String, z.string()) }), /field a/],
    ["pipe", () => define({ a: z.string().pipe(z.string()) }), /field a/],
    ["z.date()", () => define({ a: z.date() }), /z\.iso\.datetime/],
    ["a local date-time", () => define({ a: z.iso.datetime({ local: true }) }), /offset: true/],
    ["z.any()", () => define({ a: z.any() }), /z\.record/],
    ["bigint", () => define({ a: z.bigint() }), /z\.int/],
    ["a plain union", () => define({ a: z.union([z.string(), z.int()]) }), /discriminatedUnion/],
    ["a tuple", () => define({ a: z.tuple([z.string()]) }), /object with named fields/],
    ["a loose object", () => define({ a: z.looseObject({}) }), /must list their fields/],
    ["coerce", () => define({ a: z.coerce.number() }), /coerce/],
    ["a map", () => define({ a: z.map(z.string(), z.string()) }), /docs\/specs\.md/],
    ["an object that holds itself", () => define({ a: endless }), /field a\.inner\..*recursive.*Use a ref/],
    [
      "a field that is no zod type",
      () => define({ a: z.object({ b: Object({ parse: String }) }) }),
      /field a\.b: this is no type of zod 4/,
    ],
    ["a field of a module that is not loaded yet", () => define({ a: Object(undefined) }), /field a: this is no type of zod 4/],
    ["catch", () => define({ a: z.string().catch("x") }), /default/],
    ["lazy", () => define({ a: z.lazy(() => z.string()) }), /ref/],
    ["an intersection", () => define({ a: z.intersection(z.object({ b: z.string() }), z.object({ c: z.string() })) }), /extend/],
    ["a codec", () => define({ a: z.stringbool() }), /stored form/],
    ["a record of any", () => define({ a: z.record(z.string(), z.any()) }), /field a\.\*/],
    ["numeric enums", () => define({ a: z.enum({ One: 1 } as never) }), /Use strings/],
    ["a kind inside a list", () => define({ a: z.array(z.object({ b: z.symbol() })) }), /field a\.b/],
    ["no fields", () => define({}), /no fields/],
  ])("%s", (_, run, message) => {
    expect(run).toThrow(expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) }));
  });

  test.each<[string, () => readonly ResourceSpec[], RegExp]>([
    ["the same name twice", () => [define({ a: z.string() }), define({ a: z.string() })], /both derive the field thing/],
    [
      "a plural that is another's name",
      () => [
        defineResource("cat", { schema: z.object({ a: z.string() }), plural: "dog" }),
        defineResource("dog", { schema: z.object({ a: z.string() }) }),
      ],
      /both derive/,
    ],
    ["a ref to nowhere", () => [define({ a: z.array(ref("ghost")) })], /refers to ghost.*Add it/],
    [
      "derived types that meet",
      () => [
        defineResource("article", { schema: z.object({ a: z.string() }) }),
        defineResource("articleRevision", { schema: z.object({ a: z.string() }) }),
      ],
      /ArticleRevision/,
    ],
  ])("together: %s", (_, specs, message) => {
    expect(() => createPlatform({ resources: specs(), storage: memoryStorage(), log: false })).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", message: expect.stringMatching(message) }),
    );
  });
});

test("names are derived in one way", () => {
  expect(namesOf("blogPost")).toEqual({
    one: "blogPost",
    many: "blogPosts",
    type: "BlogPost",
    types: "BlogPosts",
    path: "blog-posts",
    prefix: "blog_post",
    table: "blog_post",
  });
  expect(namesOf("country").many).toBe("countries");
  expect(namesOf("person", "persons").path).toBe("persons");
});

test("indexed fields, refs and unique fields become columns", () => {
  const spec = defineResource("thing", {
    schema: z.object({
      title: z.string(),
      at: z.iso.datetime({ offset: true }),
      place: z.object({ city: z.string() }).optional(),
      owner: ref("thing").nullable(),
      editors: z.array(ref("thing")),
    }),
    index: ["at", "place.city", ["owner", "title"]],
    unique: ["title"],
  });
  expect([...queryColumns(spec).keys()].filter((key) => !key.startsWith("meta.") && key !== "id").sort()).toEqual([
    "at",
    "editorIds",
    "ownerId",
    "place.city",
    "title",
  ]);
  expect(spec.composites).toEqual([["owner", "title"]]);
  const values = Object.fromEntries(
    spec.columns.map((column) => [
      column.key,
      columnValue(column, { title: "x", at: "2026-01-01T01:00:00.5+01:00", editors: ["thing_a"] }),
    ]),
  );
  expect(values).toEqual({ title: "x", at: "2026-01-01T00:00:00.500000000Z", "place.city": null, ownerId: null, editorIds: ["thing_a"] });
});

test("instants compare as text, to the nanosecond, whatever their offset", () => {
  const instants = [
    "0000-01-01T00:30:00+14:00",
    "0000-01-01T00:00:00Z",
    "1969-12-31T23:59:59.999999999Z",
    "2026-01-01T00:00:00.000000001Z",
    "2026-01-01T03:00:00.000000002+03:00",
    "9999-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00",
  ];
  const keys = instants.map((text) => instantKey(text) ?? "");
  expect([...keys].sort()).toEqual(keys);
  expect(new Set(keys).size).toBe(keys.length);
  expect(["2026-01-01", "2026-13-01T00:00:00Z", "2026-01-01T00:00:00", "x"].map(instantKey)).toEqual([null, null, null, null]);
});
