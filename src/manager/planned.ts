import type { Change, Guard, Stored, UnitOfWork } from "../storage/rows.ts";
import type { WriteOperation } from "./events.ts";

/** What one operation does, seen from the state that those before it leave behind. */
export interface Planned {
  readonly operation: WriteOperation;
  readonly before: Stored | undefined;
  /** Undefined for a no-op. */
  readonly change: Change | undefined;
  readonly after: Stored;
  /** What goes with it in the same unit, as a cascade does; whoever planned it has applied it to the view. */
  readonly also?: readonly Planned[];
  /** What must hold when it commits, or the unit is planned anew. */
  readonly guards?: readonly Guard[];
}

/** An operation and whatever goes with it, in the order in which it is written. */
export const parts = (planned: Planned): readonly Planned[] => [planned, ...(planned.also ?? []).flatMap(parts)];

/** What all of it comes to for the storage. */
export function unitOf(planned: readonly Planned[]): UnitOfWork {
  const all = planned.flatMap(parts);
  const guards = all.flatMap((each) => each.guards ?? []);
  return { changes: all.flatMap(({ change }) => change ?? []), ...(guards.length > 0 ? { guards } : {}) };
}
