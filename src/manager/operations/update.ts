import { revisionChange } from "../change.ts";
import { checkedForm } from "../checked-form.ts";
import type { Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { write } from "../write.ts";
import type { WriteOptions } from "../write-options.ts";

export function update<T>(scope: Scope, id: string, data: unknown, { ifVersion, status = "stable" }: WriteOptions): Promise<Written<T>> {
  return write(scope, {
    operation: "update",
    id,
    ifVersion,
    plan: async (current) => {
      const form = await checkedForm(scope, "update", id, data, current);
      return form.hash === current.revision.hash ? undefined : revisionChange(scope, "updated", current, form, status);
    },
  });
}
