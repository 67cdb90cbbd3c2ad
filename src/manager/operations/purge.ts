import { metaChange } from "../change.ts";
import { askBefore } from "../checked-form.ts";
import type { Scope } from "../scope.ts";
import type { Write } from "../write.ts";
import type { Precondition } from "../write-options.ts";

export interface Purged {
  readonly id: string;
  readonly changed: boolean;
}

export function purge(scope: Scope, id: string, { ifVersion }: Precondition): Write {
  return {
    operation: "purge",
    id,
    ifVersion,
    onDeleted: true,
    plan: async (current) => {
      await askBefore(scope, "purge", current);
      const emptied = { state: "purged", deletedAt: null, createdAt: 0, createdBy: "", columns: {} } as const;
      return { change: metaChange(scope, "purged", current.meta, emptied), current: current.revision };
    },
  };
}
