import { describe, expect, onTestFinished, test } from "vitest";
import { anonymous } from "../../src/index.ts";
import { ask, post } from "../graphql/ask.ts";
import { openStorage } from "../support/open-platform.ts";
import { opened, refusal, served, streamed } from "./served.ts";
import { type Subscription, transports } from "./transports.ts";

const where = { views: { gte: 10 } };
const popular = (views: number) => ({ title: `V${views}`, views });

async function heard(subscription: Subscription, count: number) {
  const events: unknown[] = [];
  for (let i = 0; i < count; i++) {
    const event = await subscription.next();
    events.push([event?.kind, event?.id]);
  }
  return events;
}

describe.each(Object.entries(transports))("where, %s", (_name, subscribe) => {
  test("tells of what matches, and once of what does not match any more", async () => {
    const { url, articles } = await served();
    const { subscription } = await opened(subscribe, url, { where });
    const never = await articles.create(popular(1));
    const a = await articles.create(popular(10));
    await articles.patch(never.id, { merge: { views: 2 } });
    await articles.patch(a.id, { merge: { title: "still" } });
    await articles.patch(a.id, { merge: { views: 3 } });
    await articles.patch(a.id, { merge: { views: 4 } });
    await articles.switch(a.id, 2);
    await articles.switch(a.id, 4);
    await articles.switch(a.id, 1);
    await articles.delete(never.id);
    await articles.delete(a.id);
    await articles.restore(a.id);
    await articles.purge(a.id);
    const b = await articles.create(popular(11));
    expect(await heard(subscription, 9)).toEqual([
      ["created", a.id],
      ["updated", a.id],
      ["left", a.id],
      ["switched", a.id],
      ["left", a.id],
      ["switched", a.id],
      ["deleted", a.id],
      ["restored", a.id],
      ["purged", a.id],
    ]);
    expect(await heard(subscription, 1)).toEqual([["created", b.id]]);
  });

  test("decides by the data of the change, however late it is read", async () => {
    const { url, articles } = await served();
    const first = await opened(subscribe, url, { where });
    const { id } = await articles.create(popular(10));
    await articles.patch(id, { merge: { views: 1 } });
    await articles.patch(id, { merge: { views: 20 } });
    const all = [
      ["created", id],
      ["left", id],
      ["updated", id],
    ];
    expect(await heard(first.subscription, 3)).toEqual(all);
    const late = await opened(subscribe, url, { where: { views: { gte: 10 } }, after: first.cursor });
    expect(await heard(late.subscription, 3)).toEqual(all);
  });

  test("`kinds` never suppresses what has left", async () => {
    const { url, articles } = await served();
    const { subscription } = await opened(subscribe, url, { where, kinds: ["created"] });
    const { id } = await articles.create(popular(10));
    await articles.patch(id, { merge: { views: 11 } });
    await articles.patch(id, { merge: { views: 1 } });
    await articles.delete(id);
    const { id: next } = await articles.create(popular(12));
    expect(await heard(subscription, 3)).toEqual([
      ["created", id],
      ["left", id],
      ["created", next],
    ]);
  });

  test("a draft that is modified and does not match is said to have left", async () => {
    const { url, articles } = await served();
    const { subscription } = await opened(subscribe, url, { where });
    const { id } = await articles.create(popular(10), { status: "draft" });
    await articles.modify(id, { merge: { views: 11 } }, { ifVersion: 1 });
    await articles.modify(id, { merge: { views: 1 } }, { ifVersion: 2 });
    // Read as they come, `modified` is first; read late, the draft is only what it is now.
    for (let event = await subscription.next(); event?.kind !== "left"; event = await subscription.next()) expect(event?.id).toBe(id);
  });

  test("a cursor belongs to its filter", async () => {
    const { url } = await served();
    const { cursor } = await opened(subscribe, url, { where: { and: [{ views: { gte: 10, lt: 20 } }] } });
    await opened(subscribe, url, { where: { and: [{ views: { lt: 20, gte: 10 } }] }, after: cursor });
    for (const other of [{}, { where }, { where: { and: [{ views: { gte: 10, lt: 21 } }] } }])
      expect(await refusal(subscribe, url, { ...other, after: cursor })).toMatchObject({ code: "BAD_REQUEST" });
  });

  test("asks by id and indexed fields, and by nothing else", async () => {
    const { url, articles } = await served();
    const { id } = await articles.create(popular(1));
    const { subscription } = await opened(subscribe, url, { where: { id: { in: [id] } } });
    await articles.create(popular(1));
    await articles.delete(id);
    expect(await heard(subscription, 1)).toEqual([["deleted", id]]);
    for (const wrong of [{ author: { name: { eq: "x" } } }, { meta: { version: { gt: 1 } } }, { nope: { eq: 1 } }, { views: { eq: null } }])
      expect(await refusal(subscribe, url, { where: wrong }), JSON.stringify(wrong)).toMatchObject({ code: "BAD_REQUEST" });
  });
});

