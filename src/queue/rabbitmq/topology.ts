import type { ChannelModel } from "amqplib";
import { declarationError } from "./rabbitmq-errors.ts";

/** What a queue of ours is called at the broker. */
export interface BrokerNames {
  readonly queue: string;
  readonly dead: string;
  /** Takes what is dead, and gives it to the queue of the same key: programs of others may bind to it too. */
  readonly deadExchange: string;
}

export function brokerNames(prefix: string, queue: string): BrokerNames {
  const root = prefix === "" ? "specstar" : `specstar.${prefix}`;
  return { queue: `${root}.${queue}`, dead: `${root}.${queue}.dead`, deadExchange: `${root}.dead-letters` };
}

/** Newer brokers drop a message that was looked at twenty times, unless they are told otherwise. */
const lookedAtForever = 1_000_000_000;

/**
 * Makes what is not there, and finds out whether what is there is as it would be made.
 * @throws CONFLICT that names what differs
 */
export async function declareTopology(model: ChannelModel, queues: readonly BrokerNames[], deliveryLimit: number): Promise<void> {
  const channel = await model.createChannel();
  // What is refused is heard from the call that was refused.
  channel.on("error", () => {});
  for (const { queue, dead, deadExchange } of queues) {
    await declared(channel.assertExchange(deadExchange, "direct", { durable: true }), `Exchange ${deadExchange}`, removal("exchange"));
    const deadArguments = { "x-queue-type": "quorum", "x-delivery-limit": lookedAtForever };
    await declared(channel.assertQueue(dead, { durable: true, arguments: deadArguments }), `Queue ${dead}`, removal("queue"));
    await channel.bindQueue(dead, deadExchange, queue);
    const arguments_ = {
      "x-queue-type": "quorum",
      // The broker counts those behind the first one.
      "x-delivery-limit": deliveryLimit - 1,
      "x-dead-letter-exchange": deadExchange,
      "x-dead-letter-routing-key": queue,
      // Dead letters are as safe as the others: they stay until the dead queue has them. That needs the overflow.
      "x-dead-letter-strategy": "at-least-once",
      "x-overflow": "reject-publish",
    };
    await declared(channel.assertQueue(queue, { durable: true, arguments: arguments_ }), `Queue ${queue}`, removal("queue"));
  }
  await channel.close();
}

const removal = (what: "queue" | "exchange"): string =>
  what === "queue"
    ? "Give this program the options that it was made with, or let it run empty and delete it: rabbitmqctl delete_queue --if-empty NAME"
    : "Delete it, if it is nobody else's: it is made again";

async function declared(declaring: Promise<unknown>, what: string, mend: string): Promise<void> {
  try {
    await declaring;
  } catch (thrown) {
    throw declarationError(thrown, what, mend.replace("NAME", what.replace("Queue ", "")));
  }
}
