import { setTimeout as wait } from "node:timers/promises";
import type { Message as BrokerMessage, Channel, ChannelModel } from "amqplib";
import { handled } from "../handled.ts";
import type { Consumer, Handler, Settlement } from "../message-queue.ts";
import { deadLetterOf, deliveryOf, type Letter } from "./letters.ts";
import type { Refusal } from "./rabbitmq-publisher.ts";
import type { BrokerNames } from "./topology.ts";

export interface RabbitmqConsumerParts {
  readonly names: BrokerNames;
  readonly handler: Handler;
  readonly prefetch: number;
  readonly deliveryLimit: number;
  readonly publish: (letter: Letter) => Promise<Refusal>;
  /** Makes queues that are not there. */
  readonly mend: (model: ChannelModel) => Promise<void>;
  readonly onClose: () => void;
}

/** Not sooner than the broker has told all consumers of a queue that it is gone. */
const resubscribeMs = { shortest: 500, longest: 10_000 };
const foreign: Settlement = { dead: "It is foreign: nobody has put it by a message queue of this kind" };

/** Hands what the broker delivers to a handler, on a channel of its own, of one connection after the other. */
export class RabbitmqConsumer implements Consumer {
  readonly #parts: RabbitmqConsumerParts;
  readonly #out = new Set<Promise<void>>();
  #subscribed: { readonly model: ChannelModel; readonly done: Promise<void> } | undefined;
  #channel: Channel | undefined;
  #tag = "";
  readonly #closing = new AbortController();

  constructor(parts: RabbitmqConsumerParts) {
    this.#parts = parts;
  }

  /** On this connection from now on, once. */
  subscribe(model: ChannelModel): Promise<void> {
    if (this.#subscribed?.model !== model) this.#subscribed = { model, done: this.#subscribe(model) };
    return this.#subscribed.done;
  }

  async #subscribe(model: ChannelModel): Promise<void> {
    const { names, prefetch } = this.#parts;
    const channel = await model.createChannel();
    channel.on("error", () => {});
    channel.on("close", () => {
      if (this.#channel === channel) void this.#resubscribe(model);
    });
    await channel.prefetch(prefetch);
    // No message: the queue was deleted, or has moved. The channel ends, and the next one begins with making it again.
    const deliver = (message: BrokerMessage | null) => (message ? this.#deliver(channel, message) : void channel.close().catch(() => {}));
    this.#channel = channel;
    this.#tag = (await channel.consume(names.queue, deliver)).consumerTag;
  }

  /** After a channel ended while its connection goes on. If the connection has ended too, the next one subscribes. */
  async #resubscribe(model: ChannelModel): Promise<void> {
    this.#channel = undefined;
    const { signal } = this.#closing;
    for (let waitMs = resubscribeMs.shortest; ; waitMs = Math.min(2 * waitMs, resubscribeMs.longest)) {
      await wait(waitMs, undefined, { signal, ref: false }).catch(() => {});
      if (signal.aborted || this.#subscribed?.model !== model || this.#channel) return;
      try {
        await this.#parts.mend(model);
        await this.#subscribe(model);
        return;
      } catch {
        // Again, unless the connection has ended: then the next one does it.
      }
    }
  }

  #deliver(channel: Channel, message: BrokerMessage): void {
    if (this.#closing.signal.aborted) {
      settleOn(() => channel.nack(message, false, true));
      return;
    }
    const { handler, deliveryLimit } = this.#parts;
    const delivery = deliveryOf(message);
    const out = (delivery ? handled(handler, delivery, deliveryLimit) : Promise.resolve(foreign))
      .then((as) => this.#settle(channel, message, as))
      .finally(() => this.#out.delete(out));
    this.#out.add(out);
  }

  /** What is dead is safe in its queue before it is gone from this one. */
  async #settle(channel: Channel, message: BrokerMessage, as: Settlement): Promise<void> {
    const { publish, names } = this.#parts;
    const again = typeof as === "string" ? as === "requeue" : (await publish(deadLetterOf(names, message, as.dead))) !== undefined;
    settleOn(() => (again ? channel.nack(message, false, true) : channel.ack(message)));
  }

  async close(): Promise<void> {
    this.stop();
    const channel = this.#channel;
    await channel?.cancel(this.#tag).catch(() => {});
    await Promise.all(this.#out);
    this.#channel = undefined;
    await channel?.close().catch(() => {});
    this.#parts.onClose();
  }

  /** Takes no more. */
  stop(): void {
    this.#closing.abort();
  }
}

/** On a channel that has ended nothing can be settled: what was out on it is delivered again. */
function settleOn(settle: () => void): void {
  try {
    settle();
  } catch {
    // The broker has given it back.
  }
}
