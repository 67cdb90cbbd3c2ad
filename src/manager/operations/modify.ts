import { fail } from "../../errors.ts";
import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import type { Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { write } from "../write.ts";
import type { WriteOptions } from "../write-options.ts";
import { type Patch, patched } from "./patch.ts";

export function modify<T>(scope: Scope, id: string, change: Patch, { ifVersion, status }: WriteOptions): Promise<Written<T>> {
  return write(scope, {
    operation: "modify",
    id,
    ifVersion,
    needsVersion: true,
    plan: async (current) => {
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
  });
}
