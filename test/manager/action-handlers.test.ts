import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, SpecStarError } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";

describe("a handler that is wrong", () => {
  const output = z.object({ n: z.int() });
  const Bad = defineResource("bad", {
    schema: z.object({ n: z.int() }),
    actions: {
      throws: {
        handler: async () => {
          throw new TypeError("secret");
        },
      },
      throwsAtOnce: {
        handler: () => {
          throw new TypeError("secret");
        },
      },
      answers: { output, handler: async () => ({ n: "secret" as never }) },
      floats: { handler: async ({ resource }) => void resource.patch({ merge: { n: 2 } }) },
      swallows: { handler: async ({ resource }) => void (await resource.patch({ merge: { n: 0.5 } }).catch(() => {})) },
      late: {
        handler: async ({ resource }) => {
          setTimeout(() => resource.patch({ merge: { n: 3 } }).catch(() => {}), 1);
        },
      },
      meddles: {
        input: z.object({ list: z.array(z.int()) }),
        output,
        handler: async ({ input, resource }) => {
          input.list.push(4);
          resource.data.n = 9;
          return { n: input.list.length };
        },
      },
    },
  });

  test.each(["throws", "throwsAtOnce", "answers", "floats"] as const)(
    "%s: INTERNAL that names the action, and nothing is written",
    async (name) => {
      const bads = (await openPlatform([Bad])).resource(Bad);
      const { id } = await bads.create({ n: 1 });
      const thrown = await bads.actions[name](id).catch((error: unknown) => error);
      expect(thrown).toBeInstanceOf(SpecStarError);
      expect(thrown).toMatchObject({ code: "INTERNAL", message: expect.stringMatching(new RegExp(`\\b${name}\\b`)) });
      expect(String(thrown)).not.toContain("secret");
      expect(await bads.get(id)).toMatchObject({ version: 1, data: { n: 1 } });
    },
  );

  test("a refused write that it caught refuses the action all the same", async () => {
    const bads = (await openPlatform([Bad])).resource(Bad);
    const { id } = await bads.create({ n: 1 });
    await expect(bads.actions.swallows(id)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("what it writes when it has ended is not written", async () => {
    const bads = (await openPlatform([Bad])).resource(Bad);
    const { id } = await bads.create({ n: 1 });
    expect(await bads.actions.late(id)).toMatchObject({ changed: false });
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await bads.get(id)).version).toBe(1);
  });

  test("what it changes of what it was given changes nothing else", async () => {
    const bads = (await openPlatform([Bad])).resource(Bad);
    const { id } = await bads.create({ n: 1 });
    const list = [1];
    expect((await bads.actions.meddles(id, { list })).output).toEqual({ n: 2 });
    expect(list).toEqual([1]);
    expect((await bads.get(id)).data.n).toBe(1);
  });
});

test("demands the version where the spec does, and then writes with what it saw", async () => {
  const Strict = defineResource("strict", {
    schema: z.object({ n: z.int() }),
    requireVersion: true,
    actions: {
      add: {
        handler: async ({ resource }) => {
          const { data } = await resource.patch({ merge: { n: resource.data.n + 1 } }, { status: "draft" });
          await resource.modify({ merge: { n: data.n + 1 } }, { status: "stable" });
        },
      },
    },
  });
  const stricts = (await openPlatform([Strict])).resource(Strict);
  const { id } = await stricts.create({ n: 1 });
  await expect(stricts.actions.add(id)).rejects.toMatchObject({ code: "PRECONDITION_REQUIRED" });
  expect(await stricts.actions.add(id, {}, { ifVersion: 1 })).toMatchObject({ version: 3, data: { n: 3 }, meta: { revisionCount: 2 } });
});