test("a filter is for who may read revisions, because it tells something of them", async () => {
  const { url } = await served({ authorize: async ({ operation }) => operation !== "revision" });
  await opened(transports["REST over SSE"], url);
  expect(await refusal(transports["REST over SSE"], url, { where })).toMatchObject({ code: "FORBIDDEN" });
});

test("a filter tells nothing of resources outside of what the actor may read", async () => {
  const { platform, articles } = await served({
    authorize: async ({ operation }) => (operation === "revision" ? { where: { title: { eq: "open" } } } : true),
  });
  const events = platform.feed.subscribe(anonymous, { types: ["article"], where });
  await events.next();
  await articles.create({ title: "secret", views: 10 });
  const { id } = await articles.create({ title: "open", views: 10 });
  expect((await events.next()).value).toMatchObject({ kind: "created", id });
  await events.return();
});

test("a filter is about one resource", async () => {
  const { platform } = await served();
  for (const types of [undefined, ["article", "author"]])
    await expect(platform.feed.subscribe(anonymous, { types, where }).next()).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("many subscribers share the reads of a change", async () => {
  const storage = await openStorage();
  let reads = 0;
  const read = storage.read.bind(storage);
  storage.read = (type, keys) => {
    reads++;
    return read(type, keys);
  };
  const { platform, articles } = await served({ storage });
  const subscribers = Array.from({ length: 50 }, () => platform.feed.subscribe(anonymous, { types: ["article"], where }));
  onTestFinished(() => void Promise.all(subscribers.map((each) => each.return())));
  for (const each of subscribers) await each.next();
  const waiting = subscribers.map((each) => each.next());
  reads = 0;
  await articles.create(popular(10));
  for (const { value } of await Promise.all(waiting)) expect(value).toMatchObject({ kind: "created" });
  expect(reads).toBeLessThanOrEqual(5);
});

test("an event holds both revisions and their difference", async () => {
  const { platform, articles } = await served();
  const query = `subscription ($where: ArticleEventWhere) { articleChanged(where: $where) { kind previous { data { views } } revision { data { views } } diff { from to paths operations { op path value } } } }`;
  const events = streamed(await platform.fetch(post({ query, variables: { where } }, { accept: "text/event-stream" })));
  const next = async () => Object((await events.next()).value).data.articleChanged;
  expect(await next()).toEqual({ kind: "READY", previous: null, revision: null, diff: null });
  const { id } = await articles.create(popular(10));
  expect(await next()).toEqual({ kind: "CREATED", previous: null, revision: { data: { views: 10 } }, diff: null });
  await articles.patch(id, { merge: { views: 9 } });
  const diff = { from: 1, to: 2, paths: ["views"], operations: [{ op: "replace", path: "/views", value: 9 }] };
  expect(await next()).toEqual({ kind: "LEFT", previous: { data: { views: 10 } }, revision: { data: { views: 9 } }, diff });
  await articles.purge(id);
  expect(await next()).toEqual({ kind: "PURGED", previous: null, revision: null, diff: null });
  await events.return();
});

test("of a resource that was purged since, an event has no revisions and no difference", async () => {
  const { platform, articles } = await served();
  const changes = platform.feed.subscribe(anonymous, { types: ["article"] });
  const after = (await changes.next()).value?.cursor;
  await changes.return();
  const { id } = await articles.create(popular(10));
  await articles.patch(id, { merge: { views: 9 } });
  await articles.purge(id);
  const query = `subscription ($after: String) { articleChanged(after: $after) { kind previous { number } revision { number } diff { from } } }`;
  const events = streamed(await platform.fetch(post({ query, variables: { after } }, { accept: "text/event-stream" })));
  for (const kind of ["READY", "CREATED", "UPDATED", "PURGED"])
    expect((await events.next()).value).toEqual({ data: { articleChanged: { kind, previous: null, revision: null, diff: null } } });
  await events.return();
});

test("the SDL shows a filter without relations and meta", async () => {
  const { platform } = await served();
  const { data } = await ask(platform, `{ __type(name: "ArticleEventWhere") { inputFields { name } } }`);
  const names = Object(data?.__type).inputFields.map(({ name }: { name: string }) => name);
  expect(names).toEqual(["id", "title", "views", "tags", "note", "authorId", "and", "or", "not"]);
});
