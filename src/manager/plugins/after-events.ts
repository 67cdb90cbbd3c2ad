import { ActionResult, Resource, Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { type Planned, parts, writes } from "../unit/planned.ts";
import type { ActionAfterEvent, Told } from "./events.ts";

/** Tells of an operation that was committed, and of all that went with it. */
export async function afterEvents(scope: Scope, planned: Planned): Promise<void> {
  for (const part of parts(planned)) await afterEvent(scope, part);
}

async function afterEvent(scope: Scope, planned: Planned): Promise<void> {
  const { core, actor } = scope;
  const { operation, before, change, after, action } = planned;
  const spec = action ? scope.spec : core.specs.get(change?.type ?? "");
  if (!spec || !writes(planned) || !core.dispatch.has(spec.name, operation, "after")) return;
  const previous = before && new Resource(spec, before);
  const event = { type: spec.name, operation, actor, id: after.meta.id, previous };
  if (action) {
    const acted: Told<ActionAfterEvent<unknown>> = {
      ...event,
      input: action.input,
      result: new ActionResult(spec, after, true, action.output),
    };
    await core.dispatch.after(acted);
  } else await core.dispatch.after({ ...event, result: new Written(spec, after, true) });
}
