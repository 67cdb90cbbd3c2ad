import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "graphql-ws";
import { expect, onTestFinished, test } from "vitest";
import WebSocket from "ws";
import { type Actor, anonymous } from "../../src/index.ts";
import { post } from "../graphql/ask.ts";
import { Article, Author } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";
import { streamed } from "./served.ts";

const query =
  "subscription ($after: String, $title: Boolean = true) { articleChanged(after: $after) { cursor kind version article { title @include(if: $title) told } } }";

interface Asked {
  readonly actor?: string;
  readonly query?: string;
  readonly variables?: object;
}

/** A platform that counts how often `told` is resolved, which says whom it is resolved for. */
async function counting() {
  const told: string[] = [];
  const state = { broken: false };
  const actorOf = ({ headers }: Request): Actor => ({ ...anonymous, ...JSON.parse(headers.get("x-actor") ?? "{}") });
  const ticks = [{}, {}];
  const platform = await openPlatform([Author, Article], {
    actor: actorOf,
    graphql: {
      extend: (builder, { article }) => {
        builder.objectField(article, "told", (t) =>
          t.string({
            resolve: (_article, _args, { actor }) => {
              if (state.broken) throw new TypeError("no answer");
              told.push(JSON.stringify(actor));
              return JSON.stringify(actor);
            },
          }),
        );
        builder.subscriptionField("ticks", (t) =>
          t.string({
            subscribe: async function* () {
              yield* ticks;
            },
            resolve: (_tick, _args, { actor }) => actor.id,
          }),
        );
      },
    },
  });
  const articles = platform.resource(Article);
  const listening = await platform.listen({ port: 0 });

  async function overSse({ actor = "{}", query: asked = query, variables = {} }: Asked = {}) {
    const response = await platform.fetch(post({ query: asked, variables }, { accept: "text/event-stream", "x-actor": actor }));
    const events = streamed(response);
    return subscriber(
      async () => Object((await events.next()).value),
      () => events.return(),
    );
  }

  async function overWebSocket({ actor = "{}", query: asked = query, variables = {} }: Asked = {}) {
    class Named extends WebSocket {
      constructor(url: string, protocols: string) {
        super(url, protocols, { headers: { "x-actor": actor } });
      }
    }
    const client = createClient({ url: `${listening.url.replace("http", "ws")}/graphql`, webSocketImpl: Named, retryAttempts: 0 });
    const results = client.iterate({ query: asked, variables: { ...variables } });
    return subscriber(
      async () => Object((await results.next()).value),
      async () => {
        await results.return?.();
        await client.dispose();
      },
    );
  }
  return { platform, articles, told, state, overSse, overWebSocket };
}

/** A subscriber that has said READY, where it does so. */
async function subscriber(next: () => Promise<{ data?: Record<string, Event>; errors?: unknown }>, close: () => Promise<unknown>) {
  onTestFinished(async () => void (await close()));
  const event = async () => Object((await next()).data).articleChanged;
  return { next, event, close };
}

interface Event {
  readonly cursor: string;
  readonly kind: string;
  readonly version: number;
  readonly article: { readonly title: string; readonly told: string };
}

test("a change is executed once for all connections of an actor that ask the same, by WebSocket and SSE alike", async () => {
  const { articles, told, overSse, overWebSocket } = await counting();
  const readers = await Promise.all([overSse(), overWebSocket(), overSse(), overWebSocket(), overSse({ variables: { after: null } })]);
  for (const reader of readers) expect(await reader.event()).toMatchObject({ kind: "READY" });
  await articles.create({ title: "One" });
  const [first, ...others] = await Promise.all(readers.map((reader) => reader.event()));
  expect(first).toMatchObject({ kind: "CREATED", article: { title: "One" } });
  for (const other of others) expect(other).toEqual(first);
  expect(told).toHaveLength(1);
});

test("actors that are not the very same are never told what was made for another", async () => {
  const { articles, told, overSse, overWebSocket } = await counting();
  const actors = [
    { id: "ada" },
    { id: "bob" },
    { id: "ada", roles: ["editor"] },
    { id: "ada", claims: { level: 1 } },
    { id: "ada", claims: { level: 2 } },
  ].map((actor) => JSON.stringify(actor));
  const readers = await Promise.all(actors.map((actor, i) => (i % 2 ? overSse : overWebSocket)({ actor })));
  for (const reader of readers) await reader.event();
  await articles.create({ title: "One" });
  for (const [i, reader] of readers.entries()) {
    const { article } = await reader.event();
    expect(JSON.parse(article.told)).toEqual({ ...anonymous, ...JSON.parse(actors[i] ?? "") });
  }
  expect(new Set(told).size).toBe(actors.length);
});

