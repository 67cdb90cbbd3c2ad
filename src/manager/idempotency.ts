import { hash } from "node:crypto";
import { fail } from "../errors.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Reply, Stored } from "../storage/rows.ts";
import type { WriteOperation } from "./events.ts";
import { Written } from "./resource.ts";
import type { Scope } from "./scope.ts";

export const replyLifetimeMs = 24 * 60 * 60 * 1000;

/** Keys are the caller's own: another actor, operation or spec may use the same one. */
export function replyKey({ actor, spec }: Scope, operation: WriteOperation, idempotencyKey: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
    throw fail("BAD_REQUEST", "An idempotency key is 1 to 255 visible ASCII characters", { field: "idempotencyKey" });
  return hash("sha256", JSON.stringify([actor.id, operation, spec.name, idempotencyKey]));
}

/** The result that was given first. */
export function replayed<T>(spec: ResourceSpec, reply: Reply, payload: string): Written<T> {
  if (reply.payload !== payload)
    throw fail("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another payload", { resource: spec.name });
  // Written by commitOnce as this very type.
  return new Written(spec, JSON.parse(reply.result) as Stored, true, true);
}
