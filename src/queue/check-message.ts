import { fail, type SpecStarError } from "../errors.ts";
import type { ConsumeOptions, Message } from "./message-queue.ts";

export const defaultPrefetch = 16;
export const defaultDeliveryLimit = 20;
const maxBodyBytes = 64 * 1024;
const mostPrefetched = 1000;

/** Carriers make longer names of them, with dots between the parts. */
export function checkQueueNames(queues: readonly string[]): void {
  for (const queue of queues) {
    if (typeof queue === "string" && /^[A-Za-z][A-Za-z0-9_-]{0,63}$/.test(queue) && queue !== "dead") continue;
    throw fail(
      "BAD_REQUEST",
      `${JSON.stringify(queue)} is no name for a queue: that is 1 to 64 letters, digits, "_" and "-", a letter first, and not "dead"`,
    );
  }
}

export function checkOpened(opened: ReadonlySet<string>, queue: string): void {
  if (opened.has(queue)) return;
  throw fail(
    "BAD_REQUEST",
    `There is no queue ${JSON.stringify(queue)}. Name it when the message queue is opened: ${[...opened].join(", ")}`,
  );
}

/** Why no queue takes this message; undefined where it may go. */
export function messageRefusal({ id, body }: Message): SpecStarError | undefined {
  if (typeof id !== "string" || !/^[!-~]{1,200}$/.test(id))
    return fail("BAD_REQUEST", "The id of a message is 1 to 200 printable ASCII characters without blanks");
  if (typeof body !== "string" || body.includes("\0") || !body.isWellFormed())
    return fail("BAD_REQUEST", "The body of a message is text, without U+0000 and halves of surrogate pairs", { id });
  if (Buffer.byteLength(body) > maxBodyBytes)
    return fail(
      "PAYLOAD_TOO_LARGE",
      `The body of a message is at most ${maxBodyBytes} bytes. Put the id of a resource that holds the rest`,
      {
        id,
      },
    );
  return undefined;
}

export function prefetchOf({ prefetch = defaultPrefetch }: ConsumeOptions = {}): number {
  if (Number.isInteger(prefetch) && prefetch >= 1 && prefetch <= mostPrefetched) return prefetch;
  throw fail("BAD_REQUEST", `prefetch is a whole number from 1 to ${mostPrefetched}`, { field: "prefetch" });
}

export function checkLimit(limit: number): void {
  if (!Number.isInteger(limit) || limit < 1 || limit > 1000)
    throw fail("BAD_REQUEST", "limit is a whole number from 1 to 1000", { field: "limit" });
}
