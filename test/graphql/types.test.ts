import { isEnumType } from "graphql";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { buildSchema, printSDL } from "../../schema/build-schema.ts";
import { defineResource, ref } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, codeOf, dataOf } from "./ask.ts";
import { everyKind, sample, Writer } from "./every-kind.ts";

const create = `mutation ($data: CreateSampleInput!) { createSample(data: $data) { __typename ... on CreateSampleSuccess { sample { id } } ... on ValidationFailed { message issues { path code } } } }`;

async function created(data: Record<string, unknown>) {
  const platform = await openPlatform(everyKind);
  const { createSample } = await dataOf(platform, create, { data });
  expect(createSample).toMatchObject({ __typename: "CreateSampleSuccess" });
  return { platform, id: createSample.sample.id };
}

const input = { ...sample, state: "open", fixed: "only" };

describe("types of a spec", () => {
  test("the printed schema is the committed one", async () => {
    await expect(printSDL(everyKind)).toMatchFileSnapshot("every-kind.graphql");
  });

  test("every root field and every value of the platform's enums says what it is", () => {
    const schema = buildSchema(everyKind);
    const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
    const enums = ["RevisionStatus", "OrderDirection", "ChangeKind", "EventKind", "ErrorCode"].map((name) => schema.getType(name));
    const described = [
      ...roots.flatMap((type) => Object.values(type?.getFields() ?? {})),
      ...enums.flatMap((type) => (isEnumType(type) ? type.getValues() : [])),
    ];
    expect(described.length).toBeGreaterThan(60);
    expect(described.filter(({ description }) => !description).map(({ name }) => name)).toEqual([]);
  });

  test("scalars say what they are to code generators", () => {
    const schema = buildSchema(everyKind);
    const types = ["Date", "DateTime", "SafeInt", "JSON"].map((name) => schema.getType(name)?.extensions.codegenScalarType);
    expect(types).toEqual(["string", "string", "number", "unknown"]);
    expect(printSDL(everyKind)).toContain("scalar DateTime @specifiedBy(url: ");
  });

  test("what a spec does not have is absent", () => {
    const sdl = printSDL(everyKind);
    expect(sdl).not.toContain("writersAsOf(");
    expect(sdl).toContain("editorIds: [ID!]!");
  });

  test("scalars come back as they were written", async () => {
    const { platform, id } = await created({ ...input, holes: ["a", null], grid: [[1], [2, 3]], counts: { a: 1 } });
    const { sample: found } = await dataOf(
      platform,
      `{ sample(id: "${id}") { text small large ratio flag day moment nothing maybe tags holes grid counts editorIds level } }`,
    );
    expect(found).toEqual({
      text: "t",
      small: 1,
      large: 2 ** 40,
      ratio: 0.5,
      flag: false,
      day: "2026-01-31",
      moment: "2026-01-31T12:00:00.000+02:00",
      nothing: null,
      maybe: null,
      tags: [],
      holes: ["a", null],
      grid: [[1], [2, 3]],
      counts: { a: 1 },
      editorIds: [],
      level: null,
    });
  });

  test.each([
    ["open", "open"],
    ["in_progress", "in-progress"],
    ["_2nd", "2nd"],
    ["_true", "true"],
  ])("the enum value %s stands for %j", async (name, value) => {
    const { platform, id } = await created({ ...input, state: name });
    const { sample: found, samples } = await dataOf(
      platform,
      `query ($state: SampleState) { sample(id: "${id}") { state revision { data { state } } } samples(where: { state: { eq: $state } }) { nodes { id } } }`,
      { state: name },
    );
    expect(found).toEqual({ state: name, revision: { data: { state: name } } });
    expect(samples.nodes).toEqual([{ id }]);
    expect((await platform.resource(everyKind[1]).get(id)).data.state).toBe(value);
  });

  test("nested objects, lists of them and unions go in and out", async () => {
    const { platform, id } = await created({
      ...input,
      address: { city: "Rome", zone: "north", geo: { lat: 1, lon: 2 } },
      sections: [{ heading: "One" }],
      media: { long_video: { seconds: 9, chapters: [{ at: 1.5 }] } },
      notes: [{ plain: { text: "x" } }, { link: { href: "y" } }],
    });
    const selection = `address { city zone geo { lat lon } } sections { heading } media { __typename ... on SampleMediaLongVideo { kind seconds chapters { at } } } notes { ... on SampleNotesPlain { type text } ... on SampleNotesLink { type href } }`;
    const { sample: found } = await dataOf(platform, `{ sample(id: "${id}") { ${selection} } }`);
    expect(found).toEqual({
      address: { city: "Rome", zone: "north", geo: { lat: 1, lon: 2 } },
      sections: [{ heading: "One" }],
      media: { __typename: "SampleMediaLongVideo", kind: "long_video", seconds: 9, chapters: [{ at: 1.5 }] },
      notes: [
        { type: "plain", text: "x" },
        { type: "link", href: "y" },
      ],
    });
    expect((await platform.resource(everyKind[1]).get(id)).data.media).toEqual({ kind: "long-video", seconds: 9, chapters: [{ at: 1.5 }] });
  });

  test("a variant without fields is chosen by true", async () => {
    const { platform, id } = await created({ ...input, media: { none: true } });
    expect(await dataOf(platform, `{ sample(id: "${id}") { media { ... on SampleMediaNone { kind } } } }`)).toEqual({
      sample: { media: { kind: "none" } },
    });
    expect(await codeOf(platform, create, { data: { ...input, media: { none: false } } })).toBe("BAD_REQUEST");
  });

  test("a union takes exactly one variant", async () => {
    const platform = await openPlatform(everyKind);
    const both = { ...input, media: { none: true, image: { url: "u" } } };
    expect(await codeOf(platform, create, { data: both })).toBe("BAD_REQUEST");
  });

  test("blobs resolve to what is known of them", async () => {
    const platform = await openPlatform(everyKind);
    const { id: picture, hash } = await platform.blobs.put(new TextEncoder().encode("hello"), { contentType: "text/plain" });
    const { createSample } = await dataOf(platform, create, { data: { ...input, picture, gallery: [picture, picture] } });
    const { sample: found } = await dataOf(
      platform,
      `{ sample(id: "${createSample.sample.id}") { picture { id size contentType hash } gallery { id } } }`,
    );
    expect(found).toEqual({
      picture: { id: picture, size: 5, contentType: "text/plain", hash },
      gallery: [{ id: picture }, { id: picture }],
    });
  });

  test.each([
    ["day", "2026-02-31"],
    ["day", "31.01.2026"],
    ["moment", "2026-01-31T12:00:00"],
    ["moment", 5],
    ["large", 2 ** 53],
    ["large", 1.5],
    ["small", 2 ** 31],
    ["state", "closed"],
    ["unknown", 1],
  ])("the type system refuses %s: %j", async (field, value) => {
    const platform = await openPlatform(everyKind);
    expect(await codeOf(platform, create, { data: { ...input, [field]: value } })).toBe("BAD_REQUEST");
  });

  test("a JSON literal may hold anything, and variables", async () => {
    const platform = await openPlatform(everyKind);
    const document = `mutation ($n: JSON) { createSample(data: { text: "t", small: 1, large: 2, ratio: 1, day: "2026-01-31", moment: "2026-01-31T12:00:00Z", state: open, fixed: only, nothing: null, counts: { a: 1, b: $n } }) { ... on CreateSampleSuccess { sample { counts } } } }`;
    const { createSample } = await dataOf(platform, document, { n: 7 });
    expect(createSample.sample.counts).toEqual({ a: 1, b: 7 });
  });

  test("descriptions and deprecations are the spec's", async () => {
    const platform = await openPlatform(everyKind);
    const { __type: type } = await dataOf(
      platform,
      `{ __type(name: "Sample") { description fields(includeDeprecated: true) { name description isDeprecated } } }`,
    );
    expect(type.description).toBe("One of each");
    expect(type.fields).toContainEqual({ name: "text", description: "Any text", isDeprecated: false });
    expect(type.fields).toContainEqual({ name: "old", description: "Use text", isDeprecated: true });
  });

  test("a key argument is there only where callers choose keys", async () => {
    const platform = await openPlatform(everyKind);
    const { createNamed } = await dataOf(
      platform,
      `mutation { createNamed(key: "one", data: { title: "x" }) { ... on CreateNamedSuccess { named { id } } } }`,
    );
    expect(createNamed.named.id).toBe("named_one");
    expect(
      (await ask(platform, `mutation { createWriter(key: "one", data: { name: "x" }) { __typename } }`)).errors?.[0]?.message,
    ).toContain("key");
  });
});

