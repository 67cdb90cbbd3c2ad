import "./version-guard.ts";
import type { ConnectionOptions } from "node:tls";
import { fail } from "./errors.ts";
import { defaultDeliveryLimit } from "./queue/check-message.ts";
import type { MessageQueue } from "./queue/message-queue.ts";
import { RabbitmqQueue } from "./queue/rabbitmq/rabbitmq-queue.ts";
import { aCount, anObject, aString, checkOptions, type OptionCheck } from "./spec/check-options.ts";
import { type Context, systemContext } from "./storage/context.ts";

export interface RabbitmqOptions {
  /** `amqp://user:password@host:5672/vhost`, or `amqps://…` */
  readonly url: string;
  /** Stands in the names of all queues, so that several platforms can share a broker (default none): letters, digits, "_", "-". */
  readonly prefix?: string;
  /** How often a message is delivered before it is dead (default 20). Queues are made with it. */
  readonly deliveryLimit?: number;
  /** The most messages that wait for their confirm at once (default 1 000); others wait before they are sent. */
  readonly window?: number;
  /** For a connection to be made, in milliseconds (default 5 000). */
  readonly connectMs?: number;
  /** For a message to be confirmed, in milliseconds, with all that it has to wait for before (default 10 000). */
  readonly putMs?: number;
  /** Between signs of life (default 10): a connection without any for twice as long is lost. */
  readonly heartbeatSeconds?: number;
  /** What Node's `tls.connect` takes, for `amqps`: `ca`, `cert`, `key` … */
  readonly tls?: ConnectionOptions;
  readonly context?: Context;
}

const checks: Record<keyof RabbitmqOptions, OptionCheck> = {
  url: { ...aString, required: true },
  prefix: {
    takes: 'up to 40 letters, digits, "_" and "-"',
    allows: (value) => typeof value === "string" && /^[A-Za-z0-9_-]{0,40}$/.test(value),
  },
  deliveryLimit: aCount,
  window: aCount,
  connectMs: aCount,
  putMs: aCount,
  heartbeatSeconds: aCount,
  tls: anObject,
  context: anObject,
};

/**
 * Messages in quorum queues of RabbitMQ (3.10 or newer): for many processes, on as many machines. A broker that was away is
 * found again by itself.
 */
export function rabbitmqQueue(options: RabbitmqOptions): MessageQueue {
  checkOptions("rabbitmqQueue", options, checks);
  // Never shown: it may hold a password.
  if (!/^amqps?:\/\/./.test(options.url) || !URL.canParse(options.url))
    throw fail("BAD_REQUEST", "rabbitmqQueue: url is like amqp://user:password@host:5672/vhost, or amqps://…", { field: "url" });
  const { url, prefix = "", deliveryLimit = defaultDeliveryLimit, window = 1000 } = options;
  const { connectMs = 5_000, putMs = 10_000, heartbeatSeconds = 10, tls = {}, context = systemContext } = options;
  return new RabbitmqQueue({ url, prefix, deliveryLimit, window, connectMs, putMs, heartbeatSeconds, tls, context });
}
