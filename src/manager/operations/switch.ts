import { columnsOf, metaChange } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import { RevisionView } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import type { Write } from "../write.ts";
import type { Precondition } from "../write-options.ts";
import { revisionNumber, unknownRevision } from "./revision.ts";

export function switchRevision(scope: Scope, id: string, to: number, { ifVersion }: Precondition): Write {
  const number = revisionNumber(to);
  return {
    operation: "switch",
    id,
    ifVersion,
    plan: async (current, revision) => {
      const { spec } = scope;
      const target = await revision(number);
      if (!target) throw unknownRevision(spec, id, number);
      if (number === current.meta.current) return undefined;
      await askBefore(scope, "switch", current);
      // What becomes current must fit today's schema, refinements too.
      const { data } = await storedForm(spec, new RevisionView(spec, target, current.meta.current).data);
      const { status, schemaVersion } = target;
      return {
        change: metaChange(scope, "switched", current.meta, { current: number, status, schemaVersion, columns: columnsOf(spec, data) }),
        current: target,
      };
    },
  };
}
