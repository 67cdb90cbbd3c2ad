import { type Planned, parts } from "./planned.ts";
import { Resource, Written } from "./resource.ts";
import type { Scope } from "./scope.ts";

/** Tells of an operation that was committed, and of all that went with it. */
export async function afterEvents({ core, actor }: Scope, planned: Planned): Promise<void> {
  for (const { operation, before, change, after } of parts(planned)) {
    if (!change || !core.dispatch.has(change.type, operation, "after")) continue;
    const spec = core.specs.get(change.type);
    if (!spec) continue;
    const previous = before && new Resource(spec, before);
    const result = new Written(spec, after, true);
    await core.dispatch.after({ type: spec.name, operation, actor, id: result.id, previous, result });
  }
}
