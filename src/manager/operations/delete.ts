import { metaChange, nextInstant } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import type { Precondition } from "../write-options.ts";

export function deleteResource(scope: Scope, id: string, { ifVersion }: Precondition): Write {
  return {
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
  };
}
