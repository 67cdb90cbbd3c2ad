import type { ResourceSpec } from "../../spec/resource.ts";
import type { Change, Guard, Stored, UnitOfWork } from "../../storage/rows.ts";
import type { Purged } from "../operations/purge.ts";
import type { OperationName } from "../plugins/events.ts";
import { ActionResult, Written } from "../resource.ts";

/** What one operation does, seen from the state that those before it leave behind. */
export interface Planned {
  readonly operation: OperationName;
  readonly before: Stored | undefined;
  /** Undefined for a no-op. */
  readonly change: Change | undefined;
  readonly after: Stored;
  /** What goes with it in the same unit, as a cascade does; whoever planned it has applied it to the view. */
  readonly also?: readonly Planned[];
  /** Of an action, which has no change of its own: what it was given and what it answers. */
  readonly action?: { readonly input: unknown; readonly output: unknown };
  /** What must hold when it commits, or the unit is planned anew. */
  readonly guards?: readonly Guard[];
}

/** An operation and whatever goes with it, in the order in which it is written. */
export const parts = (planned: Planned): readonly Planned[] => [planned, ...(planned.also ?? []).flatMap(parts)];

/** Whether it writes anything. */
export const writes = (planned: Planned): boolean => parts(planned).some(({ change }) => change !== undefined);

/** What an operation is answered with that was planned so. */
export function resultOf<T>(spec: ResourceSpec, planned: Planned): Written<T> | Purged {
  const { after, action } = planned;
  const changed = writes(planned);
  if (action) return new ActionResult<T>(spec, after, changed, action.output);
  return after.meta.state === "purged" ? { id: after.meta.id, changed } : new Written<T>(spec, after, changed);
}

/** What all of it comes to for the storage. */
export function unitOf(planned: readonly Planned[]): UnitOfWork {
  const all = planned.flatMap(parts);
  const guards = all.flatMap((each) => each.guards ?? []);
  return { changes: all.flatMap(({ change }) => change ?? []), ...(guards.length > 0 ? { guards } : {}) };
}
