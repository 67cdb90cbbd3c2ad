import type { ResourceSpec } from "../../spec/resource.ts";
import { pluginActor } from "../actor.ts";
import { planReferences } from "../references/plan-references.ts";
import { Resource } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { ActionUnit } from "./action-unit.ts";
import type { Planned } from "./planned.ts";
import type { UnitView } from "./unit-view.ts";

export type PlanAlong = typeof planAlong;

/**
 * What goes along with an operation in its unit: what refs make of it, and what `plan` handlers add to that. `view` has applied
 * the operation.
 */
export async function planAlong(scope: Scope, view: UnitView, planned: Planned): Promise<Planned> {
  let whole = await planReferences(scope, view, planned);
  const mine = [planned, ...(whole.also ?? []).slice(planned.also?.length ?? 0)];
  for (const part of mine) whole = await withHandlers(scope, view, whole, part);
  return whole;
}

/** What the handlers add are operations of their plugins, which may have something go along themselves. */
async function withHandlers(scope: Scope, view: UnitView, whole: Planned, part: Planned): Promise<Planned> {
  const { core, actor } = scope;
  const { change, operation, before, after } = part;
  const spec = core.specs.get(change?.type ?? "");
  if (!spec || !core.dispatch.has(spec.name, operation, "plan")) return whole;
  const [also, guards] = [[...(whole.also ?? [])], [...(whole.guards ?? [])]];
  const told = {
    type: spec.name,
    operation,
    actor,
    id: after.meta.id,
    previous: before && new Resource<Record<string, unknown>>(spec, before),
    result: new Resource<Record<string, unknown>>(spec, after),
  };
  await core.dispatch.plan(told, (plugin) => {
    const unit = new ActionUnit({ core, spec, actor: pluginActor(plugin) }, plugin, view);
    return {
      resources: (of: ResourceSpec | string) => unit.resources(of),
      end: async () => {
        await unit.end();
        also.push(...unit.planned);
        guards.push(...unit.guards);
      },
    };
  });
  return { ...whole, also, guards };
}
