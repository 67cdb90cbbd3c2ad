import type { Guard } from "../../storage/rows.ts";
import type { Scope } from "../scope.ts";
import type { Planned } from "../unit/planned.ts";
import type { UnitView } from "../unit/unit-view.ts";
import { planCascade } from "./cascade.ts";
import { linkGuards } from "./link-guards.ts";

/**
 * What the refs of a spec, and those that lead to it, add to an operation: that the targets are there when it commits, and what
 * becomes of those that refer to what it removes. `view` has applied the operation.
 */
export async function planReferences(scope: Scope, view: UnitView, planned: Planned): Promise<Planned> {
  const { change } = planned;
  if (!change) return planned;
  const { own, pins, incoming } = scope.core.keptRefs(change.type);
  if (change.meta.state === "live") {
    if (own.length === 0 && !pins) return planned;
    return withGuards(planned, await linkGuards(scope, view, planned));
  }
  if (incoming.length === 0) return planned;
  const { also, guards } = await planCascade(scope, view, planned);
  return { ...withGuards(planned, guards), also: [...(planned.also ?? []), ...also] };
}

const withGuards = (planned: Planned, guards: readonly Guard[]): Planned =>
  guards.length === 0 ? planned : { ...planned, guards: [...(planned.guards ?? []), ...guards] };
