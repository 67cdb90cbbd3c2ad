import { expect, test } from "vitest";
import { openPlatform } from "../support/open-platform.ts";
import { dataOf } from "./ask.ts";
import { countingStorage } from "./counting-storage.ts";
import { everyKind, Sample, sample, Writer } from "./every-kind.ts";

async function counted(count: number) {
  const { storage, calls, totals } = countingStorage();
  const platform = await openPlatform(everyKind, { storage });
  const mentor = await platform.resource(Writer).create({ name: "M" });
  const picture = await platform.blobs.put(new Uint8Array([1]));
  for (let i = 0; i < count; i++) {
    const writer = await platform.resource(Writer).create({ name: `W${i % 3}`, mentor: mentor.id });
    await platform.resource(Sample).create({
      ...sample,
      state: "open",
      fixed: "only",
      text: `S${i}`,
      writer: writer.id,
      picture: picture.id,
      credit: { by: writer.id },
    });
  }
  calls.length = 0;
  totals.length = 0;
  return { platform, calls, totals };
}

test.each([1, 50])("a nested selection over %i rows costs a bounded number of storage calls", async (count) => {
  const { platform, calls } = await counted(count);
  const { samples } = await dataOf(
    platform,
    `{ samples(first: 50) { nodes { writer { name mentor { name } } credit { by { name } } picture { size } revision { data { writer { data { name } } } } } } }`,
  );
  expect(samples.nodes).toHaveLength(count);
  expect(samples.nodes[0]).toMatchObject({ writer: { mentor: { name: "M" } }, picture: { size: 1 } });
  expect(calls.toSorted()).toEqual(["blobs", "read writer", "read writer", "read writer", "search sample"]);
});

test("one get, one list, one create: one storage call each", async () => {
  const { platform, calls } = await counted(2);
  const { samples } = await dataOf(platform, `{ samples { totalCount nodes { id text } } }`);
  expect(calls.splice(0)).toEqual(["search sample"]);
  await dataOf(platform, `{ sample(id: "${samples.nodes[0].id}") { id text meta { version } revision { number } } }`);
  expect(calls.splice(0)).toEqual(["read sample"]);
  await dataOf(
    platform,
    `mutation { createWriter(data: { name: "x" }) { ... on CreateWriterSuccess { writer { id name revision { number } } } } }`,
  );
  expect(calls.splice(0)).toEqual(["commit"]);
});

test("totalCount is counted only when it is selected", async () => {
  const { platform, totals } = await counted(2);
  const total = async (document: string, variables = {}) => {
    totals.splice(0);
    await dataOf(platform, document, variables);
    return totals.splice(0);
  };
  expect(await total(`{ samples { nodes { id } } }`)).toEqual([false]);
  expect(await total(`{ samples { totalCount } }`)).toEqual([true]);
  expect(await total(`{ samples { ...T } } fragment T on SampleConnection { ... { totalCount } }`)).toEqual([true]);
  expect(await total(`query ($with: Boolean!) { samples { totalCount @include(if: $with) nodes { id } } }`, { with: false })).toEqual([
    false,
  ]);
  // Certain only when it runs: counted then, in a call of its own.
  expect(await total(`query ($with: Boolean!) { samples { totalCount @include(if: $with) } }`, { with: true })).toEqual([false, true]);
});

test("what a write changed is read anew by the next one in the same request", async () => {
  const { platform } = await counted(1);
  const [found] = (await platform.resource(Sample).search()).items;
  const writer = found?.data.writer;
  const document = `mutation { a: patchSample(id: "${found?.id}", merge: { text: "a" }) { ...R } b: patchWriter(id: "${writer}", merge: { name: "New" }) { __typename } c: patchSample(id: "${found?.id}", merge: { text: "c" }) { ...R } }
    fragment R on PatchSampleResult { ... on PatchSampleSuccess { sample { writer { name } } } }`;
  const { a, c } = await dataOf(platform, document);
  expect([a.sample.writer.name, c.sample.writer.name]).toEqual(["W0", "New"]);
});