describe("names that would clash are refused, with both makers", () => {
  const plain = z.object({ title: z.string() });
  const of = (name: string, schema: z.ZodObject = plain) => defineResource(name, { schema, plural: `${name}Rows` });

  test.each([
    [
      "article, articleRevision",
      [of("article"), of("articleRevision")],
      /ArticleRevision.*(resource article\b.*resource articleRevision|resource articleRevision.*resource article\b)/,
    ],
    ["article, articleWhere", [of("article"), of("articleWhere")], /ArticleWhere/],
    ["a spec with the name of a shared type", [of("pageInfo")], /PageInfo.*the platform/],
    ["a spec with the name of a scalar", [of("string")], /String.*GraphQL itself/],
    ["a spec with the name of a failure", [of("conflict")], /Conflict/],
    ["an object field and a derived type", [of("article", z.object({ data: z.object({ x: z.string() }) }))], /ArticleData.*field data/],
    [
      "an object field and another spec",
      [of("article", z.object({ part: z.object({ x: z.string() }) })), of("articlePart")],
      /ArticlePart/,
    ],
    ["a spec named as a field of its event", [of("cursor")], /CursorEvent\.cursor/],
    ["ids of a list and a field", [of("article", z.object({ editors: z.array(ref("article")), editorIds: z.string() }))], /editorIds/],
    ["enum values", [of("article", z.object({ state: z.enum(["a-b", "a_b"]) }))], /"a-b" and "a_b"/],
  ])("%s", (_case, specs, message) => {
    expect(() => buildSchema(specs)).toThrow(message);
  });

  test("a ref to a spec that is not in the list", () => {
    expect(() => buildSchema([defineResource("book", { schema: z.object({ writer: ref(Writer) }) })])).toThrow(/book refers to writer/);
  });
});
