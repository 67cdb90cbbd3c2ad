import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FanOutReader } from "./fan-out-reader.ts";
import { ServerFleet } from "./server-fleet.ts";
import { poll, type Subscription, send, transports } from "./transports.ts";

export interface FanOut {
  /** As `storageOf` takes it. */
  readonly storage: string;
  readonly processes: number;
  readonly subscribers: number;
  /** How many changes are written. */
  readonly events: number;
  /** Writes per second; as fast as they go unless told. */
  readonly rate?: number;
  readonly resources: number;
  /** Each subscriber follows one resource instead of all. */
  readonly one?: boolean;
  /** Forced reconnects of each subscriber. */
  readonly reconnects: number;
  /** Servers that are killed and replaced. */
  readonly kills: number;
  /** More subscribers, which stop reading at once. */
  readonly stalled?: number;
  readonly say?: (line: string) => void;
}

export interface FanOutReport {
  readonly written: number;
  /** Acknowledged writes that are not in the feed. */
  readonly lost: number;
  readonly delivered: number;
  readonly missing: number;
  readonly repeated: number;
  readonly outOfOrder: number;
  readonly reconnected: number;
  /** From the change's instant, which is before its commit, to its arrival, in milliseconds. */
  readonly lag: { readonly p50: number; readonly p99: number };
  readonly seconds: number;
  /** What the servers' resident memory grew by from before the stalled readers came until the end, in bytes. */
  readonly grown: number;
}

const kinds = Object.values(transports);

/** Subscribers of every kind on several server processes follow changes while connections and servers break. */
export async function fanOut(plan: FanOut): Promise<FanOutReport> {
  const fleet = new ServerFleet(plan.storage);
  const readers: FanOutReader[] = [];
  try {
    await fleet.start(plan.processes);
    const ids = await Promise.all(Array.from({ length: plan.resources }, (_, i) => create(fleet.url(i))));
    // Servers that have worked hold more memory than those that have not: first the same load with readers that read.
    for (const each of await load(fleet, plan.stalled ?? 0, false)) each.close();
    const before = await fleet.memory();
    const stalled = await load(fleet, plan.stalled ?? 0, true);
    const start = (await poll(fleet.url(0), {})).cursor;
    for (let i = 0; i < plan.subscribers; i++) {
      const id = plan.one ? ids[i % ids.length] : undefined;
      readers.push(new FanOutReader(kinds[i % kinds.length] ?? transports["REST over SSE"], fleet, i, { id }));
    }
    await Promise.all(readers.map((reader) => reader.open()));
    plan.say?.(`${plan.subscribers} subscribers are ready on ${plan.processes} processes`);
    const began = performance.now();
    const expected = plan.one ? Math.ceil(plan.events / plan.resources) : plan.events;
    const following = readers.map((reader) => reader.follow(Math.floor(expected / (plan.reconnects + 1)), plan.reconnects));
    const acknowledged = await write(plan, fleet, ids);
    const truth = await allChanges(fleet.url(0), start);
    for (const reader of readers) reader.finish(truth);
    await Promise.all(following);
    const seconds = (performance.now() - began) / 1000;
    const after = await fleet.memory();
    for (const each of stalled) each.close();
    const grown = sum(after) - sum(before);
    const lost = acknowledged.filter((key) => !truth.some((change) => change.key === key)).length;
    return { ...reportOf(readers), written: truth.length, lost, seconds, grown };
  } finally {
    for (const reader of readers) reader.close();
    await fleet.stop();
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

async function create(url: string): Promise<string> {
  const { body } = await send("POST", `${url}/articles`, { title: "followed" });
  return String(Object(body).id);
}

/** More readers of everything, under as many bytes as fill all buffers between servers and readers that stall. */
async function load(fleet: ServerFleet, count: number, stalled: boolean): Promise<readonly Subscription[]> {
  const streams = [transports["GraphQL over WebSocket"], transports["GraphQL over SSE"]];
  const readers = await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const open = streams[i % streams.length] ?? transports["GraphQL over SSE"];
      const subscription = await open(fleet.url(i), { heavy: true });
      await subscription.next();
      if (stalled) subscription.stall();
      return subscription;
    }),
  );
  const body = "x".repeat(16_000);
  for (let i = 0; i < (count > 0 ? 300 : 0); i++) await send("POST", `${fleet.url(i)}/articles`, { title: "heavy", body });
  return readers;
}

