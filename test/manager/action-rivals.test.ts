import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";
import { createPlatform } from "../../src/platform.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { sharedPlaces } from "./shared-places.ts";

/** Runs once, while a handler is at work: what another process does in between. */
let meanwhile: (() => Promise<unknown>) | undefined;

async function othersWork(): Promise<void> {
  const work = meanwhile;
  meanwhile = undefined;
  await work?.();
}

const Counter = defineResource("counter", {
  schema: z.object({ n: z.int(), name: z.string() }),
  unique: ["name"],
  actions: {
    add: { handler: async ({ resource }) => void (await resource.patch({ merge: { n: resource.data.n + 1 } })) },
    copyTo: {
      input: z.object({ to: ref("counter", { inverse: false }) }),
      handler: async ({ input, resource, resources }) => {
        await othersWork();
        await resources("counter").patch(input.to, { merge: { n: resource.data.n } });
      },
    },
    copyFrom: {
      input: z.object({ from: ref("counter", { inverse: false }) }),
      handler: async ({ input, resource, resources }) => {
        const { data } = await resources("counter").get(input.from);
        await othersWork();
        await resource.patch({ merge: { n: Number(data.n) } });
      },
    },
    ensure: {
      input: z.object({ name: z.string() }),
      handler: async ({ input, resources }) => {
        await resources("counter").upsert({ name: input.name }, { name: input.name, n: 0 });
        await othersWork();
      },
    },
  },
});

function opened(storage: IStorage) {
  const platform = createPlatform({ resources: [Counter], storage, log: false });
  onTestFinished(() => platform.close());
  return platform;
}

describe.each(Object.entries(sharedPlaces()))("on %s", (name, place) => {
  if (name === "postgres" && withoutPostgres()) return;

  /** The same store in two processes. */
  async function rivals() {
    const open = await place();
    const [one, other] = [opened(open()), opened(open())];
    await one.ready();
    await other.ready();
    return { one: one.resource(Counter), other: other.resource(Counter), transact: one.transact };
  }

  test("every one of many actions from two processes counts", async () => {
    const { one, other } = await rivals();
    const { id } = await one.create({ n: 0, name: "a" });
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? one : other).actions.add(id)));
    expect(await one.get(id)).toMatchObject({ version: 21, data: { n: 20 } });
  });

  test("the handler runs again where its resource has moved on, which it only read; with the version that was seen it is refused", async () => {
    const { one, other } = await rivals();
    const from = await one.create({ n: 1, name: "from" });
    const to = await one.create({ n: 0, name: "to" });
    meanwhile = () => other.patch(from.id, { merge: { n: 7 } });
    await one.actions.copyTo(from.id, { to: to.id });
    expect(await one.get(to.id)).toMatchObject({ version: 2, data: { n: 7 } });

    await one.patch(from.id, { merge: { n: 8 } });
    meanwhile = () => other.patch(from.id, { merge: { n: 9 } });
    await expect(one.actions.copyTo(from.id, { to: to.id }, { ifVersion: 3 })).rejects.toMatchObject({
      code: "VERSION_MISMATCH",
      details: { expected: 3, actual: 4 },
    });
    expect((await one.get(to.id)).version).toBe(2);
  });

  test("and where another one has moved on that it read", async () => {
    const { one, other, transact } = await rivals();
    const from = await one.create({ n: 1, name: "from" });
    const to = await one.create({ n: 0, name: "to" });
    meanwhile = () => other.patch(from.id, { merge: { n: 6 } });
    expect(await one.actions.copyFrom(to.id, { from: from.id })).toMatchObject({ version: 2, data: { n: 6 } });
    meanwhile = () => other.patch(from.id, { merge: { n: 7 } });
    await transact([
      { type: "counter", op: "action", action: "copyFrom", id: to.id, input: { from: from.id } },
      { type: "counter", op: "patch", id: from.id, merge: { name: "read before" } },
    ]);
    expect(await one.get(to.id)).toMatchObject({ version: 3, data: { n: 7 } });
    expect(await one.get(from.id)).toMatchObject({ version: 4, data: { n: 7, name: "read before" } });
  });

  test("and where somebody else has made in between what it would make", async () => {
    const { one, other } = await rivals();
    const { id } = await one.create({ n: 0, name: "a" });
    meanwhile = () => other.create({ n: 5, name: "b" });
    await one.actions.ensure(id, { name: "b" });
    expect((await one.search({ where: { name: { eq: "b" } } })).items).toMatchObject([{ version: 2, data: { n: 0 } }]);
  });
});
