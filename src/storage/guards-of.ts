import type { Guard, UnitOfWork } from "./rows.ts";

export type ReferrersGuard = Extract<Guard, { readonly kind: "noReferrers" }>;
export type RowGuard = Exclude<Guard, ReferrersGuard>;

/** What has to hold before the changes of a unit are made, and what once they are. */
export function guardsOf({ guards = [] }: Pick<UnitOfWork, "guards">): readonly [readonly RowGuard[], readonly ReferrersGuard[]] {
  return [guards.filter((guard) => guard.kind !== "noReferrers"), guards.filter((guard) => guard.kind === "noReferrers")];
}
