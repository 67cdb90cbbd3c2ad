import { fail } from "../../errors.ts";
import type { SearchArgs } from "../../spec/query-builder.ts";
import { authorize } from "../authorize.ts";
import type { Scope } from "../scope.ts";
import { pageOf, type SearchPage, storageQuery } from "./search.ts";

/** For each of these ids a page of the resources whose ref holds it: what a search among them answers. */
export async function referring<T>(scope: Scope, ref: string, ids: readonly string[], args: SearchArgs): Promise<readonly SearchPage<T>[]> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "search", spec });
  const column = spec.columns.find(({ path, ref: of }) => of && path.join(".") === ref);
  if (!column) {
    const refs = spec.columns.filter((each) => each.ref).map(({ path }) => path.join("."));
    throw fail("BAD_REQUEST", `${spec.name} has no ref ${JSON.stringify(ref.slice(0, 100))}. Its refs: ${refs.join(", ")}`, { field: ref });
  }
  if (args.asOf !== undefined) throw fail("BAD_REQUEST", "What refers to a resource cannot be asked as of an instant", { field: "asOf" });
  const query = await storageQuery(scope, allowed, args);
  const unique = [...new Set(ids)];
  const pages = unique.length > 0 ? await core.storage.referrers.pages(spec.name, { ...query, column, ids: unique }) : [];
  const byId = new Map(unique.map((id, i) => [id, pages[i]]));
  return ids.map((id) => pageOf<T>(scope, query, byId.get(id) ?? { rows: [], positions: [], hasPrevious: false, hasNext: false }));
}
