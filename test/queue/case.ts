import { expect, vi } from "vitest";
import type { Consumer, Delivery, Handler, Message, MessageQueue, Settlement } from "../../src/queue/message-queue.ts";

/** A carrier as one process has it. */
export interface Process {
  readonly queue: MessageQueue;
  /** Ends it without a word: it settles nothing any more, and nobody is told. */
  readonly kill: () => void;
}

/** What a case gets: a carrier, open with two empty queues that no other case sees. Its `deliveryLimit` is 3. */
export interface Env {
  readonly queue: MessageQueue;
  readonly jobs: string;
  readonly mails: string;
  /** Another process on the same queues, open. */
  readonly another: () => Promise<Process>;
  /** Closes the carrier and opens its data anew. Only for cases that need `durable`. */
  readonly reopen: () => Promise<MessageQueue>;
}

export const deliveryLimit = 3;

/** One law of `MessageQueue`, as one run. Cases are data, so that the mutants can be put before them too. */
export interface Case {
  readonly name: string;
  readonly needs?: "durable";
  readonly run: (env: Env) => Promise<void>;
}

export const message = (id: string, body: unknown = { id }): Message => ({ id, body: JSON.stringify(body) });
export const messages = (count: number, of = "job"): Message[] => Array.from({ length: count }, (_, i) => message(`${of}_${i}`));

/** Puts messages that must all be taken. */
export async function put(queue: MessageQueue, name: string, ...given: readonly Message[]): Promise<void> {
  expect(await queue.put(name, given)).toEqual(given.map(() => ({ ok: true })));
}

/** What was delivered, in order, and what is made of it: an ack unless told. */
export interface Inbox {
  readonly deliveries: Delivery[];
  readonly ids: () => string[];
  readonly consumer: Consumer;
}

export async function inbox(queue: MessageQueue, name: string, settle: Handler = acked, prefetch?: number): Promise<Inbox> {
  const deliveries: Delivery[] = [];
  const handler: Handler = (delivery) => {
    deliveries.push(delivery);
    return settle(delivery);
  };
  const consumer = await queue.consume(name, handler, prefetch === undefined ? {} : { prefetch });
  return { deliveries, ids: () => deliveries.map(({ id }) => id), consumer };
}

export const acked: Handler = async () => "ack";
/** Of whoever never comes to an end. */
export const hanging: Handler = () => new Promise<Settlement>(() => {});

/** Asks until it holds: how long a carrier takes is not what these tests are about. */
export const eventually = <T>(check: () => T | Promise<T>): Promise<T> => vi.waitFor(check, { timeout: patienceMs, interval: 5 });

/** Broken carriers never come to it: before them there is less patience. */
export let patienceMs = 20_000;
export function setPatience(ms: number): void {
  patienceMs = ms;
}

export const expectDepth = (queue: MessageQueue, name: string, waiting: number, dead = 0): Promise<void> =>
  eventually(async () => expect(await queue.depth(name)).toEqual({ waiting, dead }));

/** All that a queue still delivers, without what is dead, up to a last message that is put for that. */
export async function rest(queue: MessageQueue, name: string): Promise<string[]> {
  await expectDepthIsKnown(queue, name);
  const { waiting } = await queue.depth(name);
  await put(queue, name, message("the-last"));
  const box = await inbox(queue, name);
  await eventually(() => {
    expect(box.ids()).toContain("the-last");
    expect(box.ids().length).toBeGreaterThanOrEqual(waiting + 1);
  });
  await box.consumer.close();
  return box.ids().filter((id) => id !== "the-last");
}

/** Counts of a broker may be those of a moment ago: they are known when two looks agree. */
async function expectDepthIsKnown(queue: MessageQueue, name: string): Promise<void> {
  let before = await queue.depth(name);
  await eventually(async () => {
    const now = await queue.depth(name);
    const same = now.waiting === before.waiting && now.dead === before.dead;
    before = now;
    expect(same).toBe(true);
  });
}
