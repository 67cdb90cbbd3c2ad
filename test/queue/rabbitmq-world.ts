import { randomUUID } from "node:crypto";
import { type Channel, type ChannelModel, connect } from "amqplib";
import { onTestFinished } from "vitest";
import type { MessageQueue } from "../../src/queue/message-queue.ts";
import { type RabbitmqOptions, rabbitmqQueue } from "../../src/rabbitmq.ts";
import { FaultProxy } from "../crash/fault-proxy.ts";
import { rabbitmqUrl } from "../support/rabbitmq-broker.ts";
import { deliveryLimit } from "./case.ts";
import type { StartWorld } from "./conformance.ts";

/** Works on the broker behind the carrier's back. */
export async function atBroker<Answer>(work: (channel: Channel, model: ChannelModel) => Promise<Answer>): Promise<Answer> {
  const model = await connect(rabbitmqUrl);
  try {
    const channel = await model.createChannel();
    return await work(channel, model);
  } finally {
    await model.close();
  }
}

/** What is there of these queues, and the exchange of their dead. */
const remove = (prefix: string, queues: readonly string[]): Promise<void> =>
  atBroker(async (channel) => {
    for (const queue of queues) for (const name of [queue, `${queue}.dead`]) await channel.deleteQueue(`specstar.${prefix}.${name}`);
    await channel.deleteExchange(`specstar.${prefix}.dead-letters`);
  });

const addressOf = (port: number): string => {
  const url = new URL(rabbitmqUrl);
  url.hostname = "127.0.0.1";
  url.port = String(port);
  return url.href;
};

export const startProxy = (): Promise<FaultProxy> => {
  const { hostname, port } = new URL(rabbitmqUrl);
  return FaultProxy.start(hostname, Number(port || 5672));
};

export const onRabbitmq: StartWorld = async () => {
  const prefix = randomUUID().slice(0, 8);
  const started: { readonly queue: MessageQueue; readonly proxy: FaultProxy }[] = [];
  return {
    process: async () => {
      const proxy = await startProxy();
      const queue = rabbitmqQueue({ url: addressOf(proxy.port), prefix, deliveryLimit });
      started.push({ queue, proxy });
      return { queue, kill: () => proxy.set({ kind: "refuse" }) };
    },
    cleanup: async (queues) => {
      for (const { queue, proxy } of started) {
        await queue.close();
        await proxy.close();
      }
      await remove(prefix, queues);
    },
  };
};

export interface Broken {
  readonly queue: MessageQueue;
  readonly proxy: FaultProxy;
  readonly prefix: string;
  /** The name of a queue at the broker. */
  readonly at: (queue: string) => string;
}

/** A carrier that reaches the broker by a way that can be broken, open with a queue `jobs`; gone with the test. */
export async function openBroken(options: Partial<RabbitmqOptions> = {}): Promise<Broken> {
  const prefix = randomUUID().slice(0, 8);
  const proxy = await startProxy();
  const queue = rabbitmqQueue({ url: addressOf(proxy.port), prefix, deliveryLimit, ...options });
  onTestFinished(async () => {
    proxy.set({ kind: "none" });
    await queue.close();
    await proxy.close();
    await remove(prefix, ["jobs"]);
  });
  await queue.open(["jobs"]);
  return { queue, proxy, prefix, at: (name) => `specstar.${prefix}.${name}` };
}
