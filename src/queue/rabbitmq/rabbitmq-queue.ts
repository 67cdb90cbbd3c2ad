import { setTimeout as wait } from "node:timers/promises";
import type { ChannelModel } from "amqplib";
import { fail } from "../../errors.ts";
import { checkLimit, checkOpened, checkQueueNames, messageRefusal, prefetchOf } from "../check-message.ts";
import type { ConsumeOptions, Consumer, DeadMessage, Depth, Handler, Message, MessageQueue, PutResult } from "../message-queue.ts";
import { lookAtDead, onChannel, requeueDead } from "./dead-letters.ts";
import { type Letter, letterOf } from "./letters.ts";
import { RabbitmqConnection } from "./rabbitmq-connection.ts";
import { RabbitmqConsumer } from "./rabbitmq-consumer.ts";
import { rabbitmqError } from "./rabbitmq-errors.ts";
import { RabbitmqPublisher, type Refusal } from "./rabbitmq-publisher.ts";
import type { RabbitmqSettings } from "./rabbitmq-settings.ts";
import { type BrokerNames, brokerNames, declareTopology } from "./topology.ts";

/**
 * Before a queue that was deleted is made again. At once would be too early: a broker that has not yet told its consumers
 * takes them for those of the new queue, and what it hands to them then arrives nowhere.
 */
const mendAfterMs = 500;

/** Messages in quorum queues of a broker: one connection publishes, and one consumes, so that neither is in the other's way. */
export class RabbitmqQueue implements MessageQueue {
  readonly capabilities = { durable: true, shared: true };
  readonly #settings: RabbitmqSettings;
  #queues: ReadonlySet<string> = new Set();
  #publishing: RabbitmqConnection | undefined;
  #consuming: Promise<RabbitmqConnection> | undefined;
  readonly #publisher: RabbitmqPublisher;
  readonly #consumers = new Set<RabbitmqConsumer>();
  readonly #putting = new Set<Promise<unknown>>();
  #mending: Promise<void> | undefined;

  constructor(settings: RabbitmqSettings) {
    this.#settings = settings;
    this.#publisher = new RabbitmqPublisher({
      window: settings.window,
      putMs: settings.putMs,
      away: () => this.#publishing?.away ?? notOpen(),
      mend: () => {
        this.#mending ??= wait(mendAfterMs, undefined, { ref: false })
          .then(() => this.#ask((model) => this.#declare(model)))
          .finally(() => {
            this.#mending = undefined;
          });
        return this.#mending;
      },
    });
  }

  async open(queues: readonly string[]): Promise<void> {
    checkQueueNames(queues);
    const before = this.#queues;
    this.#queues = new Set([...before, ...queues]);
    try {
      if (this.#publishing) await this.#ask((model) => this.#declare(model));
      else this.#publishing = await this.#connect();
    } catch (thrown) {
      this.#queues = before;
      throw thrown;
    }
  }

  async #connect(): Promise<RabbitmqConnection> {
    const publisher = this.#publisher;
    const connection = new RabbitmqConnection(this.#settings, {
      name: "specstar publishing",
      setUp: async (model) => {
        await this.#declare(model);
        await publisher.attach(model);
      },
      onBlocked: (blocked) => publisher.setBlocked(blocked),
    });
    await connection.start();
    return connection;
  }

  #declare(model: ChannelModel): Promise<void> {
    const names = [...this.#queues].map((queue) => this.#names(queue));
    return declareTopology(model, names, this.#settings.deliveryLimit);
  }

  async put(queue: string, messages: readonly Message[]): Promise<readonly PutResult[]> {
    this.#opened(queue);
    const names = this.#names(queue);
    const putting = Promise.all(
      messages.map(async (message): Promise<PutResult> => {
        const error = messageRefusal(message) ?? (await this.#publish(letterOf(names, message)));
        return error ? { ok: false, error } : { ok: true };
      }),
    ).finally(() => this.#putting.delete(putting));
    this.#putting.add(putting);
    return putting;
  }

  #publish(letter: Letter): Promise<Refusal> {
    return this.#publisher.publish(letter);
  }

  async consume(queue: string, handler: Handler, options?: ConsumeOptions): Promise<Consumer> {
    this.#opened(queue);
    const consumer = new RabbitmqConsumer({
      names: this.#names(queue),
      handler,
      prefetch: prefetchOf(options),
      deliveryLimit: this.#settings.deliveryLimit,
      publish: (letter) => this.#publish(letter),
      mend: (model) => this.#declare(model),
      onClose: () => this.#consumers.delete(consumer),
    });
    this.#consuming ??= this.#startConsuming();
    const connection = await this.#consuming;
    this.#consumers.add(consumer);
    const { model } = connection;
    // Where it is away, or goes away now, the consumer subscribes when it comes back.
    await (model && consumer.subscribe(model))?.catch((thrown: unknown) => {
      if (connection.model !== model) return;
      this.#consumers.delete(consumer);
      throw rabbitmqError(thrown);
    });
    return consumer;
  }

  async #startConsuming(): Promise<RabbitmqConnection> {
    const connection = new RabbitmqConnection(this.#settings, {
      name: "specstar consuming",
      setUp: async (model) => {
        await this.#declare(model);
        for (const consumer of this.#consumers) await consumer.subscribe(model);
      },
    });
    await connection.start().catch((thrown: unknown) => {
      this.#consuming = undefined;
      throw thrown;
    });
    return connection;
  }

  depth(queue: string): Promise<Depth> {
    return this.#about(queue, (model, names) =>
      onChannel(model, async (channel) => {
        const { messageCount: waiting } = await channel.checkQueue(names.queue);
        return { waiting, dead: (await channel.checkQueue(names.dead)).messageCount };
      }),
    );
  }

  async dead(queue: string, limit: number): Promise<readonly DeadMessage[]> {
    this.#opened(queue);
    checkLimit(limit);
    return this.#about(queue, (model, names) => lookAtDead(model, names, limit, this.#settings.deliveryLimit));
  }

  requeueDead(queue: string, ids?: readonly string[]): Promise<number> {
    return this.#about(queue, (model, names) => requeueDead(model, names, (letter) => this.#publish(letter), ids));
  }

  async close(): Promise<void> {
    const [publishing, consuming] = [this.#publishing, this.#consuming];
    this.#publishing = undefined;
    this.#consuming = undefined;
    for (const consumer of this.#consumers) consumer.stop();
    this.#consumers.clear();
    await (await consuming?.catch(() => undefined))?.close();
    await Promise.allSettled(this.#putting);
    await publishing?.close();
    this.#queues = new Set();
  }

  async #about<Answer>(queue: string, work: (model: ChannelModel, names: BrokerNames) => Promise<Answer>): Promise<Answer> {
    this.#opened(queue);
    return this.#ask((model) => work(model, this.#names(queue)));
  }

  async #ask<Answer>(work: (model: ChannelModel) => Promise<Answer>): Promise<Answer> {
    const publishing = this.#publishing;
    if (!publishing) throw notOpen();
    if (!publishing.model) throw publishing.away;
    try {
      return await work(publishing.model);
    } catch (thrown) {
      throw rabbitmqError(thrown);
    }
  }

  #names(queue: string): BrokerNames {
    return brokerNames(this.#settings.prefix, queue);
  }

  #opened(queue: string): void {
    if (!this.#publishing) throw notOpen();
    checkOpened(this.#queues, queue);
  }
}

const notOpen = () => fail("UNAVAILABLE", "The message queue is not open");
