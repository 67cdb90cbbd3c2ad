import type { UnitFailure } from "../storage/rows.ts";
import type { Core } from "./scope.ts";
import type { Planned } from "./unit.ts";

/** Which of the operations of a unit is the reason why it was not committed. */
export async function guiltyOf(core: Core, planned: readonly Planned[], failure: UnitFailure): Promise<number> {
  switch (failure.kind) {
    case "version":
      return planned.findIndex(({ change }) => change?.meta.id === failure.id);
    case "taken":
      return planned.findIndex(({ change }) => change?.meta.id === failure.id && change.expected === 0);
    case "blob":
      return planned.findIndex(({ change }) => change?.blobs?.includes(failure.id));
    case "unique":
      return claimant(core, planned, failure);
    default:
      return planned.findIndex(({ change }) => change !== undefined);
  }
}

/** The first operation that claims what the holder has: the holder may be of the unit too. */
async function claimant(
  { storage }: Core,
  planned: readonly Planned[],
  { type, columns, holder }: UnitFailure & { readonly kind: "unique" },
): Promise<number> {
  const [stored] = holder === null ? [] : await storage.read(type, [{ id: holder }]);
  let held = stored?.meta.columns;
  const claims = planned.findIndex(({ change }) => {
    if (change?.type !== type || change.meta.state !== "live") return false;
    const { id, columns: claimed } = change.meta;
    if (id === holder) held = claimed;
    return id !== holder && columns.every((name) => claimed[name] === held?.[name]);
  });
  return claims >= 0 ? claims : planned.findIndex(({ change }) => change?.type === type);
}
