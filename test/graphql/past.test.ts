import { expect, test } from "vitest";
import { systemContext } from "../../src/storage/context.ts";
import { openPlatform } from "../support/open-platform.ts";
import { codeOf, dataOf } from "./ask.ts";
import { countingStorage } from "./counting-storage.ts";
import { everyKind, Sample, sample, Writer } from "./every-kind.ts";

const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString();

/** Samples of the first day, whose writers are renamed on the third and mentors on the fifth. */
async function lived(count: number) {
  let now = Date.UTC(2026, 0, 1);
  const { storage, calls, totals } = countingStorage();
  const platform = await openPlatform(everyKind, { storage, context: { ...systemContext, now: () => now } });
  const [writers, samples] = [platform.resource(Writer), platform.resource(Sample)];
  const mentor = await writers.create({ name: "M" });
  const ids: string[] = [];
  for (let i = 0; i < count; i++) {
    const writer = await writers.create({ name: `W${i}`, mentor: mentor.id });
    const { id } = await samples.create({
      ...sample,
      state: "open",
      fixed: "only",
      text: `S${i}`,
      writer: writer.id,
      credit: { by: writer.id },
    });
    ids.push(id);
    now = Date.UTC(2026, 0, 3);
    await writers.patch(writer.id, { merge: { name: "renamed" } });
    await samples.patch(id, { merge: { text: "later" } });
    now = Date.UTC(2026, 0, 1) + i + 1;
  }
  now = Date.UTC(2026, 0, 5);
  await writers.patch(mentor.id, { merge: { name: "N" } });
  calls.length = 0;
  totals.length = 0;
  return { platform, calls, totals, ids };
}

const nested = "number isCurrent data { text writer { data { name mentor { data { name } } } } credit { by { data { name } } } }";

test.each([1, 30])("%i samples as of an instant, with their relations of then, cost a call for each level", async (count) => {
  const { platform, calls } = await lived(count);
  const { samplesAsOf } = await dataOf(
    platform,
    `{ samplesAsOf(at: "${day(2)}", first: 50, where: { text: { startsWith: "S" } }) { nodes { ${nested} } } }`,
  );
  expect(samplesAsOf.nodes).toHaveLength(count);
  expect(samplesAsOf.nodes[0]).toEqual({
    number: 1,
    isCurrent: false,
    data: { text: "S0", writer: { data: { name: "W0", mentor: { data: { name: "M" } } } }, credit: { by: { data: { name: "W0" } } } },
  });
  expect(calls).toEqual(["past sample", "read writer", "read writer"]);
});

test("a revision as of an instant has its relations of then, and not of when it was made", async () => {
  const { platform, ids } = await lived(1);
  const revision = async (n: number) =>
    (await dataOf(platform, `{ sampleRevision(id: "${ids[0]}", asOf: "${day(n)}") { ${nested} } }`)).sampleRevision;
  expect((await revision(2)).data).toMatchObject({ text: "S0", writer: { data: { name: "W0", mentor: { data: { name: "M" } } } } });
  expect((await revision(4)).data).toMatchObject({ text: "later", writer: { data: { name: "renamed", mentor: { data: { name: "M" } } } } });
  expect((await revision(6)).data).toMatchObject({ text: "later", writer: { data: { name: "renamed", mentor: { data: { name: "N" } } } } });
});

test("lists of the past are connections, counted when that is selected, and filter by what was", async () => {
  const { platform, totals } = await lived(3);
  const at = `at: "${day(2)}", orderBy: [{ text: DESC }], first: 2`;
  const page = async (more = "") =>
    (
      await dataOf(
        platform,
        `{ samplesAsOf(${at}${more}) { totalCount edges { cursor node { data { text } resource { text } } } pageInfo { hasNextPage endCursor } } }`,
      )
    ).samplesAsOf;
  const first = await page();
  expect(first).toMatchObject({
    totalCount: 3,
    edges: [{ node: { data: { text: "S2" }, resource: { text: "later" } } }, { node: { data: { text: "S1" } } }],
    pageInfo: { hasNextPage: true, endCursor: first.edges[1].cursor },
  });
  expect(await page(`, after: "${first.pageInfo.endCursor}"`)).toMatchObject({ edges: [{ node: { data: { text: "S0" } } }] });
  totals.length = 0;
  await dataOf(platform, `{ samplesAsOf(at: "${day(2)}", where: { meta: { version: { eq: 1 } } }) { nodes { id } } }`);
  await dataOf(platform, `query ($with: Boolean!) { samplesAsOf(at: "${day(2)}") { totalCount @include(if: $with) } }`, { with: true });
  expect(totals).toEqual([false, false, true]);
});

test("only specs that keep their history have such lists, and their filters no relations", async () => {
  const { platform } = await lived(1);
  expect(await codeOf(platform, `{ writersAsOf(at: "${day(2)}") { nodes { id } } }`)).toBe("BAD_REQUEST");
  expect(await codeOf(platform, `{ samplesAsOf(at: "${day(2)}", where: { writer: { name: { eq: "x" } } }) { nodes { id } } }`)).toBe(
    "BAD_REQUEST",
  );
  const later = await codeOf(platform, `{ samplesAsOf(at: "${day(2)}", after: "x") { nodes { id } } }`);
  expect(later).toBe("BAD_REQUEST");
});
