import { expect, onTestFinished, test } from "vitest";
import { memoryStorage } from "../../../src/memory.ts";
import { edges, offered, operations, unmapped } from "./edges.ts";
import { generatedOperations } from "./operations.ts";
import { Twin } from "./twin.ts";

async function names() {
  const twin = await Twin.open((context) => memoryStorage({ context }));
  onTestFinished(() => twin.platform.close());
  return offered(twin);
}

test("every operation has a name at every edge", async () => {
  expect(unmapped(await names())).toEqual([]);
  const lacking = operations.filter((each) => each.absent === undefined && edges.some((edge) => (each[edge] ?? []).length === 0));
  expect(lacking).toEqual([]);
});

test.each(edges)("an operation that is at the edge %s alone is seen, and one that is taken away there", async (edge) => {
  const found = await names();
  const [first = ""] = found[edge];
  expect(unmapped({ ...found, [edge]: [...found[edge], "clone"] })).toEqual([`${edge} has clone: name it at every edge in edges.ts`]);
  expect(unmapped({ ...found, [edge]: found[edge].slice(1) })).toEqual([`${edge} has no ${first}`]);
});

test("the generator makes every operation", () => {
  const mapped = new Set(operations.flatMap(({ steps }) => steps));
  expect([...mapped].sort()).toEqual([...generatedOperations].sort());
  expect(operations.filter(({ steps, absent }) => steps.length === 0 && absent === undefined)).toEqual([]);
});
