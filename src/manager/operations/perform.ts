import { fail, type SpecStarError, toSpecStarError } from "../../errors.ts";
import type { Written } from "../resource.ts";
import type { ResourceOperation } from "../resource-operation.ts";
import type { Core, Scope } from "../scope.ts";
import { write } from "../write.ts";
import { performAction } from "./action.ts";
import { create } from "./create.ts";
import type { Purged } from "./purge.ts";
import { upsert } from "./upsert.ts";
import { writeOf } from "./write-of.ts";

/** @throws BAD_REQUEST over the limit of operations in one call, or for none */
export function checkCount({ length }: readonly unknown[], { limits: { operations } }: Core): void {
  if (length > 0 && length <= operations) return;
  throw fail("BAD_REQUEST", `One call takes 1 to ${operations} operations, not ${length}`);
}

/** One operation that is given as data. */
export async function perform<T>(scope: Scope, operation: ResourceOperation): Promise<Written<T> | Purged> {
  if (operation.op === "create") return create(scope, operation.data, operation);
  if (operation.op === "upsert") return upsert(scope, operation.by, operation.data, operation);
  if (operation.op === "action") return performAction(scope, operation.action, operation.id, operation.input, operation);
  const written = await write<T>(scope, writeOf(scope, operation));
  return operation.op === "purge" ? { id: operation.id, changed: written.changed } : written;
}

/** Each operation by itself: its result or why it was refused, in order. What arrives together shares a flush of the storage. */
export async function batch<T>(
  scope: Scope,
  operations: readonly ResourceOperation[],
): Promise<readonly (Written<T> | Purged | SpecStarError)[]> {
  checkCount(operations, scope.core);
  return Promise.all(operations.map((operation) => perform<T>(scope, operation).catch(toSpecStarError)));
}
