import { isDeepStrictEqual } from "node:util";
import { fail, type SpecStarError } from "../../errors.ts";
import { isKept } from "../../spec/ref.ts";
import { refsIn } from "../../spec/refs-in.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Guard, Stored, UnitFailure } from "../../storage/rows.ts";
import { RevisionView } from "../resource.ts";
import type { Core, Scope } from "../scope.ts";
import { type Planned, parts } from "../unit/planned.ts";
import { type ReferrerGroup, referrersOfMany } from "./referrer-groups.ts";

/** What does not exist and what this actor may not read look alike. */
export function noSuchTarget(spec: ResourceSpec, { meta, revision }: Stored, target: string, id: string): SpecStarError {
  const held = refsIn(spec.fields, new RevisionView(spec, revision, meta.current).data).find(
    (each) =>
      each.field.target === target &&
      (each.field.pin ? each.id.startsWith(`${id}:`) || each.id === id : each.id === id && isKept(each.field)),
  );
  const field = held?.path.join(".");
  return fail("REFERENCE_VIOLATION", `${spec.name}${field === undefined ? "" : `.${field}`}: there is no ${target} ${held?.id ?? id}`, {
    resource: spec.name,
    ...(field === undefined ? {} : { field }),
    id: held?.id ?? id,
  });
}

/** The unit would have to be planned anew to be committed: somebody else was faster. */
export function hasMovedOn(core: Core, failure: UnitFailure): boolean {
  if (failure.kind === "version") return true;
  if (failure.kind !== "guard") return false;
  const { guard } = failure;
  if (guard.kind === "noReferrers") return ruleOf(core, guard) !== "restrict";
  return guard.kind !== "exists";
}

const ruleOf = (core: Core, { type, column }: Extract<Guard, { readonly kind: "noReferrers" }>) =>
  core.keptRefs(type).own.find(({ name }) => name === column)?.ref.onDelete;

/** What a guard says that did not hold: a target that is not there, or somebody who refers to what was to go. */
export async function brokenReference(scope: Scope, guard: Guard, planned: readonly Planned[]): Promise<SpecStarError> {
  const { core } = scope;
  if (guard.kind === "exists") {
    const part = planned.flatMap(parts).find(({ guards }) => guards?.some((each) => isDeepStrictEqual(each, guard)));
    const spec = core.specs.get(part?.change?.type ?? "");
    if (part && spec) return noSuchTarget(spec, part.after, guard.type, guard.id);
  }
  if (guard.kind === "noReferrers") return referredTo(scope, guard);
  return fail("CONFLICT", "The write was refused by a guard. Try again", { resource: scope.spec.name });
}

/** Names what the actor may find. */
async function referredTo({ core, actor }: Scope, guard: Extract<Guard, { readonly kind: "noReferrers" }>): Promise<SpecStarError> {
  const { id, type, column } = guard;
  const ref = core.keptRefs(type).own.find(({ name }) => name === column)?.ref;
  const target = core.specs.get(ref?.target ?? "");
  const groups = target ? ((await referrersOfMany({ core, actor, spec: target }, [id]))[0] ?? []) : [];
  const found = groups.filter((group) => isRestricting(core, group)).map(({ type: of, field, count }) => ({ type: of, field, count }));
  const who = found.map(({ type: of, field, count }) => `${count} of ${of}.${field}`).join(", ");
  return fail(
    "REFERENCE_VIOLATION",
    who === ""
      ? `${id} cannot be removed: resources refer to it that you cannot see`
      : `${id} cannot be removed, because there are resources that refer to it: ${who}. Change or delete these first, or with it in one transact`,
    { resource: target?.name ?? type, id, ...(found.length > 0 ? { referrers: found } : {}) },
  );
}

const isRestricting = (core: Core, { type, field }: ReferrerGroup): boolean =>
  core.keptRefs(type).own.some(({ path, ref }) => ref.onDelete === "restrict" && path.join(".") === field);