test("other variables or another document are another answer", async () => {
  const { articles, overSse, overWebSocket } = await counting();
  const other = query.replace("version", "number: version");
  const readers = await Promise.all([
    overSse(),
    overWebSocket({ variables: { title: false } }),
    overSse({ query: other }),
    overWebSocket({ query: other, variables: { title: false } }),
  ]);
  for (const reader of readers) await reader.event();
  await articles.create({ title: "One" });
  const events = await Promise.all(readers.map((reader) => reader.event()));
  expect(events.map((event) => [event.version, event.number, event.article.title])).toEqual([
    [1, undefined, "One"],
    [1, undefined, undefined],
    [undefined, 1, "One"],
    [undefined, 1, undefined],
  ]);
});

test("one that stalls, and one that joins in the midst, are told all that they ask for, in order and from no state that goes back", async () => {
  const { articles, overSse } = await counting();
  const [healthy, stalled] = [await overSse(), await overSse()];
  const start = (await healthy.event()).cursor;
  await stalled.event();
  const { id } = await articles.create({ title: "0" });
  const heard = [await healthy.event()];
  for (let n = 1; n <= 40; n++) {
    await articles.patch(id, { merge: { title: String(n) } });
    heard.push(await healthy.event());
    if (n % 10 === 0) await sleep(30);
  }
  const joined = await overSse({ variables: { after: heard[9]?.cursor } });
  expect(await joined.event()).toMatchObject({ kind: "READY", cursor: heard[9]?.cursor });
  const [late, all] = [[] as Event[], [] as Event[]];
  for (let n = 0; n <= 40; n++) {
    all.push(await stalled.event());
    if (n >= 10) late.push(await joined.event());
  }
  const cursors = heard.map(({ cursor }) => cursor);
  expect(all.map(({ cursor }) => cursor)).toEqual(cursors);
  expect(late.map(({ cursor }) => cursor)).toEqual(cursors.slice(10));
  expect(cursors).not.toContain(start);
  for (const events of [heard, all, late]) {
    const titles = events.map(({ article }) => Number(article.title));
    expect(titles).toEqual(titles.toSorted((a, b) => a - b));
    expect(titles.at(-1)).toBe(40);
  }
});

test("what one was told a moment ago is not told to one that has heard of a later state", async () => {
  const { platform, articles } = await counting();
  const [quick, slow] = [platform.feed.subscribe(anonymous, {}), platform.feed.subscribe({ ...anonymous }, {})];
  const value = async (events: typeof quick) => (await events.next()).value;
  await Promise.all([value(quick), value(slow)]);
  await articles.create({ title: "One" });
  const together = await Promise.all([value(quick), value(slow)]);
  expect(together[0]).toBe(together[1]);
  await articles.create({ title: "Two" });
  await articles.create({ title: "Three" });
  const second = await value(quick);
  await sleep(250);
  const third = await value(quick);
  const anew = await value(slow);
  expect([anew, anew === second]).toEqual([second, false]);
  const next = await value(slow);
  expect([next, next === third]).toEqual([third, false]);
  await Promise.all([quick.return(), slow.return()]);
});

test("an error of a shared execution reaches all, and none of them ends", async () => {
  const { articles, state, overSse, overWebSocket } = await counting();
  const readers = [await overSse(), await overWebSocket()];
  for (const reader of readers) await reader.event();
  state.broken = true;
  await articles.create({ title: "One" });
  for (const reader of readers)
    expect(await reader.next()).toMatchObject({
      data: { articleChanged: { article: null } },
      errors: [{ extensions: { code: "INTERNAL" } }],
    });
  state.broken = false;
  await articles.create({ title: "Two" });
  for (const reader of readers) expect(await reader.event()).toMatchObject({ article: { title: "Two", told: expect.any(String) } });
});

test("one that leaves, leaves the others", async () => {
  const { articles, overSse, overWebSocket } = await counting();
  const readers = [await overSse(), await overWebSocket(), await overSse()];
  for (const reader of readers) await reader.event();
  for (const n of [2, 1]) {
    await readers.shift()?.close();
    await articles.create({ title: "left" });
    const events = await Promise.all(readers.map((reader) => reader.event()));
    expect(events).toEqual(Array.from({ length: n }, () => expect.objectContaining({ kind: "CREATED" })));
  }
});

test("what a subscription of one's own yields is executed for each of its subscribers", async () => {
  const { overSse } = await counting();
  const ids = ["ada", "bob"];
  const readers = await Promise.all(ids.map((id) => overSse({ actor: JSON.stringify({ id }), query: "subscription { ticks }" })));
  const heard = await Promise.all(readers.map(async (reader) => [await reader.next(), await reader.next()]));
  expect(heard).toEqual(ids.map((ticks) => [{ data: { ticks } }, { data: { ticks } }]));
});