/** Writes over all servers, a write at a time for each resource; answers what was acknowledged. Servers are killed in between. */
async function write({ events, rate, kills, say }: FanOut, fleet: ServerFleet, ids: readonly string[]): Promise<readonly string[]> {
  const acknowledged: string[] = [];
  const began = performance.now();
  let [next, killed] = [0, Promise.resolve()];
  const worker = async (): Promise<void> => {
    for (let n = next++; n < events; n = next++) {
      if (rate !== undefined) await sleep(Math.max(0, began + (n * 1000) / rate - performance.now()));
      const kill = Math.floor((n * (kills + 1)) / events) > Math.floor(((n - 1) * (kills + 1)) / events) && n > 0;
      if (kill) {
        say?.(`killing a server after ${n} writes`);
        killed = killed.then(() => fleet.replace(n));
      }
      acknowledged.push(await change(fleet, n, ids[n % ids.length] ?? ""));
    }
  };
  await Promise.all(Array.from({ length: 16 }, worker));
  await killed;
  return acknowledged;
}

/** One change that is acknowledged, however many servers die over it. */
async function change(fleet: ServerFleet, n: number, id: string): Promise<string> {
  for (let attempt = 0; ; attempt++) {
    try {
      const { status, body } = await send("PATCH", `${fleet.url(n + attempt)}/articles/${id}`, { views: n * 1000 + attempt + 1 });
      if (status === 200) return `${id}.${Object(body).meta.version}`;
    } catch {
      // The server is gone: the next one may be asked.
    }
    await sleep(20);
  }
}

/** What the feed says afterwards, in its order. */
async function allChanges(url: string, start: string) {
  const changes: { readonly id: string; readonly key: string }[] = [];
  for (let [after, more] = [start, true]; more; ) {
    const page = await poll(url, { after }, { limit: "200" });
    for (const { id, version } of page.items) changes.push({ id: id ?? "", key: `${id}.${version}` });
    [after, more] = [page.cursor, page.hasMore];
  }
  return changes;
}

function reportOf(readers: readonly FanOutReader[]) {
  const lags = readers.flatMap(({ lags }) => lags).sort((a, b) => a - b);
  const at = (part: number) => lags[Math.floor((lags.length - 1) * part)] ?? 0;
  const total = (of: (reader: FanOutReader) => number) => sum(readers.map(of));
  return {
    delivered: lags.length,
    missing: total((reader) => reader.missing),
    repeated: total((reader) => reader.repeated),
    outOfOrder: total((reader) => reader.outOfOrder),
    reconnected: total((reader) => reader.reconnected),
    lag: { p50: at(0.5), p99: at(0.99) },
  };
}

/** What can be run as a command. */
const plans = {
  full: { processes: 4, subscribers: 200, events: 2000, resources: 50, reconnects: 5, kills: 2 },
  lag: { processes: 4, subscribers: 200, events: 10_000, rate: 500, resources: 50, one: true, reconnects: 0, kills: 0 },
  small: { processes: 2, subscribers: 20, events: 200, resources: 10, reconnects: 2, kills: 1 },
};
const numbers = ["processes", "subscribers", "events", "rate", "resources", "reconnects", "kills", "stalled"];

const say = (line: string): void => void process.stdout.write(`${line}\n`);

/**
 * `node --conditions=source test/feed/fan-out.ts --full`, or `--lag`, with `--storage=postgres://…#schema` instead of a folder
 * that is made for it, and any number of the plan: `--subscribers=100 --stalled=200`.
 */
async function main(): Promise<void> {
  const text = { type: "string" } as const;
  const flag = { type: "boolean" } as const;
  const { values } = parseArgs({
    options: { full: flag, lag: flag, small: flag, storage: text, ...Object.fromEntries(numbers.map((name) => [name, text])) },
  });
  const plan = values.full ? plans.full : values.lag ? plans.lag : plans.small;
  const changed = Object.fromEntries(numbers.flatMap((name) => (name in values ? [[name, Number(Object(values)[name])]] : [])));
  const folder = await mkdtemp(join(tmpdir(), "specstar-fan-out-"));
  try {
    const report = await fanOut({ ...plan, ...changed, storage: values.storage ?? `disk:${folder}`, say });
    say(JSON.stringify(report, null, 2));
    process.exitCode = report.missing + report.repeated + report.outOfOrder + report.lost > 0 ? 1 : 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.main) await main();
