import { parseOrder } from "../../spec/query.ts";
import { authorize } from "../authorize.ts";
import type { Scope } from "../scope.ts";
import { searchFilter } from "../search-filter.ts";

export async function count(
  scope: Scope,
  where: unknown,
  { includeDeleted = false }: { readonly includeDeleted?: boolean },
): Promise<number> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "count", spec });
  const filter = await searchFilter(scope, allowed, where);
  const { total } = await core.storage.search(spec.name, {
    filter,
    order: parseOrder(spec, undefined),
    limit: 0,
    fromEnd: false,
    includeDeleted,
    total: true,
  });
  return total ?? 0;
}
