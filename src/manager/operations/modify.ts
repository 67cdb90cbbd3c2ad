import { fail } from "../../errors.ts";
import type { Patch } from "../../spec/patch.ts";
import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import type { WriteOptions } from "../write-options.ts";
import { patched } from "./patch.ts";
import { unknownRevision } from "./revision.ts";

export interface ModifyOptions extends WriteOptions {
  /** The revision that is meant: NOT_FOUND where there is none, CONFLICT unless it is the current one. */
  readonly revision?: number | undefined;
}

export function modify(scope: Scope, id: string, change: Patch, { ifVersion, status, revision }: ModifyOptions): Write {
  return {
    operation: "modify",
    id,
    ifVersion,
    needsVersion: true,
    plan: async (current) => {
      if (revision !== undefined && revision > current.meta.revisionCount) throw unknownRevision(scope.spec, id, revision);
      if (revision !== undefined && revision !== current.meta.current) {
        throw fail("CONFLICT", `Revision ${revision} of ${id} is not the current one`, { resource: scope.spec.name, id });
      }
      const form = await checkedForm(scope, "modify", id, patched(scope, current, change), current);
      const sameData = form.hash === current.revision.hash;
      if (!sameData && current.revision.status === "stable") {
        throw fail("CONFLICT", `Revision ${current.revision.number} of ${id} is stable: its data never changes. Use update or patch`, {
          resource: scope.spec.name,
          id,
        });
      }
      const nextStatus = status ?? current.revision.status;
      return sameData && nextStatus === current.revision.status ? undefined : revisionChange(scope, "modified", current, form, nextStatus);
    },
  };
}
