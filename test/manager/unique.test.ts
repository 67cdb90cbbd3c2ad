import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { createPlatform, defineResource } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { borrowedPlaces, storageAt } from "../storage/postgres-fixtures.ts";
import { newDirectory } from "../support/new-directory.ts";
import { withoutPostgres } from "../support/postgres-database.ts";

const schema = z.object({
  tenant: z.string(),
  slug: z.string().optional(),
  email: z.string().optional(),
  at: z.object({ street: z.string(), number: z.int() }).optional(),
});
const Page = defineResource("page", {
  schema,
  unique: [["tenant", "slug"], { fields: ["email"], ignoreCase: true }, ["at.street", "at.number"]],
});
const Loose = defineResource("page", { schema });

/** Opens one store as often as it is called. */
type Opener = () => Promise<() => IStorage>;

const postgresPlace = borrowedPlaces();
const backends: Readonly<Record<string, { readonly place: Opener; readonly processes: number }>> = {
  memory: {
    place: async () => {
      const storage = memoryStorage();
      return () => storage;
    },
    processes: 1,
  },
  disk: {
    place: async () => {
      const folder = await newDirectory("unique");
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      return () => diskStorage(folder);
    },
    processes: 4,
  },
  postgres: {
    place: async () => {
      const place = await postgresPlace();
      return () => storageAt(place, "sql");
    },
    processes: 4,
  },
};

async function opened(storage: IStorage, spec: typeof Page | typeof Loose = Page) {
  const platform = createPlatform({ resources: [spec as typeof Page], storage, log: false });
  onTestFinished(() => platform.close());
  await platform.ready();
  return platform;
}

describe.each(Object.entries(backends))("on %s", (name, { place, processes }) => {
  if (name === "postgres" && withoutPostgres()) return;

  test("several fields are unique together, and what has a null among them is left alone", async () => {
    const pages = (await opened((await place())())).resource(Page);
    const first = await pages.create({ tenant: "a", slug: "x" });
    await pages.create({ tenant: "a", slug: "y" });
    await pages.create({ tenant: "b", slug: "x" });
    await pages.create({ tenant: "a" });
    const second = await pages.create({ tenant: "a" });
    const taken = { code: "UNIQUE_VIOLATION", details: { field: "tenant, slug", id: first.id } };
    await expect(pages.create({ tenant: "a", slug: "x" })).rejects.toMatchObject(taken);
    await expect(pages.patch(second.id, { merge: { slug: "x" } })).rejects.toMatchObject(taken);
    await pages.delete(first.id);
    await pages.patch(second.id, { merge: { slug: "x" } });
    await expect(pages.restore(first.id)).rejects.toMatchObject({ code: "UNIQUE_VIOLATION", details: { id: second.id } });
  });

  test("texts that differ only in case are the same where the spec says so", async () => {
    const pages = (await opened((await place())())).resource(Page);
    const { id } = await pages.create({ tenant: "a", email: "Ärger@Example.org" });
    await expect(pages.create({ tenant: "a", email: "ÄRGER@EXAMPLE.ORG" })).rejects.toMatchObject({
      code: "UNIQUE_VIOLATION",
      details: { field: "email", id },
    });
    await pages.create({ tenant: "a", email: "Arger@Example.org" });
    await pages.patch(id, { merge: { email: "ärger@example.org" } });
    const long = "x".repeat(5_000);
    await pages.create({ tenant: "a", email: `${long}a` });
    await pages.create({ tenant: "a", email: `${long}b` });
    await expect(pages.create({ tenant: "a", email: `${long.toUpperCase()}B` })).rejects.toMatchObject({ code: "UNIQUE_VIOLATION" });
  });

  test("an upsert by several fields needs all of them", async () => {
    const pages = (await opened((await place())())).resource(Page);
    const at = { street: "High", number: 3 };
    const made = await pages.upsert({ at }, { tenant: "a", at });
    expect((await pages.upsert({ at }, { tenant: "b", at })).id).toBe(made.id);
    const one = await pages.upsert({ tenant: "a", slug: "x" }, { tenant: "a", slug: "x" });
    expect(await pages.upsert({ slug: "x", tenant: "a" }, { tenant: "a", slug: "x", email: "E" })).toMatchObject({
      id: one.id,
      created: false,
    });
    expect((await pages.upsert({ email: "e" }, { tenant: "a", slug: "x", email: "E" })).id).toBe(one.id);
    await expect(pages.upsert({ tenant: "a" }, { tenant: "a", slug: "x" })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: "by takes one of tenant and slug, or email, or at.street and at.number",
    });
    await expect(pages.upsert({ tenant: "a", slug: "y" }, { tenant: "a", slug: "x" })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
  });

  test("of 100 creates of one value at once exactly one succeeds", async () => {
    const open = await place();
    const platforms = await Promise.all(Array.from({ length: processes }, () => opened(open())));
    for (const data of [
      { tenant: "a", slug: "x" },
      { tenant: "a", email: "a@example.org" },
    ]) {
      const codes = await Promise.all(
        Array.from({ length: 100 }, async (_, i) => {
          const mine = "email" in data ? { ...data, email: i % 2 ? data.email : data.email.toUpperCase() } : data;
          return platforms[i % processes]
            ?.resource(Page)
            .create(mine)
            .then(
              () => "created",
              ({ code }) => code,
            );
        }),
      );
      expect(
        Object.fromEntries(
          Map.groupBy(codes, (code) => code)
            .entries()
            .map(([code, all]) => [code, all.length]),
        ),
      ).toEqual({
        created: 1,
        UNIQUE_VIOLATION: 99,
      });
    }
  });

  test("is added to a store that has data, and says what stands in its way", async () => {
    if (name === "memory") return;
    const open = await place();
    const before = await opened(open(), Loose);
    const pages = before.resource(Page);
    const [one, two] = [
      await pages.create({ tenant: "a", slug: "x", email: "E" }),
      await pages.create({ tenant: "a", slug: "x", email: "f" }),
    ];
    await before.close();
    const after = await opened(open());
    const [problem] = await after.schemaFilled();
    expect(problem).toMatchObject({ resource: "page", field: "tenant, slug", conflicts: 1, conflicting: [{ id: two.id, holder: one.id }] });
    await expect(after.resource(Page).create({ tenant: "b", email: "e" })).rejects.toMatchObject({ code: "UNIQUE_VIOLATION" });
    await after.resource(Page).patch(two.id, { merge: { slug: "y" } });
    await expect(after.resource(Page).create({ tenant: "a", slug: "y" })).rejects.toMatchObject({ code: "UNIQUE_VIOLATION" });
  });
});

test("what cannot be unique is refused at definition", () => {
  const define = (unique: readonly unknown[]) => () =>
    defineResource("page", { schema: schema.extend({ tags: z.array(z.string()) }), unique: unique as ["slug"] });
  expect(define([["tenant", "tags"]])).toThrow("unique field tags is a list");
  expect(define([["tenant", "tenant"]])).toThrow("names a field twice");
  expect(
    define([
      ["tenant", "slug"],
      ["slug", "tenant"],
    ]),
  ).toThrow("is named twice");
  expect(define([{ fields: ["at.number"], ignoreCase: true }])).toThrow("has no case that could be ignored");
  expect(define([["tenant"]])).toThrow("unique");
  expect(define([{ fields: ["slug"], ignoresCase: true }])).toThrow("unique");
  expect(define([["tenant", "none"]])).toThrow("does not exist");
});
