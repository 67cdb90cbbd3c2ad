import { expect, test } from "vitest";
import { z } from "zod";
import { buildSchema } from "../../schema/index.ts";
import { defineResource } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";
import { ask, dataOf } from "./ask.ts";
import { countingStorage } from "./counting-storage.ts";
import { everyKind, Sample, sample, Writer } from "./every-kind.ts";

async function filled() {
  const { storage, calls, measured } = countingStorage();
  const platform = await openPlatform(everyKind, { storage });
  const ann = await platform.resource(Writer).create({ name: "Ann" });
  const rows = [
    { text: "a", small: 1, ratio: 0.1, state: "open", writer: ann.id, address: { city: "Rome", zone: "north" } },
    { text: "b", small: 2, ratio: 0.2, state: "in-progress", writer: ann.id, address: { city: "Rome" } },
    { text: "c", small: 4, ratio: 1.5, state: "in-progress", moment: "2026-01-31T09:00:00Z", flag: true },
  ] as const;
  for (const row of rows) await platform.resource(Sample).create({ ...sample, fixed: "only", ...row });
  calls.length = 0;
  return { platform, calls, measured };
}

test("groups and their measures have the types of their fields", async () => {
  const { platform } = await filled();
  const { sampleAggregate } = await dataOf(
    platform,
    `{ sampleAggregate(groupBy: [state, address_city]) {
      count
      group { state address { city zone } flag meta { status } }
      sum { small ratio meta { version } }
      avg { small }
      min { text moment state }
      max { moment address { zone } meta { status } }
      countDistinct { writerId text }
    } }`,
  );
  const rome = { address: { city: "Rome", zone: null }, flag: null, meta: { status: null } };
  expect(sampleAggregate).toEqual([
    {
      count: 1,
      group: { state: "in_progress", ...rome },
      sum: { small: 2, ratio: 0.2, meta: { version: 1 } },
      avg: { small: 2 },
      min: { text: "b", moment: "2026-01-31T10:00:00.000Z", state: "in_progress" },
      max: { moment: "2026-01-31T10:00:00.000Z", address: { zone: null }, meta: { status: "STABLE" } },
      countDistinct: { writerId: 1, text: 1 },
    },
    {
      count: 1,
      group: { ...rome, state: "in_progress", address: { city: null, zone: null } },
      sum: { small: 4, ratio: 1.5, meta: { version: 1 } },
      avg: { small: 4 },
      min: { text: "c", moment: "2026-01-31T09:00:00.000Z", state: "in_progress" },
      max: { moment: "2026-01-31T09:00:00.000Z", address: { zone: null }, meta: { status: "STABLE" } },
      countDistinct: { writerId: 0, text: 1 },
    },
    {
      count: 1,
      group: { ...rome, state: "open" },
      sum: { small: 1, ratio: 0.1, meta: { version: 1 } },
      avg: { small: 1 },
      min: { text: "a", moment: "2026-01-31T10:00:00.000Z", state: "open" },
      max: { moment: "2026-01-31T10:00:00.000Z", address: { zone: "north" }, meta: { status: "STABLE" } },
      countDistinct: { writerId: 1, text: 1 },
    },
  ]);
});

test("without groupBy there is one group, also of nothing", async () => {
  const { platform } = await filled();
  const { sampleAggregate } = await dataOf(
    platform,
    `{ sampleAggregate(where: { text: { eq: "none" } }) { count group { state } sum { small } avg { small } min { day } countDistinct { flag } } }`,
  );
  expect(sampleAggregate).toEqual([
    { count: 0, group: { state: null }, sum: { small: 0 }, avg: { small: null }, min: { day: null }, countDistinct: { flag: 0 } },
  ]);
});

test("a ref that is grouped by leads to its target", async () => {
  const { platform, calls } = await filled();
  const { sampleAggregate } = await dataOf(platform, `{ sampleAggregate(groupBy: [writerId]) { count group { writer { name } } } }`);
  expect(sampleAggregate).toEqual([
    { count: 2, group: { writer: { name: "Ann" } } },
    { count: 1, group: { writer: null } },
  ]);
  expect(calls).toEqual(["aggregates sample", "read writer"]);
});

test("only what is selected is computed, in one storage call", async () => {
  const { platform, calls, measured } = await filled();
  const computed = async (selection: string): Promise<unknown> => {
    calls.length = 0;
    measured.length = 0;
    await dataOf(platform, `{ sampleAggregate { ${selection} } } fragment Small on SampleAggregateSum { all: small __typename }`);
    expect(calls).toEqual(["aggregates sample"]);
    return measured[0];
  };
  expect(await computed("count sum { ...Small }")).toEqual(["sum small"]);
  expect(await computed("sum { ...Small } avg { small } ... { least: min { text } }")).toEqual(["sum small", "values small", "min text"]);
  expect(await computed("max { meta { createdAt } address { city } } sum { ...Small }")).toEqual([
    "sum small",
    "max meta.createdAt",
    "max address.city",
  ]);
});

test.each([
  ["first: 201", "BAD_REQUEST"],
  ["first: -1", "BAD_REQUEST"],
  ["groupBy: [state, state]", "BAD_REQUEST"],
  ["groupBy: [tags]", "BAD_REQUEST"],
  ["where: { text: { eq: null } }", "BAD_REQUEST"],
])("%s is %s", async (args, code) => {
  const platform = await openPlatform(everyKind);
  const { errors } = await ask(platform, `{ sampleAggregate(${args}) { count } }`);
  expect(errors?.[0]?.extensions?.code).toBe(code);
});

test("a group costs as often as there may be groups", async () => {
  const platform = await openPlatform(everyKind);
  const fields = Array.from({ length: 14 }, (_, i) => `a${i}: count`).join(" ");
  const { errors } = await ask(platform, `{ a: sampleAggregate(first: 200) { ${fields} } b: sampleAggregate(first: 200) { ${fields} } }`);
  expect(errors?.[0]?.message).toMatch(/limit of 5000 for cost/);
  expect((await ask(platform, `{ a: sampleAggregate { ${fields} } b: sampleAggregate { ${fields} } }`)).errors).toBeUndefined();
});

test("fields whose names in groupBy would be one are refused", () => {
  const schema = z.object({ place_city: z.string(), place: z.object({ city: z.string() }) });
  const Spot = defineResource("spot", { schema, index: ["place_city", "place.city"] });
  expect(() => buildSchema([Spot])).toThrow(/"place_city" and "place.city" of resource spot would both be place_city .* SpotGroupBy/);
});
