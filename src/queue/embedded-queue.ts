import { fail, SpecStarError } from "../errors.ts";
import { aCount, anObject, checkOptions, type OptionCheck } from "../spec/check-options.ts";
import { type Context, systemContext } from "../storage/context.ts";
import type { SettledMessage } from "../storage/message-rows.ts";
import type { IStorage } from "../storage/storage.ts";
import { checkLimit, checkOpened, checkQueueNames, defaultDeliveryLimit, messageRefusal, prefetchOf } from "./check-message.ts";
import { EmbeddedConsumer } from "./embedded-consumer.ts";
import type { ConsumeOptions, Consumer, DeadMessage, Depth, Handler, Message, MessageQueue, PutResult } from "./message-queue.ts";
import { Settling } from "./settling.ts";

export interface EmbeddedQueueOptions {
  /** How often a message is delivered before it is dead (default 20). */
  readonly deliveryLimit?: number;
  /** How long a process that went away without a word keeps its deliveries, in milliseconds (default 30 000). */
  readonly leaseMs?: number;
  /** How often an idle consumer looks for messages of other processes, where the storage does not hear of them (default 250). */
  readonly pollMs?: number;
  readonly context?: Context;
}

const checks: Record<keyof EmbeddedQueueOptions, OptionCheck> = {
  deliveryLimit: aCount,
  leaseMs: aCount,
  pollMs: aCount,
  context: anObject,
};

/** The part of a storage that keeps messages. */
export type MessageStorage = Pick<IStorage, "messages" | "capabilities">;

/**
 * Messages as rows of the storage: no server of its own, and as durable and shared as that storage is. The storage is opened
 * before, and closed after it.
 */
export function embeddedQueue(storage: MessageStorage, options: EmbeddedQueueOptions = {}): MessageQueue {
  checkOptions("embeddedQueue", options, checks);
  return new EmbeddedQueue(storage, options);
}

/** What this process is to the store, as long as it keeps its lease. */
interface Session {
  readonly id: string;
  readonly settling: Settling;
}

class EmbeddedQueue implements MessageQueue {
  readonly capabilities: MessageQueue["capabilities"];
  readonly #storage: MessageStorage;
  readonly #deliveryLimit: number;
  readonly #leaseMs: number;
  readonly #pollMs: number;
  readonly #context: Context;
  readonly #queues = new Set<string>();
  readonly #consumers = new Map<EmbeddedConsumer, string>();
  #session: Session | undefined;
  #beating: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #unwatch: () => void = () => {};

  constructor(storage: MessageStorage, { deliveryLimit, leaseMs, pollMs, context }: EmbeddedQueueOptions) {
    const { durable, shared } = storage.capabilities;
    this.capabilities = { durable, shared };
    this.#storage = storage;
    this.#deliveryLimit = deliveryLimit ?? defaultDeliveryLimit;
    this.#leaseMs = leaseMs ?? 30_000;
    this.#pollMs = pollMs ?? 250;
    this.#context = context ?? systemContext;
  }

  /** Queues are no more than a column: there is nothing to make. */
  async open(queues: readonly string[]): Promise<void> {
    checkQueueNames(queues);
    if (!this.#session) {
      this.#session = await this.#join();
      this.#unwatch = this.#storage.messages.watch(() => this.#wake());
      this.#timer = setInterval(() => {
        this.#beating = this.#beating.then(() => this.#beat()).catch(() => {});
      }, this.#leaseMs / 3).unref();
      await this.#storage.messages.release(this.#deliveryLimit);
    }
    for (const queue of queues) this.#queues.add(queue);
  }

  async #join(): Promise<Session> {
    const id = this.#context.uuid();
    const { messages } = this.#storage;
    await messages.join(id, this.#leaseMs);
    const settle = (settled: readonly SettledMessage[]) => messages.settle(id, settled);
    return { id, settling: new Settling(settle, this.#context.random) };
  }

  /** Holds on to what is out, and gives back what others held who are gone. */
  async #beat(): Promise<void> {
    const { messages } = this.#storage;
    const session = this.#session;
    if (!session) return;
    if (!(await messages.extend(session.id, this.#leaseMs))) await this.#begin(session);
    if ((await messages.release(this.#deliveryLimit)) > 0) this.#wake();
  }

  /** This process stood still for longer than its lease: what was out is delivered elsewhere, and nothing of it can be settled here. */
  async #begin(lost: Session): Promise<void> {
    const session = await this.#join();
    if (this.#session !== lost) return this.#storage.messages.leave(session.id, this.#deliveryLimit);
    this.#session = session;
    await lost.settling.stop();
    this.#wake();
  }

  async put(queue: string, messages: readonly Message[]): Promise<readonly PutResult[]> {
    this.#opened(queue);
    const refusals = messages.map(messageRefusal);
    const taken = messages.filter((_, i) => refusals[i] === undefined);
    let failure: SpecStarError | undefined;
    if (taken.length > 0)
      await this.#storage.messages.put(queue, taken).catch((thrown: unknown) => {
        if (!(thrown instanceof SpecStarError)) throw thrown;
        failure = thrown;
      });
    this.#wake(queue);
    return refusals.map((refusal): PutResult => {
      const error = refusal ?? failure;
      return error ? { ok: false, error } : { ok: true };
    });
  }

  async consume(queue: string, handler: Handler, options?: ConsumeOptions): Promise<Consumer> {
    this.#opened(queue);
    const consumer = new EmbeddedConsumer({
      handler,
      prefetch: prefetchOf(options),
      deliveryLimit: this.#deliveryLimit,
      pollMs: this.#pollMs,
      claim: async (limit) => {
        const session = this.#opened(queue);
        const claimed = await this.#storage.messages.claim(queue, session.id, limit);
        return claimed.map((message) => ({ message, settle: (settled) => session.settling.settle(settled) }));
      },
      onClose: () => this.#consumers.delete(consumer),
    });
    this.#consumers.set(consumer, queue);
    return consumer;
  }

  async depth(queue: string): Promise<Depth> {
    this.#opened(queue);
    return this.#storage.messages.depth(queue);
  }

  async dead(queue: string, limit: number): Promise<readonly DeadMessage[]> {
    this.#opened(queue);
    checkLimit(limit);
    return (await this.#storage.messages.dead(queue, limit)).map(({ id, body, reason }) => ({ id, body, reason }));
  }

  async requeueDead(queue: string, ids?: readonly string[]): Promise<number> {
    this.#opened(queue);
    const count = await this.#storage.messages.requeueDead(queue, ids);
    this.#wake(queue);
    return count;
  }

  async close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    clearInterval(this.#timer);
    this.#unwatch();
    await Promise.all([...this.#consumers.keys()].map((consumer) => consumer.stop()));
    await this.#beating;
    await session.settling.stop();
    await this.#storage.messages.leave(session.id, this.#deliveryLimit);
    this.#consumers.clear();
    this.#queues.clear();
  }

  #wake(queue?: string): void {
    for (const [consumer, of] of this.#consumers) if (queue === undefined || of === queue) consumer.wake();
  }

  #opened(queue: string): Session {
    if (!this.#session) throw fail("UNAVAILABLE", "The message queue is not open");
    checkOpened(this.#queues, queue);
    return this.#session;
  }
}
