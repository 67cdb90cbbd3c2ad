import { describe, expect, test } from "vitest";
import { z } from "zod";
import { readData } from "../../src/spec/read-data.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { found } from "./case.ts";
import { changingStores, variants } from "./changing-stores.ts";
import { create, remove, unit, update, type Version } from "./fixtures.ts";

const optional = {
  title: z.string().nullish(),
  views: z.string().nullish(),
  at: z.string().nullish(),
  tags: z.array(z.string()).nullish(),
};
const note = (shape: z.core.$ZodLooseShape, options: object = {}): ResourceSpec =>
  defineResource("note", { schema: z.object({ ...optional, ...shape }), ...options });
const numbered = (data: Readonly<Record<string, unknown>>) => ({ ...data, views: data.views == null ? null : Number(data.views) });
const indexed = note({}, { index: ["title", "views", "at", "tags", ["title", "views"]] });

interface Kind {
  readonly kind: string;
  readonly before: ResourceSpec;
  readonly after: ResourceSpec;
  /** A field whose values the new column cannot hold. */
  readonly unfit?: string;
}

/** What may become of a spec: data written under `before` is opened under `after`. */
const kinds: readonly Kind[] = [
  { kind: "an index is added", before: note({}), after: indexed },
  { kind: "an index is taken out", before: indexed, after: note({}, { index: ["views"] }) },
  {
    kind: "a composite is added",
    before: note({}, { index: ["title", "at"] }),
    after: note({}, { index: ["title", "at", ["at", "title"]] }),
  },
  {
    kind: "a string becomes a number",
    before: indexed,
    after: note({ views: z.int().nullish() }, { index: ["title", "views", ["title", "views"]], versions: [numbered] }),
  },
  {
    kind: "a string is now a number, unfit",
    before: indexed,
    after: note({ views: z.int().nullish() }, { index: ["views"] }),
    unfit: "views",
  },
  {
    kind: "a value is now a list, unfit",
    before: indexed,
    after: note({ title: z.array(z.string()) }, { index: ["title", "views"] }),
    unfit: "title",
  },
  {
    kind: "a list is now a value, unfit",
    before: indexed,
    after: note({ tags: z.string() }, { index: ["tags", "at"] }),
    unfit: "tags",
  },
  {
    kind: "a number becomes a string",
    before: note({ views: z.int().nullish() }, { index: ["views"], unique: ["views"] }),
    after: note(
      {},
      {
        unique: ["views"],
        versions: [(data: Readonly<Record<string, unknown>>) => ({ ...data, views: data.views == null ? null : `n${data.views}` })],
      },
    ),
  },
  {
    kind: "a string becomes a boolean",
    before: indexed,
    after: note(
      { views: z.boolean().nullish() },
      { index: ["views", "title"], versions: [(data: Readonly<Record<string, unknown>>) => ({ ...data, views: data.views === "3" })] },
    ),
  },
  {
    kind: "a value becomes a list",
    before: indexed,
    after: note(
      { title: z.array(z.string()) },
      { index: ["title"], versions: [(data: Readonly<Record<string, unknown>>) => ({ ...data, title: [data.title ?? "none", "ü"] })] },
    ),
  },
  {
    kind: "a list becomes a value",
    before: indexed,
    after: note(
      { tags: z.string().nullish() },
      { index: ["tags"], versions: [(data: Readonly<Record<string, unknown>>) => ({ ...data, tags: String(data.tags) })] },
    ),
  },
  {
    kind: "a string becomes an instant",
    before: indexed,
    after: note({ at: z.iso.datetime({ offset: true }).nullish() }, { index: ["at"] }),
  },
  {
    kind: "a default is added",
    before: indexed,
    after: note({ title: z.string().nullable().default("none"), stars: z.int().default(3) }, { index: ["title", "stars"] }),
  },
  {
    kind: "an enum becomes a string",
    before: note({ views: z.enum(["1", "2", "3", "4", "5", "6", "7"]).nullish() }, { index: ["views"] }),
    after: indexed,
  },
  { kind: "a unique field is added", before: note({}), after: note({}, { unique: ["title"] }) },
  { kind: "an indexed field becomes unique", before: indexed, after: note({}, { unique: ["title"], index: ["views"] }) },
  {
    kind: "a field is renamed",
    before: indexed,
    after: defineResource("note", {
      schema: z.object({
        heading: z.string().nullish(),
        views: z.string().nullish(),
        at: z.string().nullish(),
        tags: z.array(z.string()).nullish(),
      }),
      unique: ["heading"],
      index: ["views"],
      versions: [({ title, ...rest }) => ({ ...rest, heading: title })],
    }),
  },
  {
    kind: "a unique field is renamed",
    before: note({}, { unique: ["title"] }),
    after: defineResource("note", {
      schema: z.object({
        heading: z.string().nullish(),
        views: z.string().nullish(),
        at: z.string().nullish(),
        tags: z.array(z.string()).nullish(),
      }),
      unique: ["heading"],
      versions: [({ title, ...rest }) => ({ ...rest, heading: title })],
    }),
  },
];

