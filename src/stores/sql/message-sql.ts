import type { ClaimedMessage, DeadRow } from "../../storage/message-rows.ts";
import type { Row } from "./resource-rows.ts";

/** Of `place, id, body, deliveries`. */
export const claimedOf = ([place, id, body, deliveries]: Row): ClaimedMessage => ({
  place: Number(place),
  id: String(id),
  body: String(body),
  deliveries: Number(deliveries),
});

/** Of `id, body, reason, died_at`. */
export const deadOf = ([id, body, reason, at]: Row): DeadRow => ({
  id: String(id),
  body: String(body),
  reason: String(reason),
  at: Number(at),
});

/** Oldest first: what an update answers has no order. */
export const sorted = (claimed: readonly ClaimedMessage[]): readonly ClaimedMessage[] => claimed.toSorted((a, b) => a.place - b.place);
