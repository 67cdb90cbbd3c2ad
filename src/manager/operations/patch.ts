import type { Patch } from "../../spec/patch.ts";
import type { Stored } from "../../storage/rows.ts";
import { applyPatch } from "../apply-patch.ts";
import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import { mergePatch } from "../merge-patch.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import type { WriteOptions } from "../write-options.ts";

export function patch(scope: Scope, id: string, change: Patch, { ifVersion, status = "stable" }: WriteOptions): Write {
  return {
    operation: "patch",
    id,
    ifVersion,
    plan: async (current) => {
      const form = await checkedForm(scope, "patch", id, patched(scope, current, change), current);
      return form.hash === current.revision.hash ? undefined : revisionChange(scope, "updated", current, form, status);
    },
  };
}

/** The current data with a patch applied; the stored data stays as it is. */
export function patched({ spec }: Scope, current: Stored, change: Patch): unknown {
  const { data } = new RevisionView(spec, current.revision, current.meta.current);
  return "merge" in change ? mergePatch(spec.fields, data, change.merge) : applyPatch(data, change.operations);
}
