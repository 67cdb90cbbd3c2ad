import { describe, expect, test } from "vitest";
import { anonymous } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { post } from "../graphql/ask.ts";
import { Author } from "../support/articles.ts";
import { openStorage } from "../support/open-platform.ts";
import { clock, opened, refusal, served, streamed, withState } from "./served.ts";
import { type Subscription, transports } from "./transports.ts";

async function kindsOf(subscription: Subscription, count: number) {
  const kinds: (string | undefined)[] = [];
  for (let i = 0; i < count; i++) kinds.push((await subscription.next())?.kind);
  return kinds;
}

describe.each(Object.entries(transports))("%s", (_name, subscribe) => {
  test("goes on behind any cursor without gap or repeat", async () => {
    const { url, write } = await served();
    const first = await opened(subscribe, url);
    await write(6);
    const seen = [await first.subscription.next(), await first.subscription.next()];
    first.subscription.close();
    for (const [after, versions] of [
      [first.cursor, 6],
      [seen[0]?.cursor, 5],
      [seen[1]?.cursor, 4],
    ] as const) {
      const { subscription, cursor } = await opened(subscribe, url, { after });
      expect(cursor).toBe(after);
      const events = [];
      for (let i = 0; i < versions; i++) events.push(await subscription.next());
      expect(new Set(events.map((event) => event?.id)).size).toBe(versions);
      expect(events.every((event) => event?.kind === "created")).toBe(true);
      subscription.close();
    }
  });

  test("follows one resource, some kinds, or everything", async () => {
    const { url, platform, articles } = await served();
    const [a, b] = [await articles.create({ title: "A" }), await articles.create({ title: "B" })];
    const one = await opened(subscribe, url, { id: a.id, kinds: ["deleted", "purged"] });
    const all = await opened(subscribe, url, { all: true });
    await articles.patch(b.id, { merge: { title: "B2" } });
    await platform.resource(Author).create({ name: "x" });
    await articles.patch(a.id, { merge: { title: "A2" } });
    await articles.delete(a.id);
    await articles.purge(a.id);
    expect(await kindsOf(one.subscription, 2)).toEqual(["deleted", "purged"]);
    expect(await kindsOf(all.subscription, 5)).toEqual(["updated", "created", "updated", "deleted", "purged"]);
  });

  test("refuses cursors that are not of this subscription", async () => {
    const { url, write } = await served();
    const { cursor = "" } = await opened(subscribe, url);
    await write(1);
    const flipped = cursor.replace(/^./, (char) => (char === "A" ? "B" : "A"));
    for (const after of [flipped, `${cursor}AA`, cursor.slice(0, -4), "nonsense", "%"])
      expect(await refusal(subscribe, url, { after }), after).toMatchObject({ code: "BAD_REQUEST" });
    for (const other of [{ id: "article_x" }, { kinds: ["created"] }, { all: true }])
      expect(await refusal(subscribe, url, { ...other, after: cursor })).toMatchObject({ code: "BAD_REQUEST" });
  });

  test("a cursor of another epoch, or from after a state that was taken back, is GONE", async () => {
    const storage = await openStorage();
    let [epoch, taken] = ["", 0];
    const { url, write } = await served({
      storage: withState(storage, (state) => ({ ...state, epoch: state.epoch + epoch, head: state.head - taken })),
    });
    const { cursor, subscription } = await opened(subscribe, url);
    await write(2);
    await subscription.next();
    const second = (await subscription.next())?.cursor;
    taken = 1;
    expect(await refusal(subscribe, url, { after: second })).toEqual({ code: "GONE", reason: "epoch" });
    [epoch, taken] = ["restored", 0];
    expect(await refusal(subscribe, url, { after: cursor })).toEqual({ code: "GONE", reason: "epoch" });
    // Also one that is connected.
    await expect(subscription.next()).rejects.toMatchObject({ code: "GONE", reason: "epoch" });
  });

  test("a cursor past retention is GONE", async () => {
    const time = clock();
    const { url, write } = await served({
      context: time.context,
      storage: memoryStorage({ context: time.context, feedRetentionMs: 60_000 }),
    });
    const { cursor, subscription } = await opened(subscribe, url);
    await write(10);
    time.pass(61_000);
    await write(70);
    expect(await refusal(subscribe, url, { after: cursor })).toEqual({ code: "GONE", reason: "retention" });
    for (let i = 0; i < 80; i++) expect(await subscription.next()).toMatchObject({ kind: "created" });
  });
});

const { "REST by polling": _, ...streams } = transports;

