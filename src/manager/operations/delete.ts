import { metaChange, nextInstant } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import type { Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { write } from "../write.ts";
import type { Precondition } from "../write-options.ts";

export function deleteResource<T>(scope: Scope, id: string, { ifVersion }: Precondition): Promise<Written<T>> {
  return write(scope, {
    operation: "delete",
    id,
    ifVersion,
    onDeleted: true,
    plan: async (current) => {
      if (current.meta.state === "deleted") return undefined;
      await askBefore(scope, "delete", current);
      const deletedAt = nextInstant(scope, current.meta);
      return { change: metaChange(scope, "deleted", current.meta, { state: "deleted", deletedAt }, deletedAt), current: current.revision };
    },
  });
}
