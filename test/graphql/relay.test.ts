import fc from "fast-check";
import { isInterfaceType } from "graphql";
import { afterAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { createPlatform, defineResource } from "../../src/index.ts";
import { newPlace, storageAt } from "../storage/postgres-fixtures.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { dataOf } from "./ask.ts";
import { everyKind, Named, Sample, sample, Writer } from "./every-kind.ts";

test("node finds every type that is a Node, by the id that it says of itself", async () => {
  const platform = await openPlatform(everyKind);
  const made = [
    await platform.resource(Writer).create({ name: "Ann" }),
    await platform.resource(Sample).create(sample as never),
    await platform.resource(Named).create({ title: "x" }, { key: "one" }),
  ];
  const node = platform.schema.getType("Node");
  const types = isInterfaceType(node) ? platform.schema.getPossibleTypes(node).map(({ name }) => name) : [];
  const ids = made.flatMap(({ id }) => [id, `${id}:1`]);
  const { nodes } = await dataOf(platform, `query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }`, { ids });
  expect(nodes.map((each: { id: string }) => each.id)).toEqual(ids);
  expect(nodes.map((each: { __typename: string }) => each.__typename).sort()).toEqual(types.toSorted());
  for (const id of ids) expect((await dataOf(platform, `query ($id: ID!) { node(id: $id) { id } }`, { id })).node, id).toEqual({ id });
});

const Item = defineResource("item", {
  schema: z.object({ batch: z.string(), rank: z.int().optional(), name: z.string() }),
  index: ["batch", "rank", "name"],
});

/** Between two pages others are added, before and behind the place where reading stands. */
interface Reading {
  readonly ranks: readonly (number | undefined)[];
  readonly added: readonly (number | undefined)[];
  readonly size: number;
  readonly backward: boolean;
  readonly orderBy: readonly object[];
}

const rank = fc.option(fc.nat(3), { nil: undefined });
const direction = fc.constantFrom("ASC", "DESC");
const readings: fc.Arbitrary<Reading> = fc.record({
  ranks: fc.array(rank, { maxLength: 9 }),
  added: fc.array(rank, { maxLength: 4 }),
  size: fc.integer({ min: 1, max: 4 }),
  backward: fc.boolean(),
  orderBy: fc.oneof(
    fc.constant([]),
    direction.map((each) => [{ rank: each }]),
    fc.tuple(direction, direction).map(([a, b]) => [{ rank: a }, { name: b }]),
    direction.map((each) => [{ id: each }]),
  ),
});

const document = `query ($batch: String!, $orderBy: [ItemOrderBy!], $first: Int, $after: String, $last: Int, $before: String) {
  items(where: { batch: { eq: $batch } }, orderBy: $orderBy, first: $first, after: $after, last: $last, before: $before) {
    totalCount edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const opened: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of opened.splice(0)) await close();
});

const storages = {
  "the storage of the suite": openStorage,
  PostgreSQL: async () => {
    const place = await newPlace();
    opened.push(place.remove);
    return storageAt(place, "sql");
  },
};

describe.each(Object.entries(storages))("on %s", (name, open) => {
  if (name === "PostgreSQL" && withoutPostgres()) return;

  test("pages equal the full list both ways, say exactly what is beside them, and stay so while others are added", async () => {
    const platform = createPlatform({ resources: [Item], storage: await open(), log: false });
    opened.unshift(() => platform.close());
    const items = platform.resource(Item);
    let batches = 0;
    const add = async (batch: string, ranks: Reading["ranks"]) => {
      for (const [i, each] of ranks.entries())
        await items.create({ batch, name: `n${i % 3}`, ...(each === undefined ? {} : { rank: each }) });
    };
    await fc.assert(
      fc.asyncProperty(readings, async ({ ranks, added, size, backward, orderBy }) => {
        const [batch, coming] = [`b${++batches}`, [...added]];
        await add(batch, ranks);
        const page = async (args: object) => (await dataOf(platform, document, { batch, orderBy, ...args })).items;
        const whole: readonly string[] = (await page({ first: 200 })).nodes.map(({ id }: { id: string }) => id);
        const read: string[] = [];
        let cursor: string | null = null;
        for (let more = true; more; ) {
          const args = backward ? { last: size, before: cursor } : { first: size, after: cursor };
          const { edges, nodes, pageInfo, totalCount } = await page(args);
          const ids: string[] = nodes.map(({ id }: { id: string }) => id);
          expect(edges.map(({ node }: { node: { id: string } }) => node.id)).toEqual(ids);
          expect([pageInfo.startCursor, pageInfo.endCursor]).toEqual([edges[0]?.cursor ?? null, edges.at(-1)?.cursor ?? null]);
          more = backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
          if (added.length === 0) {
            const done = read.length + ids.length;
            expect([totalCount, more]).toEqual([whole.length, done < whole.length]);
            expect(backward ? pageInfo.hasNextPage : pageInfo.hasPreviousPage).toBe(read.length > 0);
          } else await add(batch, coming.splice(0, 1));
          if (backward) read.unshift(...ids);
          else read.push(...ids);
          cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
        }
        expect(new Set(read).size).toBe(read.length);
        expect(read.filter((id) => whole.includes(id))).toEqual(whole);
      }),
      { numRuns: 15, seed: 20_261_130, endOnFailure: true },
    );
  });
});
