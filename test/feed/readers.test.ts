import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { opened, served } from "./served.ts";
import { transports } from "./transports.ts";

/** Counts the readers of the feed that have not ended. */
function counted({ platform }: Awaited<ReturnType<typeof served>>) {
  const open = new Set<AsyncGenerator>();
  const subscribe = platform.feed.subscribe.bind(platform.feed);
  platform.feed.subscribe = (actor, args) => {
    const events = subscribe(actor, args);
    const stop = events.return.bind(events);
    events.return = async (value) => {
      const ended = await stop(value);
      open.delete(events);
      return ended;
    };
    open.add(events);
    return events;
  };
  return async (count: number) => {
    while (open.size !== count) await new Promise((resolve) => setTimeout(resolve, 2));
  };
}

const { "REST by polling": _, ...streams } = transports;

test.each(Object.entries(streams))("%s: a client that is gone is not read for", async (_name, subscribe) => {
  const server = await served();
  const readers = counted(server);
  const { subscription } = await opened(subscribe, server.url);
  await readers(1);
  subscription.close();
  await readers(0);
});

test("a poll that nobody waits for any more ends", async () => {
  const { platform, url } = await served();
  const { cursor } = Object(await (await fetch(`${url}/changes`)).json());
  const ended: unknown[] = [];
  const poll = platform.feed.poll.bind(platform.feed);
  platform.feed.poll = async (...args) => {
    const page = await poll(...args);
    ended.push(page);
    return page;
  };
  const abort = new AbortController();
  const waiting = fetch(`${url}/changes?after=${cursor}&wait=30`, { signal: abort.signal }).catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 50));
  abort.abort();
  await waiting;
  while (ended.length === 0) await new Promise((resolve) => setTimeout(resolve, 2));
  expect(ended).toHaveLength(1);
});

test("a stop ends every stream, without a word that it is complete", async () => {
  const { platform, url } = await served();
  const rest = await opened(transports["REST over SSE"], url);
  const graphql = await opened(transports["GraphQL over SSE"], url);
  const socket = await opened(transports["GraphQL over WebSocket"], url);
  const raw = await rawStream(url, "/changes");
  await platform.close();
  for (const { subscription } of [rest, graphql, socket]) expect(await subscription.next()).toBeUndefined();
  await raw.ended;
  expect(raw.text()).toMatch(/\r\n0\r\n\r\n$/);
});

test("a reader that stalls is read for no further than its socket takes, and goes on where it was", async () => {
  const server = await served();
  const { url, articles, platform } = server;
  const pulled: number[] = [];
  const subscribe = platform.feed.subscribe.bind(platform.feed);
  platform.feed.subscribe = (actor, args) => {
    const events = subscribe(actor, args);
    const next = events.next.bind(events);
    const reader = pulled.push(0) - 1;
    events.next = async () => {
      const result = await next();
      pulled[reader] = (pulled[reader] ?? 0) + 1;
      return result;
    };
    return events;
  };
  const raw = await rawStream(url, "/articles/changes");
  raw.socket.pause();
  const healthy = await opened(transports["REST over SSE"], url);
  const cursors: (string | undefined)[] = [];
  // The system takes some megabytes into its own buffers before the socket is full.
  while (cursors.length - (pulled[0] ?? 0) < 1000) {
    await Promise.all(Array.from({ length: 500 }, () => articles.create({ title: "T" })));
    for (let i = 0; i < 500; i++) cursors.push((await healthy.subscription.next())?.cursor);
  }
  raw.socket.resume();
  while (!raw.text().endsWith(`"by":"anonymous"}\n\n\r\n`) || !raw.text().includes(cursors.at(-1) ?? "")) await once(raw.socket, "data");
  expect([...raw.text().matchAll(/^id: (.*)$/gm)].map((match) => match[1]).slice(1)).toEqual(cursors);
});

/** A stream of events as it comes out of the socket. */
async function rawStream(url: string, path: string) {
  const { port, host } = new URL(url);
  const socket: Socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  const ended = once(socket, "close");
  socket.write(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\naccept: text/event-stream\r\n\r\n`);
  while (!text.includes("event: ready")) await once(socket, "data");
  return { socket, ended, text: () => text };
}
