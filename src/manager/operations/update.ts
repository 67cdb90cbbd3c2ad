import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import type { WriteOptions } from "../write-options.ts";

export function update(scope: Scope, id: string, data: unknown, { ifVersion, status = "stable" }: WriteOptions): Write {
  return {
    operation: "update",
    id,
    ifVersion,
    plan: async (current) => {
      const form = await checkedForm(scope, "update", id, data, current);
      return form.hash === current.revision.hash ? undefined : revisionChange(scope, "updated", current, form, status);
    },
  };
}
