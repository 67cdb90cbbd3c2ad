import { columnsOf, metaChange } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import type { Write } from "../write.ts";
import type { Precondition } from "../write-options.ts";

export function restore(scope: Scope, id: string, { ifVersion }: Precondition): Write {
  return {
    operation: "restore",
    id,
    ifVersion,
    onDeleted: true,
    plan: async (current) => {
      if (current.meta.state === "live") return undefined;
      await askBefore(scope, "restore", current);
      // What becomes live again must fit today's schema, refinements too.
      const { data } = await storedForm(scope.spec, new RevisionView(scope.spec, current.revision, current.meta.current).data);
      return {
        change: metaChange(scope, "restored", current.meta, { state: "live", deletedAt: null, columns: columnsOf(scope.spec, data) }),
        current: current.revision,
      };
    },
  };
}
