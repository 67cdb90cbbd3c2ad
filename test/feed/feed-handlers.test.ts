import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import {
  createPlatform,
  defineResource,
  FeedConsumer,
  type IStorage,
  ParkedEvent,
  type Plugin,
  type PluginPlatform,
} from "../../src/index.ts";
import { once } from "../../src/manager/blobs/blobs.ts";
import { memoryStorage } from "../../src/memory.ts";
import { newDirectory } from "../support/new-directory.ts";
import { openPlatform } from "../support/open-platform.ts";

const Note = defineResource("note", { schema: z.object({ text: z.string() }), index: ["text"] });
const specs = [Note] as const;
type Handlers = NonNullable<Plugin<typeof specs>["on"]>;

const listening = (on: Handlers, feed: Plugin["feed"] = {}): Plugin<typeof specs> => ({
  name: "ear",
  on,
  feed: { retryMs: 1, attempts: 3, ...feed },
});

/** A platform on a storage that others may have too; closed when the test ends, or before. */
async function open(storage: IStorage, plugin: Plugin<typeof specs>) {
  const platform = createPlatform({ resources: [Note, FeedConsumer, ParkedEvent], storage, plugins: [plugin], log: false });
  onTestFinished(() => platform.close());
  await platform.ready();
  return platform;
}

