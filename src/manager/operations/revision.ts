import { fail, type SpecStarError } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { ReadKey, Stored } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { instantMs } from "../instant-argument.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { current, gone } from "../write.ts";

/** A revision by its number, or the one that was current at an RFC 3339 instant. */
export type RevisionAt = { readonly number: number } | { readonly asOf: string };

/** @throws NOT_FOUND for what does not exist, GONE for what was deleted at that instant. */
export async function revision<T>(scope: Scope, id: string, at: RevisionAt): Promise<RevisionView<T>> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "revision", spec });
  const [found, today] = await core.storage.read(spec.name, [readKey(id, at), { id }]);
  if (!today || !matches(filter, today.meta)) await current(scope, id, filter);
  if (!found || !today)
    throw "number" in at
      ? unknownRevision(spec, id, at.number)
      : fail("NOT_FOUND", `${id} did not exist at ${at.asOf}`, { resource: spec.name, id });
  if ("asOf" in at && found.meta.state === "deleted") throw gone(spec, id);
  return view(spec, found, today);
}

export async function revisionsAt<T>(
  scope: Scope,
  keys: readonly ({ readonly id: string } & RevisionAt)[],
): Promise<readonly (RevisionView<T> | undefined)[]> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "revision", spec });
  const found = await core.storage.read(
    spec.name,
    keys.flatMap((key) => [readKey(key.id, key), { id: key.id }]),
  );
  return keys.map((key, i) => {
    const [then, today] = [found[2 * i], found[2 * i + 1]];
    if (!then || !today || !matches(filter, today.meta) || ("asOf" in key && then.meta.state === "deleted")) return undefined;
    return view<T>(spec, then, today);
  });
}

const readKey = (id: string, at: RevisionAt): ReadKey =>
  "number" in at ? { id, number: revisionNumber(at.number) } : { id, asOf: instantMs(at.asOf, "asOf") };

const view = <T>(spec: ResourceSpec, found: Stored, today: Stored): RevisionView<T> =>
  new RevisionView<T>(spec, found.revision, today.meta.current);

export function revisionNumber(number: number): number {
  if (!Number.isSafeInteger(number) || number < 1)
    throw fail("BAD_REQUEST", "A revision number is a positive integer", { field: "revision" });
  return number;
}

export const unknownRevision = (spec: ResourceSpec, id: string, number: number): SpecStarError =>
  fail("NOT_FOUND", `${id} has no revision ${number}`, { resource: spec.name, id });
