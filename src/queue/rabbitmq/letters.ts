import { isUtf8 } from "node:buffer";
import type { Message as BrokerMessage, Options } from "amqplib";
import { neverSettled } from "../../storage/message-rows.ts";
import { messageRefusal } from "../check-message.ts";
import type { DeadMessage, Delivery, Message } from "../message-queue.ts";
import type { BrokerNames } from "./topology.ts";

/** What is published, and where. */
export interface Letter {
  readonly exchange: string;
  readonly key: string;
  readonly content: Buffer;
  readonly options: Options.Publish;
}

const ours = "specstar";
const reasonHeader = "x-specstar-reason";
const properties = { appId: ours, contentType: "application/json", contentEncoding: "utf-8" };

export const letterOf = ({ queue }: BrokerNames, { id, body }: Message): Letter => ({
  exchange: "",
  key: queue,
  content: Buffer.from(body),
  options: { ...properties, messageId: id },
});

/** A delivery as it is written to the dead queue: foreign ones stay recognizably foreign. */
export function deadLetterOf({ deadExchange, queue }: BrokerNames, message: BrokerMessage, reason: string): Letter {
  const { messageId, contentType } = message.properties;
  const options = isOurs(message)
    ? { ...properties, messageId: String(messageId) }
    : { ...(typeof contentType === "string" ? { contentType } : {}) };
  return { exchange: deadExchange, key: queue, content: message.content, options: { ...options, headers: { [reasonHeader]: reason } } };
}

/** Whether one of us has put it there. Anybody may write to a queue whose name he knows. */
function isOurs({ properties: { appId, messageId }, content }: BrokerMessage): boolean {
  return appId === ours && isUtf8(content) && messageRefusal({ id: messageId, body: content.toString() }) === undefined;
}

/** Undefined for what is foreign. */
export function deliveryOf(message: BrokerMessage): Delivery | undefined {
  if (!isOurs(message)) return undefined;
  const before: unknown = message.properties.headers?.["x-delivery-count"];
  return {
    id: String(message.properties.messageId),
    body: message.content.toString(),
    deliveries: (typeof before === "number" ? before : 0) + 1,
  };
}

const shownOfForeign = 64 * 1024;

export function deadMessageOf(message: BrokerMessage, deliveryLimit: number): DeadMessage {
  const { headers } = message.properties;
  const given: unknown = headers?.[reasonHeader];
  const death: unknown = headers?.["x-first-death-reason"];
  return {
    id: isOurs(message) ? String(message.properties.messageId) : undefined,
    body: message.content.toString("utf8", 0, shownOfForeign),
    reason:
      typeof given === "string"
        ? given
        : death === "delivery_limit"
          ? `${neverSettled}${deliveryLimit}`
          : `RabbitMQ put it aside${typeof death === "string" ? `: ${death}` : ""}`,
  };
}
