import { isDeepStrictEqual } from "node:util";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Change, Guard, UnitFailure } from "../../storage/rows.ts";
import type { Core } from "../scope.ts";
import { type Planned, parts } from "./planned.ts";

/** Which of the operations of a unit is the reason why it was not committed. */
export async function guiltyOf(core: Core, planned: readonly Planned[], failure: UnitFailure): Promise<number> {
  switch (failure.kind) {
    case "version":
      return whose(planned, ({ meta }) => meta.id === failure.id);
    case "taken":
      return whose(planned, ({ meta, expected }) => meta.id === failure.id && expected === 0);
    case "blob":
      return whose(planned, ({ blobs }) => blobs?.includes(failure.id) === true);
    case "unique":
      return claimant(core, planned, failure);
    case "guard":
      return guarded(planned, failure.guard);
    default:
      return whose(planned, () => true);
  }
}

/** The spec of the change that is the reason: an operation may write resources of others. */
export function guiltySpec(core: Core, planned: readonly Planned[], failure: UnitFailure): ResourceSpec | undefined {
  if ("type" in failure) return core.specs.get(failure.type);
  const changes = planned.flatMap(parts).flatMap(({ change }) => change ?? []);
  const found = changes.find(({ meta, blobs }) => "id" in failure && (meta.id === failure.id || blobs?.includes(failure.id)));
  return found && core.specs.get(found.type);
}
/** The first operation that asked for it, for itself or for what goes with it. */
const guarded = (planned: readonly Planned[], guard: Guard): number =>
  planned.findIndex((each) => parts(each).some(({ guards }) => guards?.some((other) => isDeepStrictEqual(other, guard))));

/** The first operation with such a change, of its own or one that goes with it. */
const whose = (planned: readonly Planned[], test: (change: Change) => boolean): number =>
  planned.findIndex((each) => parts(each).some(({ change }) => change !== undefined && test(change)));

/** The first operation that claims what the holder has: the holder may be of the unit too. */
async function claimant(
  { storage }: Core,
  planned: readonly Planned[],
  { type, columns, holder }: UnitFailure & { readonly kind: "unique" },
): Promise<number> {
  const [stored] = holder === null ? [] : await storage.read(type, [{ id: holder }]);
  let held = stored?.meta.columns;
  const claims = whose(planned, ({ type: claimed, meta }) => {
    if (claimed !== type || meta.state !== "live") return false;
    if (meta.id === holder) held = meta.columns;
    return meta.id !== holder && columns.every((name) => meta.columns[name] === held?.[name]);
  });
  return claims >= 0 ? claims : whose(planned, (change) => change.type === type);
}