describe.each(Object.entries(streams))("%s, a stream", (_name, subscribe) => {
  test("bookmarks move the cursor of who hears nothing, after many changes or much time", async () => {
    const time = clock();
    const { url, articles, write } = await served({ context: time.context, feed: { bookmarkEvery: 10, bookmarkMs: 30_000 } });
    const { id } = await articles.create({ title: "mine" });
    const { subscription, cursor } = await opened(subscribe, url, { id });
    await write(10);
    const first = await subscription.next();
    expect(first).toMatchObject({ kind: "bookmark", id: null });
    expect(first?.cursor).not.toBe(cursor);
    await write(1);
    time.pass(30_000);
    expect(await subscription.next()).toMatchObject({ kind: "bookmark" });
    await articles.delete(id);
    expect(await subscription.next()).toMatchObject({ kind: "deleted", id });
    const resumed = await opened(subscribe, url, { id, after: first?.cursor });
    expect(await resumed.subscription.next()).toMatchObject({ kind: "deleted", id });
  });
});

test("a reader that is slower than retention is told so, and never misses a change in silence", async () => {
  const time = clock();
  const { platform, write } = await served({
    context: time.context,
    storage: memoryStorage({ context: time.context, feedRetentionMs: 60_000 }),
  });
  const early = platform.feed.subscribe(anonymous, { types: ["article"] });
  const after = (await early.next()).value?.cursor;
  await early.return();
  await write(200);
  const slow = platform.feed.subscribe(anonymous, { types: ["article"], after });
  for (let i = 0; i < 10; i++) expect((await slow.next()).done).toBe(false);
  time.pass(61_000);
  await write(70);
  const seen = await Array.fromAsync(slow).then(
    () => "all",
    (thrown: unknown) => thrown,
  );
  expect(seen).toMatchObject({ code: "GONE", details: { reason: "retention" } });
});

test("resourceChanged shows the state, the revisions and the type of anything", async () => {
  const { platform, articles } = await served();
  const query = `subscription { resourceChanged { kind type resourceId by resource { __typename id meta { version } ... on Article { title } } revision { id ... on ArticleRevision { data { title } } } previous { id } } }`;
  const response = await platform.fetch(post({ query }, { accept: "text/event-stream" }));
  const events = streamed(response);
  const next = async () => Object((await events.next()).value).data.resourceChanged;
  const nothing = { type: null, resourceId: null, by: null, resource: null, revision: null, previous: null };
  expect(await next()).toEqual({ kind: "READY", ...nothing });

  const { id } = await articles.create({ title: "One" });
  const article = { type: "ARTICLE", resourceId: id, by: "anonymous" };
  const first = { id: `${id}:1`, data: { title: "One" } };
  const at = (version: number, title: string) => ({ __typename: "Article", id, title, meta: { version } });
  expect(await next()).toEqual({ kind: "CREATED", ...article, resource: at(1, "One"), revision: first, previous: null });
  await articles.patch(id, { merge: { title: "Two" } });
  const second = { id: `${id}:2`, data: { title: "Two" } };
  expect(await next()).toEqual({ kind: "UPDATED", ...article, resource: at(2, "Two"), revision: second, previous: { id: `${id}:1` } });
  const author = await platform.resource(Author).create({ name: "x" });
  expect(await next()).toMatchObject({ kind: "CREATED", type: "AUTHOR", resource: { __typename: "Author", id: author.id } });
  await events.return();
});

test("everything is what the actor may hear of, a named resource that it may not is FORBIDDEN", async () => {
  let allowed: readonly string[] = ["article"];
  const { platform, url, articles } = await served({
    authorize: async ({ operation, spec }) => operation !== "subscribe" || allowed.includes(spec.name),
  });
  const { subscription } = await opened(streams["REST over SSE"], url, { all: true });
  await platform.resource(Author).create({ name: "x" });
  const { id } = await articles.create({ title: "A" });
  expect(await subscription.next()).toMatchObject({ kind: "created", id });
  allowed = [];
  await articles.create({ title: "B" });
  expect(await refusal(streams["REST over SSE"], url, { all: true })).toMatchObject({ code: "FORBIDDEN" });
  expect(await refusal(streams["REST over SSE"], url, {})).toMatchObject({ code: "FORBIDDEN" });
  allowed = ["article"];
  const { id: third } = await articles.create({ title: "C" });
  expect(await subscription.next()).toMatchObject({ kind: "created", id: third });
});

test("a rule that cannot be asked ends the stream instead of leaving something out", async () => {
  let broken = false;
  const { url, articles } = await served({
    authorize: async ({ operation }) => {
      if (broken && operation === "subscribe") throw new TypeError("no answer");
      return true;
    },
  });
  const { subscription } = await opened(streams["REST over SSE"], url);
  broken = true;
  await articles.create({ title: "A" });
  await expect(subscription.next()).rejects.toMatchObject({ code: "INTERNAL" });
  expect(await subscription.next().catch(() => undefined)).toBeUndefined();
});
