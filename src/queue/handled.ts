import { fail } from "../errors.ts";
import type { Delivery, Handler, Settlement } from "./message-queue.ts";

const longestReason = 500;

/**
 * What becomes of a delivery: what the handler says, again where it failed, and dead where this was the last time. It never
 * throws: what is wrong with one message is nobody else's matter.
 */
export async function handled(handler: Handler, delivery: Delivery, deliveryLimit: number): Promise<Settlement> {
  let settlement: Settlement = "requeue";
  let reason = "The handler gave it back";
  try {
    settlement = checked(await handler(delivery));
  } catch (thrown) {
    reason = thrown instanceof Error ? thrown.message || thrown.name : String(thrown);
  }
  if (settlement === "requeue" && delivery.deliveries >= deliveryLimit)
    settlement = { dead: `${reason} (delivery ${delivery.deliveries} of ${deliveryLimit})` };
  return typeof settlement === "string" ? settlement : { dead: reasonText(settlement.dead) };
}

/** A handler may be written in JavaScript, and forget to answer: that is no ack. */
function checked(settlement: Settlement): Settlement {
  if (settlement === "ack" || settlement === "requeue" || typeof settlement?.dead === "string") return settlement;
  throw fail("INTERNAL", 'A handler answers "ack", "requeue" or { dead: reason }');
}

/** Short, and text that every carrier can keep. */
const reasonText = (reason: string): string => reason.replaceAll("\0", "").slice(0, longestReason).toWellFormed();