const long = "x".repeat(700);

/** Values of all sorts, each title once. */
function dataOf(spec: ResourceSpec, i: number): Record<string, unknown> {
  const numeric = spec.fields.some(({ name, kind }) => name === "views" && kind === "int");
  const digit = (i % 7) + 1;
  return {
    ...(i % 5 === 0 ? {} : { title: i % 9 === 0 ? `${long}${i}` : `${i % 2 ? "Ä" : "a"} ${i}` }),
    views: i % 6 === 0 ? null : numeric ? 1000 + i : String(digit),
    ...(i % 4 === 0 ? {} : { at: `2026-01-${String((i % 27) + 1).padStart(2, "0")}T10:00:00+0${i % 3}:00` }),
    tags: i % 3 === 0 ? [] : [`t${i % 3}`, "ß"],
  };
}

/** A history: plain resources, such as were changed, and such as are deleted. */
function historyOf(spec: ResourceSpec): readonly (readonly Version[])[] {
  return Array.from({ length: 24 }, (_, i) => {
    const first = create(spec, dataOf(spec, i));
    const second = i % 4 === 1 ? [update(first, dataOf(spec, i + 100))] : [];
    const last = second[0] ?? first;
    return [first, ...second, ...(i % 8 === 3 ? [remove(last)] : [])];
  });
}

/** The same resources as if they had always been written under the other spec. */
function rewritten({ after, unfit = "" }: Kind, history: readonly Version[]): readonly Version[] {
  const last = history.at(-1);
  if (!last) return [];
  let data: unknown;
  try {
    data = readData(after, last.revision);
  } catch {
    // Unfit data is indexed as it stands, but for values that the column cannot hold.
    data = { ...JSON.parse(last.revision.body), [unfit]: null };
  }
  const made = create(after, { ...(typeof data === "object" ? data : {}) }, { id: last.meta.id });
  return last.meta.state === "deleted" ? [made, remove(made)] : [made];
}

/** The first of each history at once, then the second of each. */
async function commitAll(storage: IStorage, histories: readonly (readonly Version[])[]): Promise<void> {
  for (let i = 0; histories.some(({ length }) => length > i); i++) {
    const units = histories.flatMap((versions) => versions.slice(i, i + 1)).map((version) => unit(version));
    expect((await storage.commit(units)).filter(({ ok }) => !ok)).toEqual([]);
  }
}

/** What a store answers about each column: the values, orders, and finds. */
async function answersOf(storage: IStorage, spec: ResourceSpec, ids: readonly string[]): Promise<unknown> {
  const stored = await storage.read(
    spec.name,
    ids.map((id) => ({ id })),
  );
  const answers: unknown[] = stored.map((each) => each && [each.meta.id, each.meta.columns]);
  for (const { key, array, name, type } of spec.columns) {
    const where = (test: unknown) =>
      found(storage, spec, {
        where: key.split(".").reduceRight((inner, part) => ({ [part]: inner }), Object(test)),
        includeDeleted: true,
      });
    answers.push(key, await where({ isNull: true }));
    const values = stored.map((each) => each?.meta.columns[name]).filter((value) => value != null);
    const some = array ? values.flat() : values;
    for (const value of new Set(some.slice(0, 5))) answers.push(await where(array ? { has: value } : { eq: value }));
    if (array) continue;
    answers.push(await found(storage, spec, { orderBy: [key] }), await found(storage, spec, { orderBy: [`-${key}`] }));
    if (type === "string") answers.push(await where({ iContains: "Ä" }), await where({ startsWith: long }));
  }
  return answers;
}

const runs = kinds.map((kind, i) => ({ ...kind, options: variants[i % variants.length] ?? {} }));

describe.each(changingStores())("columns on $name", ({ start }) => {
  test.each(runs)("are as if the data had been written that way, when $kind, $options", async ({ options, ...kind }) => {
    const { before, after } = kind;
    const store = await start(options);
    const old = await store.open([before]);
    const history = historyOf(before);
    await commitAll(old, history);
    await old.close();
    const planned = await store.make().schema.plan([after]);
    expect(await store.make().schema.plan([before])).toEqual([]);
    const ran: unknown[] = [];
    const opened = store.make();
    await opened.open(
      [after],
      () => {},
      (changes) => ran.push(...changes),
    );
    await opened.schema.filled();
    expect(opened.schema.progress()).toEqual([]);
    expect(ran).toEqual(planned);

    const fresh = await (await start(options)).open([after]);
    await commitAll(
      fresh,
      history.map((versions) => rewritten(kind, versions)),
    );
    const ids = history.map(([first]) => first?.meta.id ?? "");
    expect(await answersOf(opened, after, ids)).toEqual(await answersOf(fresh, after, ids));
    // Nothing is left to do, and the way back is open as well.
    expect(await opened.schema.plan([after])).toEqual([]);
    await opened.close();
  });
});
