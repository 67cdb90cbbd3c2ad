import type { Field } from "../../spec/field.ts";
import { parseWhere } from "../../spec/query.ts";
import { matches } from "../../storage/evaluate.ts";
import type { BlobRow } from "../../storage/rows.ts";
import { type Actor, anonymous } from "../actor.ts";
import type { Core } from "../scope.ts";

/**
 * Whether this actor may read the bytes of a blob. Until a resource holds it, its uploader may; from then on whoever may `get`
 * one of the live resources that hold it, in their current revision or in an earlier one, and nobody else.
 */
export async function mayReadBlob(core: Core, actor: Actor, row: BlobRow): Promise<boolean> {
  let held = false;
  for (let after = ""; ; ) {
    const ids = await core.storage.holders.page(row.id, after);
    const last = ids.at(-1);
    if (last === undefined) return !held && row.createdBy === actor.id;
    if (await mayGetOne(core, actor, ids)) return true;
    held = true;
    after = last;
  }
}

/** Whether this actor may put the blob into a resource: one that it uploaded or may read, or one that a program put for nobody. */
export const mayHoldBlob = async (core: Core, actor: Actor, row: BlobRow): Promise<boolean> =>
  row.createdBy === actor.id || row.createdBy === anonymous.id || mayReadBlob(core, actor, row);

/** The same question as `get` asks, of live resources. */
async function mayGetOne({ authorize, specs, storage }: Core, actor: Actor, ids: readonly string[]): Promise<boolean> {
  for (const spec of specs.values()) {
    const own = ids.filter((id) => id.slice(0, id.lastIndexOf("_")) === spec.names.prefix);
    if (own.length === 0) continue;
    const decision = await authorize({ actor, operation: "get", spec });
    if (decision === false) continue;
    const filter = decision === true ? undefined : parseWhere(spec, decision.where);
    const found = await storage.read(
      spec.name,
      own.map((id) => ({ id })),
    );
    if (found.some((each) => each && each.meta.state === "live" && matches(filter, each.meta))) return true;
  }
  return false;
}

/** Whether the rules let this actor write some resource that can hold a blob; without one there is nothing to upload for. */
export async function mayUploadBlobs(core: Core, actor: Actor): Promise<boolean> {
  for (const spec of core.specs.values()) {
    if (!spec.fields.some(holdsBlobs)) continue;
    for (const operation of ["create", "update", "patch"] as const) {
      if ((await core.authorize({ actor, operation, spec })) !== false) return true;
    }
  }
  return false;
}

function holdsBlobs(field: Field): boolean {
  switch (field.kind) {
    case "blob":
      return true;
    case "array":
    case "record":
      return holdsBlobs(field.item);
    case "object":
      return field.fields.some(holdsBlobs);
    case "union":
      return field.variants.some(({ fields }) => fields.some(holdsBlobs));
    default:
      return false;
  }
}
