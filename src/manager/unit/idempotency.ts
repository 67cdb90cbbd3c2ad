import { hash } from "node:crypto";
import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { MetaRow, Reply, Stored } from "../../storage/rows.ts";
import type { Actor } from "../actor.ts";
import type { Purged } from "../operations/purge.ts";
import type { OperationName } from "../plugins/events.ts";
import { ActionResult, Written } from "../resource.ts";
import type { Core } from "../scope.ts";
import { type Planned, writes } from "./planned.ts";
import type { Step } from "./unit.ts";

export const replyLifetimeMs = 24 * 60 * 60 * 1000;

/** Keys are the caller's own: another actor, operation or spec may use the same one. */
export function replyKey(actor: Actor, operation: OperationName, type: string, idempotencyKey: string): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(idempotencyKey))
    throw fail("BAD_REQUEST", "An idempotency key is 1 to 255 visible ASCII characters", { field: "idempotencyKey" });
  return hash("sha256", JSON.stringify([actor.id, operation, type, idempotencyKey]));
}

/** The result that was given first. */
export function replayed<T>(spec: ResourceSpec, reply: Reply, payload: string): Written<T> {
  checkPayload(reply, payload, spec.name);
  // Written by commitOnce as this very type.
  return new Written(spec, JSON.parse(reply.result) as Stored, true, true);
}

/** That the results of a unit are to be kept, under which key and for what. */
export interface KeepResults {
  readonly key: string;
  readonly payload: string;
}

/** Without data: the history has it, where a purge finds it. What an action answered is in no history, and goes with its resource. */
interface KeptResult {
  readonly type: string;
  readonly meta: MetaRow;
  readonly number: number;
  readonly changed: boolean;
  /** Of an action. */
  readonly action?: { readonly output?: unknown };
}

export function keptReply(core: Core, { key, payload }: KeepResults, steps: readonly Step[], planned: readonly Planned[]): Reply {
  const results = planned.map((each, i): KeptResult => {
    const { meta, revision } = each.after;
    const type = steps[i]?.scope.spec.name ?? "";
    const action = each.action ? { action: { output: each.action.output } } : {};
    return { type, meta: { ...meta, columns: {} }, number: revision.number, changed: writes(each), ...action };
  });
  const owner = results.length === 1 ? results[0] : results.find(({ action }) => action?.output !== undefined);
  const id = owner?.meta.id ?? "";
  return { key, payload, id, result: JSON.stringify(results), expiresAt: core.context.now() + replyLifetimeMs };
}

/** The results that were given first; a draft shows as last modified. NOT_FOUND where a resource was purged since. */
export async function keptResults<T>(core: Core, reply: Reply, { payload }: KeepResults): Promise<readonly (Written<T> | Purged)[]> {
  checkPayload(reply, payload);
  // Written by keptReply as this very type.
  const kept = JSON.parse(reply.result) as readonly KeptResult[];
  return Promise.all(
    kept.map(async ({ type, meta, number, changed, action }) => {
      const { id, state } = meta;
      if (state === "purged") return { id, changed };
      const spec = core.specs.get(type);
      const [found] = await core.storage.read(type, [{ id, number }]);
      if (!spec || !found) throw fail("NOT_FOUND", `${id} was purged since this idempotency key was used`, { resource: type, id });
      const stored = { meta, revision: found.revision };
      return action ? new ActionResult<T>(spec, stored, changed, action.output, true) : new Written<T>(spec, stored, changed, true);
    }),
  );
}

function checkPayload(reply: Reply, payload: string, resource?: string): void {
  if (reply.payload !== payload)
    throw fail("IDEMPOTENCY_KEY_REUSED", "This idempotency key was used with another payload", resource === undefined ? {} : { resource });
}
