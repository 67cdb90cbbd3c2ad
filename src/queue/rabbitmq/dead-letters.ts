import type { Channel, ChannelModel, GetMessage } from "amqplib";
import type { DeadMessage } from "../message-queue.ts";
import { deadMessageOf, type Letter, letterOf } from "./letters.ts";
import type { Refusal } from "./rabbitmq-publisher.ts";
import type { BrokerNames } from "./topology.ts";

/** Work on a channel of its own. What is not settled on it then is given back. */
export async function onChannel<Answer>(model: ChannelModel, work: (channel: Channel) => Promise<Answer>): Promise<Answer> {
  const channel = await model.createChannel();
  channel.on("error", () => {});
  try {
    return await work(channel);
  } finally {
    await channel.close().catch(() => {});
  }
}

async function* lettersIn(channel: Channel, queue: string, limit: number): AsyncGenerator<GetMessage> {
  for (let count = 0; count < limit; count++) {
    const message = await channel.get(queue);
    if (!message) return;
    yield message;
  }
}

export function lookAtDead(model: ChannelModel, { dead }: BrokerNames, limit: number, deliveryLimit: number): Promise<DeadMessage[]> {
  return onChannel(model, async (channel) => {
    const found: DeadMessage[] = [];
    for await (const message of lettersIn(channel, dead, limit)) found.push(deadMessageOf(message, deliveryLimit));
    channel.nackAll(true);
    return found;
  });
}

/** Takes up all that are there now, one after the other, and lets go of those that stay at the end: else it would see them again. */
export function requeueDead(
  model: ChannelModel,
  names: BrokerNames,
  publish: (letter: Letter) => Promise<Refusal>,
  ids: readonly string[] | undefined,
): Promise<number> {
  const chosen = ids && new Set(ids);
  return onChannel(model, async (channel) => {
    const { messageCount } = await channel.checkQueue(names.dead);
    let count = 0;
    for await (const message of lettersIn(channel, names.dead, messageCount)) {
      const { id, body } = deadMessageOf(message, 0);
      if (id === undefined || (chosen && !chosen.has(id))) continue;
      const refusal = await publish(letterOf(names, { id, body }));
      if (refusal) throw refusal;
      channel.ack(message);
      count += 1;
    }
    channel.nackAll(true);
    return count;
  });
}