async function folder(): Promise<string> {
  const dir = await newDirectory("feed-handlers");
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

describe("a feed handler", () => {
  test("hears of every change after its commit, in order per resource, with what it was and became", async () => {
    const heard: unknown[] = [];
    const platform = await openPlatform(specs, {
      plugins: [
        listening({
          "note.*.feed": async (event) => {
            const [now, then, before] = await Promise.all([event.resource(), event.revision(), event.previous()]);
            heard.push([event.kind, event.version, then?.data.text, before?.data.text, now?.version, event.by, event.attempt]);
          },
        }),
      ],
    });
    const notes = platform.resource(Note);
    const { id } = await notes.create({ text: "one" });
    await notes.update(id, { text: "two" });
    await notes.switch(id, 1);
    await notes.delete(id);
    await expect.poll(() => heard.length).toBe(4);
    expect(heard.map((each) => (Array.isArray(each) ? [...each.slice(0, 4), ...each.slice(5)] : each))).toEqual([
      ["created", 1, "one", undefined, "anonymous", 1],
      ["updated", 2, "two", "one", "anonymous", 1],
      ["switched", 3, "one", "two", "anonymous", 1],
      ["deleted", 4, "one", "one", "anonymous", 1],
    ]);
    await notes.purge(id);
    await expect.poll(() => heard.at(-1)).toEqual(["purged", 5, undefined, undefined, undefined, "anonymous", 1]);
  });

  test("is tried again, and of one resource nothing overtakes what is", async () => {
    const heard: string[] = [];
    const failing = listening({
      "note.*.feed": async ({ attempt, revision }) => {
        const text = (await revision())?.data.text ?? "";
        heard.push(`${text} ${attempt}`);
        if (text === "two" && attempt < 3) throw new TypeError("not yet");
      },
    });
    const notes = (await openPlatform(specs, { plugins: [failing] })).resource(Note);
    const { id } = await notes.create({ text: "one" });
    await notes.update(id, { text: "two" });
    await notes.update(id, { text: "three" });
    await expect.poll(() => heard).toEqual(["one 1", "two 1", "two 2", "two 3", "three 1"]);
  });

  test("that gives up parks the change, goes on, and takes it again when it is told to", async () => {
    let broken = true;
    const heard: string[] = [];
    const failing = listening({
      "note.created.feed": async (event) => {
        const text = (await event.revision())?.data.text ?? "";
        if (text === "bad" && broken) return event.refuse("UNAVAILABLE", "The other side is away");
        heard.push(text);
      },
    });
    const platform = await open(memoryStorage(), failing);
    const notes = platform.resource(Note);
    const bad = await notes.create({ text: "bad" });
    await notes.create({ text: "good" });
    await expect.poll(() => heard).toEqual(["good"]);
    const parked = platform.resource(ParkedEvent);
    await expect.poll(() => parked.count()).toBe(1);
    const [found] = (await parked.search()).items;
    expect(found?.data).toMatchObject({
      plugin: "ear",
      state: "parked",
      attempts: 3,
      error: "UNAVAILABLE: The other side is away",
      change: { kind: "created", resourceId: bad.id, version: 1 },
    });
    await parked.patch(found?.id ?? "", { merge: { state: "again" } });
    await expect.poll(async () => (await parked.get(found?.id ?? "")).data).toMatchObject({ state: "parked", attempts: 6 });
    broken = false;
    await parked.patch(found?.id ?? "", { merge: { state: "again" } });
    await expect.poll(() => heard).toEqual(["good", "bad"]);
    await expect.poll(() => parked.count()).toBe(0);
  });

  test("goes on where it was after a restart, at least once and with nothing left out", async () => {
    const dir = await folder();
    const heard: string[] = [];
    let stuck = true;
    const slow = listening({
      "note.created.feed": async ({ revision, signal }) => {
        const text = (await revision())?.data.text ?? "";
        if (text === "two" && stuck) await new Promise((resolve) => signal.addEventListener("abort", resolve));
        else heard.push(text);
      },
    });
    const begin = () =>
      createPlatform({ resources: specs, storage: diskStorage(dir), plugins: [slow], log: false, limits: { handlerMs: 200 } });
    const first = begin();
    for (const text of ["one", "two", "three"]) await first.resource(Note).create({ text });
    await expect.poll(() => heard).toContain("one");
    await first.close();
    stuck = false;
    const second = begin();
    onTestFinished(() => second.close());
    await second.ready();
    await second.resource(Note).create({ text: "four" });
    await expect.poll(() => [...new Set(heard)].toSorted()).toEqual(["four", "one", "three", "two"]);
  });

  test("of a plugin that is new to a storage begins now, or at the beginning", async () => {
    const dir = await folder();
    const old = createPlatform({ resources: specs, storage: diskStorage(dir), log: false });
    await old.resource(Note).create({ text: "before" });
    await old.close();
    const heard: string[] = [];
    const hears = (name: string, from: "now" | "beginning"): Plugin => ({
      name,
      feed: { from },
      on: { "*.created.feed": async ({ revision }) => void heard.push(`${name} ${String((await revision())?.data.text)}`) },
    });
    const platform = createPlatform({
      resources: specs,
      storage: diskStorage(dir),
      plugins: [hears("late", "now"), hears("all", "beginning")],
      log: false,
    });
    onTestFinished(() => platform.close());
    await platform.ready();
    await expect.poll(() => heard).toEqual(["all before"]);
    await platform.resource(Note).create({ text: "after" });
    await expect.poll(() => heard.toSorted()).toEqual(["all after", "all before", "late after"]);
  });

  test("may write, and hears of that too", async () => {
    const chain = listening({
      "note.created.feed": async ({ platform, revision }) => {
        const text = (await revision())?.data.text ?? "";
        if (text.length < 4) await platform.resource(Note).create({ text: `${text}+` });
      },
    });
    const notes = (await openPlatform(specs, { plugins: [chain] })).resource(Note);
    await notes.create({ text: "+" });
    await expect
      .poll(async () => (await notes.search({ orderBy: ["text"] })).items.map(({ data }) => data.text))
      .toEqual(["+", "++", "+++", "++++"]);
  });
});

test("of several platforms on one storage one at a time hears, and each change is heard once", async () => {
  const dir = await folder();
  const heard: string[] = [];
  const ear = listening({ "note.created.feed": async ({ revision }) => void heard.push((await revision())?.data.text ?? "") });
  const platforms = await Promise.all([1, 2, 3].map(() => open(diskStorage(dir), ear)));
  const texts = Array.from({ length: 60 }, (_, n) => `note ${n}`);
  await Promise.all(texts.map(async (text, n) => platforms[n % 3]?.resource(Note).create({ text })));
  await expect.poll(() => heard.length, { timeout: 10_000 }).toBeGreaterThanOrEqual(60);
  expect(heard.toSorted()).toEqual(texts.toSorted());
});

test("what a process had begun that died is taken over when its lease has passed", async () => {
  const heard: string[] = [];
  const ear = listening({ "note.created.feed": async ({ revision }) => void heard.push((await revision())?.data.text ?? "") });
  const inside: PluginPlatform[] = [];
  const platform = await open(memoryStorage(), { ...ear, start: (given) => void inside.push(given) });
  const places = inside[0]?.resource(FeedConsumer) ?? expect.unreachable();
  const leasedUntil = new Date(Date.now() + 1_000).toISOString();
  await places.modify("feed_consumer_ear", { merge: { owner: "dead", leasedUntil } }, { ifVersion: 1 });
  await platform.resource(Note).create({ text: "left behind" });
  await expect.poll(() => heard, { timeout: 10_000 }).toEqual(["left behind"]);
  expect(Date.now()).toBeGreaterThan(Date.parse(leasedUntil));
  await expect.poll(async () => (await places.get("feed_consumer_ear")).data.owner).toBe(null);
});

test("changes that the feed no longer has are a parked event without one, and not silence", async () => {
  const dir = await folder();
  const heard: string[] = [];
  const ear = listening({ "note.created.feed": async ({ revision }) => void heard.push((await revision())?.data.text ?? "") });
  const storage = () => diskStorage(dir, { feedRetentionMs: 1 });
  const first = createPlatform({ resources: specs, storage: storage(), plugins: [ear], log: false });
  await first.resource(Note).create({ text: "one" });
  await expect.poll(() => heard).toEqual(["one"]);
  await first.close();
  // Nobody hears of these, and the feed keeps the newest alone.
  const shared = storage();
  const deaf = createPlatform({ resources: specs, storage: shared, log: false });
  for (let n = 0; n < 150; n++) await deaf.resource(Note).create({ text: `two ${n}` });
  expect((await shared.state()).tail).toBeGreaterThan(10);
  await deaf.close();
  const platform = await open(storage(), ear);
  const parked = platform.resource(ParkedEvent);
  await expect.poll(() => parked.count()).toBeGreaterThan(0);
  expect((await parked.search()).items[0]?.data).toMatchObject({ change: null, error: expect.stringMatching(/^GONE: .*retention/) });
  await platform.resource(Note).create({ text: "five" });
  await expect.poll(() => heard).toContain("five");
});

test("their places are of one store: in no archive, moved by nobody else, and found anew where a cursor is foreign", async () => {
  const heard: string[] = [];
  const inside: PluginPlatform[] = [];
  const ear = listening({ "note.created.feed": async ({ revision }) => void heard.push((await revision())?.data.text ?? "") });
  const platform = await open(memoryStorage(), { ...ear, start: (given) => void inside.push(given) });
  await platform.resource(Note).create({ text: "one" });
  await expect.poll(() => heard).toEqual(["one"]);
  for (const refused of [
    platform.resource(FeedConsumer).delete("feed_consumer_ear"),
    platform.resource(FeedConsumer).purge("feed_consumer_ear"),
  ])
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN" });
  const archive = Buffer.concat(await Array.fromAsync(await platform.export()));
  expect(archive.includes("feedConsumer")).toBe(false);
  const other = await open(memoryStorage(), listening({ "note.created.feed": () => {} }));
  expect(await other.import(once(archive))).toMatchObject({ created: 1 });

  const places = inside[0]?.resource(FeedConsumer) ?? expect.unreachable();
  const foreign = (await other.resource(FeedConsumer).get("feed_consumer_ear")).data.cursor;
  await expect
    .poll(async () => {
      const place = await places.get("feed_consumer_ear");
      return places.modify(place.id, { merge: { cursor: foreign } }, { ifVersion: place.version }).then(
        () => "moved",
        () => "busy",
      );
    })
    .toBe("moved");
  await platform.resource(Note).create({ text: "lost on the way" });
  await expect.poll(() => platform.resource(ParkedEvent).count()).toBe(1);
  await platform.resource(Note).create({ text: "two" });
  await expect.poll(() => heard).toContain("two");
});

test("what the platform keeps for them is on neither API unless a program lists it", async () => {
  const ear = listening({ "note.created.feed": () => {} });
  const platform = await openPlatform(specs, { plugins: [ear] });
  await platform.resource(Note).create({ text: "one" });
  expect(platform.schema.getType("FeedConsumer")).toBeUndefined();
  expect((await platform.fetch(new Request("http://door/feed-consumers"))).status).toBe(404);
  const events = await platform.feed.poll(
    { id: "ann", roles: [], claims: {} },
    { after: (await platform.feed.poll({ id: "ann", roles: [], claims: {} }, {})).cursor, waitMs: 50 },
  );
  expect(events.items.filter(({ type }) => type !== "note")).toEqual([]);
  const body = JSON.stringify([{ type: "feedConsumer", op: "create", data: {} }]);
  const transact = await platform.fetch(
    new Request("http://door/transact", { method: "POST", headers: { "content-type": "application/json" }, body }),
  );
  expect(await transact.json()).toMatchObject({ code: "BAD_REQUEST", index: 0 });
});
