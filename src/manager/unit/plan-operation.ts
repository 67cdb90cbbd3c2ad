import { matches } from "../../storage/evaluate.ts";
import { planCreate } from "../operations/create.ts";
import { upsertStep } from "../operations/upsert.ts";
import { writeOf } from "../operations/write-of.ts";
import type { BuiltInOperation } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import { notFound, planWrite } from "../write.ts";
import type { Planned } from "./planned.ts";
import type { Rights } from "./unit.ts";
import type { UnitView } from "./unit-view.ts";

/** What one operation of a unit does, seen from what those before it leave behind. */
export async function planOperation(scope: Scope, operation: BuiltInOperation, view: UnitView, rights: Rights): Promise<Planned> {
  const { spec } = scope;
  if (operation.op === "upsert") return upsertStep(scope, operation.by, operation.data).plan(view, rights);
  if (operation.op === "create") {
    const { after, change } = await planCreate(scope, rights("create"), operation.data, operation);
    return { operation: "create", before: undefined, change, after };
  }
  const { op, id } = operation;
  const before = await view.find(spec.name, id);
  if (!before || !matches(rights(op), before.meta)) throw notFound(spec, id);
  const planned = await planWrite(spec, writeOf(scope, operation), before, (number) => view.revision(spec.name, id, number));
  return {
    operation: op,
    before,
    change: planned?.change,
    after: planned ? { meta: planned.change.meta, revision: planned.current } : before,
  };
}
