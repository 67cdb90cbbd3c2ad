import { setTimeout as sleep } from "node:timers/promises";
import { articleAt } from "./article.ts";
import { type Child, startServer } from "./child.ts";
import type { Place } from "./place.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";
import { EventStreamSubscriber, type Heard, SocketSubscriber, type Subscribe, type Subscriber } from "./subscriber.ts";

export interface FanOutSize {
  readonly subscribers: number;
  /** Changes per second, and for how many seconds. */
  readonly rate: number;
  readonly seconds: number;
  readonly idleSockets: number;
  readonly idlePerSocket: number;
}

const query =
  "subscription ($after: String) { articleChanged(after: $after) { cursor kind resourceId version at article { title stage meta { version } } } }";
const patienceMs = 60_000;
const goals = { perSecond: 10_000, p99Ms: 50, idleKiB: 40 };

/** Subscribers of one server: what the same actor is told by one execution, beside as many actors; and what idle ones cost. */
export async function fanOut(place: Place, size: FanOutSize): Promise<Line[]> {
  const server = await startServer("specstar-named", place, ["--expose-gc"]);
  try {
    const lines: Line[] = [await idle(server, size)];
    for (const [transport, subscribe] of Object.entries({ WebSocket: SocketSubscriber.open, SSE: EventStreamSubscriber.open })) {
      say(`${size.subscribers} subscribers over ${transport} hear ${size.rate} changes a second`);
      const one = await deliver(server, size, subscribe, () => "reader");
      const own = await deliver(server, size, subscribe, (n) => `reader-${n}`);
      const name = `fan-out ${transport}`;
      lines.push(
        { name: `${name}, deliveries`, unit: "/s", specstar: one.perSecond, baseline: own.perSecond, goal: goals.perSecond },
        { name: `${name}, lag p50`, unit: "ms", specstar: one.p50, baseline: own.p50 },
        { name: `${name}, lag p99`, unit: "ms", specstar: one.p99, baseline: own.p99, goal: goals.p99Ms, atMost: true },
        { name: `${name}, CPU a delivery`, unit: "µs", specstar: one.cpu, baseline: own.cpu },
      );
    }
    return lines;
  } finally {
    await server.stop();
  }
}

interface Delivered {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly cpu: number;
}

/** Changes at a steady pace; every subscriber has to hear every one. */
async function deliver(server: Child, size: FanOutSize, subscribe: Subscribe, actor: (n: number) => string): Promise<Delivered> {
  const { subscribers: count, rate, seconds } = size;
  const lags: number[] = [];
  let last = 0;
  const hear = ({ at }: Heard) => {
    last = performance.now();
    lags.push(Date.now() - at);
  };
  const subscribers = await Promise.all(Array.from({ length: count }, (_, n) => subscribe(server.port, actor(n), query, hear)));
  try {
    // The article that is changed is created first.
    const write = await writer(server);
    for (let n = 0; n < rate; n++) await write(n);
    await settled(lags, count * (rate + 1));
    lags.length = 0;
    const before = await server.usage();
    const began = performance.now();
    const writes: Promise<void>[] = [];
    for (let n = 0; n < rate * seconds; n++) {
      await sleep(Math.max(0, began + (n * 1000) / rate - performance.now()));
      writes.push(write(n));
    }
    await Promise.all(writes);
    await settled(lags, count * rate * seconds);
    const { cpuMicros } = await server.usage();
    const sorted = lags.toSorted((a, b) => a - b);
    const at = (part: number) => sorted[Math.floor((sorted.length - 1) * part)] ?? 0;
    return {
      perSecond: (lags.length * 1000) / (last - began),
      p50: at(0.5),
      p99: at(0.99),
      cpu: (cpuMicros - before.cpuMicros) / lags.length,
    };
  } finally {
    for (const each of subscribers) each.close();
  }
}

/** @throws where something that was written does not come, or comes twice */
async function settled(lags: readonly number[], count: number): Promise<void> {
  for (const deadline = performance.now() + patienceMs; lags.length < count; ) {
    if (performance.now() > deadline) throw new Error(`${lags.length} of ${count} deliveries came`);
    await sleep(20);
  }
  if (lags.length > count) throw new Error(`${lags.length} deliveries came instead of ${count}`);
}

async function writer({ port }: Child): Promise<(n: number) => Promise<void>> {
  const url = `http://127.0.0.1:${port}/articles`;
  const created = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(articleAt(0)) });
  const { id } = Object(await created.json());
  const headers = { "content-type": "application/merge-patch+json" };
  return async (n) => {
    const { status } = await fetch(`${url}/${id}`, { method: "PATCH", headers, body: JSON.stringify({ views: n, title: `Change ${n}` }) });
    if (status !== 200) throw new Error(`A write was answered with ${status}`);
  };
}

/** What the server's resident memory grows by for each subscription that hears nothing. */
async function idle(server: Child, { idleSockets, idlePerSocket }: FanOutSize): Promise<Line> {
  const open = (n: number) =>
    Promise.all(Array.from({ length: n }, (_, i) => SocketSubscriber.open(server.port, `idle-${i}`, query, () => {}, idlePerSocket)));
  // The first of everything costs code and caches that later ones share.
  for (const each of await open(1)) each.close();
  const before = await server.usage();
  const subscribers: readonly Subscriber[] = await open(idleSockets);
  await sleep(500);
  const { rssBytes } = await server.usage();
  for (const each of subscribers) each.close();
  const count = idleSockets * idlePerSocket;
  say(`${count} idle subscriptions over ${idleSockets} sockets`);
  return {
    name: "fan-out, idle subscription",
    unit: "KiB",
    specstar: (rssBytes - before.rssBytes) / 1024 / count,
    goal: goals.idleKiB,
    atMost: true,
  };
}
