import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, type Plugin, ref } from "../../src/index.ts";
import { openPlatform } from "../support/open-platform.ts";

const Tally = defineResource("tally", { schema: z.object({ notes: z.int() }), key: true });
const Entry = defineResource("entry", { schema: z.object({ line: z.string() }), index: ["line"], unique: ["line"] });
const Book = defineResource("book", { schema: z.object({ name: z.string() }) });
const Note = defineResource("note", {
  schema: z.object({ text: z.string(), book: ref(Book, { onDelete: "cascade" }).optional() }),
  index: ["text"],
});
const specs = [Tally, Entry, Book, Note] as const;
type Handlers = NonNullable<Plugin<typeof specs>["on"]>;

async function open(on: Handlers, name = "test") {
  const platform = await openPlatform(specs, { plugins: [{ name, on }] });
  const of = {
    notes: platform.resource(Note),
    entries: platform.resource(Entry),
    books: platform.resource(Book),
    tallies: platform.resource(Tally),
  };
  const lines = async () => (await of.entries.search({ orderBy: ["line"] })).items.map(({ data }) => data.line);
  return { platform, ...of, lines };
}

/** Writes what is about to happen, in the same unit. */
const journal: Handlers = {
  "note.*.plan": async ({ operation, previous, result, resources }) =>
    void (await resources(Entry).create({ line: `${operation} ${previous?.data.text ?? "-"} > ${result.data.text}` })),
};

describe("a plan handler", () => {
  test("writes in the same unit of work, as its plugin, whatever the way of the write", async () => {
    const { platform, notes, books, entries, lines } = await open(journal);
    const book = await books.create({ name: "B" });
    const { id } = await notes.create({ text: "a", book: book.id });
    await notes.update(id, { text: "b", book: book.id });
    await notes.batch([{ op: "create", data: { text: "c" } }]);
    await platform.transact([
      { type: "note", op: "create", data: { text: "d" } },
      { type: "note", op: "patch", id, merge: { text: "e" } },
    ]);
    await books.delete(book.id);
    expect(await lines()).toEqual(["create - > a", "create - > c", "create - > d", "delete e > e", "patch b > e", "update a > b"]);
    expect((await entries.search()).items.every(({ meta }) => meta.createdBy === "plugin:test")).toBe(true);
  });

  test("of which one write is refused leaves neither that nor what it goes along with", async () => {
    const { notes, lines } = await open(journal);
    await notes.create({ text: "a" });
    await expect(notes.create({ text: "a" })).rejects.toMatchObject({ code: "UNIQUE_VIOLATION", details: { resource: "entry" } });
    expect([await notes.count(), await lines()]).toEqual([1, ["create - > a"]]);
  });

  test("may refuse, and is bound to what it has read", async () => {
    const full: Handlers = {
      "note.create.plan": async ({ resources, refuse }) => {
        const tally = await resources(Tally).get("tally_all");
        if (tally.data.notes >= 12) refuse("CONFLICT", "There are notes enough");
        await resources(Tally).patch(tally.id, { merge: { notes: tally.data.notes + 1 } });
      },
    };
    const { notes, tallies } = await open(full);
    await tallies.create({ notes: 0 }, { key: "all" });
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, (_, n) => notes.create({ text: String(n) })));
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(12);
    expect(outcomes.flatMap((each) => (each.status === "rejected" ? [each.reason.code] : []))).toEqual(Array(8).fill("CONFLICT"));
    expect([await notes.count(), (await tallies.get("tally_all")).data.notes]).toEqual([12, 12]);
  });

  test("hears of what others have planned, and comes to an end", async () => {
    const { notes, entries } = await open({
      "entry.create.plan": async ({ result, resources }) => {
        if (result.data.line.length < 4) await resources(Entry).create({ line: `${result.data.line}+` });
      },
    });
    await entries.create({ line: "a" });
    expect(await entries.count()).toBe(4);
    const endless = await open({
      "entry.create.plan": async ({ result, resources }) => void (await resources(Entry).create({ line: `${result.data.line}+` })),
    });
    await expect(endless.entries.create({ line: "a" })).rejects.toMatchObject({ code: "INTERNAL", details: { plugin: "test" } });
    expect([await endless.entries.count(), await notes.count()]).toEqual([0, 0]);
  });

  test.each<[string, NonNullable<Handlers["note.create.plan"]>, RegExp]>([
    [
      "writes past its unit",
      async ({ platform }) => void (await platform.resource(Entry).create({ line: "x" })),
      /writes by its platform in a plan handler/,
    ],
    ["does not wait for its writes", ({ resources }) => void resources(Entry).create({ line: "x" }), /ended before what it asked for/],
    ["throws", () => Promise.reject(new TypeError("no")), /The plugin test failed in note.create.plan/],
  ])("that %s fails the write, and nothing is written", async (_, handler, message) => {
    const { notes, entries } = await open({ "note.create.plan": handler });
    await expect(notes.create({ text: "a" })).rejects.toMatchObject({ code: "INTERNAL", message: expect.stringMatching(message) });
    expect([await notes.count(), await entries.count()]).toEqual([0, 0]);
  });
});
