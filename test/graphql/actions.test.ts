import { expect, test } from "vitest";
import { z } from "zod";
import { printSDL } from "../../schema/build-schema.ts";
import { defineResource } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";
import { Writer as Author, Post } from "../support/posts.ts";
import { ask, codeOf, dataOf } from "./ask.ts";
import { everyKind, Sample, sample, Writer } from "./every-kind.ts";

const at = "2026-01-01T00:00:00Z";
const failures =
  "... on Error { code message } ... on ValidationFailed { issues { path } } ... on VersionMismatch { expected actual current { id } }";

async function opened() {
  const platform = await openPlatform(everyKind);
  const ann = await platform.resource(Writer).create({ name: "Ann" });
  const { id } = await platform.resource(Sample).create(sample as never);
  return { platform, ann, id };
}

test("input of every shape, and output with enums, nested objects and refs", async () => {
  const { platform, ann, id } = await opened();
  const document = `mutation ($input: ReviewSampleInput!) { reviewSample(id: "${id}", input: $input) {
    ... on ReviewSampleSuccess { changed sample { id } output { score reviewerId reviewer { name } proof verdicts { verdict reason } } } ${failures} } }`;
  const input = { verdict: "drop_it", by: ann.id, reasons: [{ text: "old" }, { text: "" }], proof: { page: { url: "/p" } } };
  const { reviewSample } = await dataOf(platform, document, { input });
  expect(reviewSample).toEqual({
    changed: false,
    sample: { id },
    output: {
      score: 2,
      reviewerId: ann.id,
      reviewer: { name: "Ann" },
      proof: "/p",
      verdicts: [
        { verdict: "drop_it", reason: "old" },
        { verdict: "drop_it", reason: null },
      ],
    },
  });
  const { reviewSample: hearsay } = await dataOf(platform, document, { input: { verdict: "keep", proof: { hearsay: true } } });
  expect(hearsay.output).toEqual({ score: 2, reviewerId: null, reviewer: null, proof: "hearsay", verdicts: [] });
});

test("without input and output", async () => {
  const { platform, id } = await opened();
  const document = `mutation ($ifVersion: Int) { closeSample(id: "${id}", ifVersion: $ifVersion) { ... on CloseSampleSuccess { changed sample { flag meta { version } } } ${failures} } }`;
  expect((await dataOf(platform, document, { ifVersion: 1 })).closeSample).toEqual({
    changed: true,
    sample: { flag: true, meta: { version: 2 } },
  });
  expect((await dataOf(platform, document, {})).closeSample).toMatchObject({ changed: false });
  expect((await dataOf(platform, document, { ifVersion: 1 })).closeSample).toMatchObject({
    code: "VERSION_MISMATCH",
    expected: 1,
    actual: 2,
    current: { id },
  });
});

test("refusals are members of the result; faults of the handler are errors", async () => {
  const Odd = defineResource("odd", {
    schema: z.object({ n: z.int() }),
    actions: {
      fail: {
        handler: async () => {
          throw new TypeError("secret");
        },
      },
    },
  });
  const platform = await openPlatform([Author, Post, Odd]);
  const { id } = await platform.resource(Post).create({ title: "One", slug: "one" });
  const publish = (on: string) =>
    dataOf(platform, `mutation ($at: DateTime!) { publishPost(id: "${on}", input: { at: $at }) { __typename ${failures} } }`, { at });
  expect(await publish("post_00000000000000000000000000")).toMatchObject({ publishPost: { __typename: "NotFound" } });
  expect(await publish(id)).toMatchObject({ publishPost: { __typename: "PublishPostSuccess" } });
  expect(await publish(id)).toMatchObject({ publishPost: { __typename: "Conflict", message: "It is published" } });
  const long = `mutation { renamePost(id: "${id}", input: { title: "${"x".repeat(21)}" }) { __typename ${failures} } }`;
  expect(await dataOf(platform, long, {})).toMatchObject({ renamePost: { __typename: "ValidationFailed", issues: [{ path: ["title"] }] } });
  expect(await codeOf(platform, `mutation { renamePost(id: "${id}") { __typename } }`)).toBe("BAD_REQUEST");
  const odd = await platform.resource(Odd).create({ n: 1 });
  const failed = await ask(platform, `mutation { failOdd(id: "${odd.id}") { __typename } }`);
  expect(failed.errors?.[0]?.extensions.code).toBe("INTERNAL");
  expect(JSON.stringify(failed)).not.toContain("secret");
});

test("as members of transact, which shows their output as JSON", async () => {
  const platform = await openPlatform([Author, Post]);
  const document = `mutation ($operations: [Operation!]!) { transact(operations: $operations, idempotencyKey: "k") {
    ... on TransactSuccess { results { changed created output resource { meta { version } } } } ... on TransactFailed { index error { code } } } }`;
  const operations = [
    { createPost: { data: { title: "One", slug: "one" }, as: "post" } },
    { publishPost: { id: "$post", input: { at } } },
    { touchPost: { id: "$post" } },
  ];
  const answer = {
    transact: {
      results: [
        { changed: true, created: true, output: null, resource: { meta: { version: 2 } } },
        { changed: true, created: false, output: { url: "/one", notified: true }, resource: { meta: { version: 2 } } },
        { changed: false, created: false, output: null, resource: { meta: { version: 2 } } },
      ],
    },
  };
  expect(await dataOf(platform, document, { operations })).toEqual(answer);
  expect(await dataOf(platform, document, { operations })).toMatchObject({ transact: { results: [{}, { output: { url: "/one" } }, {}] } });
});

test("in transact nothing is shown as it was before an action wrote it", async () => {
  const platform = await openPlatform([Author, Post]);
  const document = `mutation ($operations: [Operation!]!) { transact(operations: $operations) {
    ... on TransactSuccess { results { resource { meta { version } ... on Writer { published } ... on Post { writer { published } } } } } } }`;
  const operations = [
    { createWriter: { data: { name: "Ann" }, as: "ann" } },
    { createPost: { data: { title: "One", slug: "one", writer: "$ann" }, as: "post" } },
    { publishPost: { id: "$post", input: { at } } },
  ];
  const post = { resource: { meta: { version: 2 }, writer: { published: 1 } } };
  expect(await dataOf(platform, document, { operations })).toEqual({
    transact: { results: [{ resource: { meta: { version: 2 }, published: 1 } }, post, post] },
  });
});

test("what no spec has is absent", () => {
  const Plain = defineResource("plain", { schema: z.object({ n: z.int() }) });
  expect(printSDL([Plain])).not.toMatch(/type OperationResult \{[^}]*output/);
  expect(printSDL([Author, Post])).toMatch(/type OperationResult \{[^}]*output: JSON\n/);
});

test("names that others derive are refused, with both makers", () => {
  const actions = { updateDraft: { handler: async () => {} } };
  const Doc = defineResource("paper", { schema: z.object({ n: z.int() }), actions });
  const DraftDoc = defineResource("draftPaper", { schema: z.object({ n: z.int() }) });
  expect(() => printSDL([Doc, DraftDoc])).toThrow(
    /action updateDraft of resource paper.*resource draftPaper|resource draftPaper.*action updateDraft of resource paper/,
  );
});
