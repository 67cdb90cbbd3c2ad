import { columnsOf, metaChange } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import { RevisionView, type Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import { write } from "../write.ts";
import type { Precondition } from "../write-options.ts";
import { revisionNumber, unknownRevision } from "./revision.ts";

export function switchRevision<T>(scope: Scope, id: string, to: number, { ifVersion }: Precondition): Promise<Written<T>> {
  const number = revisionNumber(to);
  return write(scope, {
    operation: "switch",
    id,
    ifVersion,
    plan: async (current) => {
      const { core, spec } = scope;
      const [target] = await core.storage.read(spec.name, [{ id, number }]);
      if (!target) throw unknownRevision(spec, id, number);
      if (number === current.meta.current) return undefined;
      await askBefore(scope, "switch", current);
      // What becomes current must fit today's schema, refinements too.
      const { data } = await storedForm(spec, new RevisionView(spec, target.revision, current.meta.current).data);
      const { status, schemaVersion } = target.revision;
      return {
        change: metaChange(scope, "switched", current.meta, { current: number, status, schemaVersion, columns: columnsOf(spec, data) }),
        current: target.revision,
      };
    },
  });
}
