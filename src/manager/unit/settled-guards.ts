import type { Guard, MetaRow, UnitOfWork } from "../../storage/rows.ts";

/**
 * The guards that a storage has to look at, each once. What a unit changes itself is known when all its changes are made: a target
 * that it creates is there, one that it deletes is not, whatever the order; and what is live again has nothing to lose.
 * `broken`: one that the unit itself does not keep.
 */
export function settledGuards({ changes, guards }: UnitOfWork): { readonly guards?: readonly Guard[]; readonly broken?: Guard } {
  if (!guards || guards.length === 0) return {};
  const last = new Map(changes.map(({ type, meta }): [string, MetaRow] => [`${type} ${meta.id}`, meta]));
  const left = new Map<string, Guard>();
  for (const guard of guards) {
    const own = last.get(targetOf(guard, changes));
    if (guard.kind === "exists" && own && own.state !== "live") return { broken: guard };
    if (own?.state === "live" && (guard.kind === "exists" || guard.kind === "noReferrers")) continue;
    left.set(JSON.stringify(guard), guard);
  }
  return { guards: [...left.values()] };
}

/** The resource that it is about, which a guard of referrers names by its id alone. */
function targetOf(guard: Guard, changes: UnitOfWork["changes"]): string {
  const type = guard.kind === "noReferrers" ? changes.find(({ meta }) => meta.id === guard.id)?.type : guard.type;
  return `${type} ${guard.id}`;
}
