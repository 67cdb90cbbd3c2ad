import { fail } from "../../errors.ts";
import { type Filter, type Order, parseOrder, parseWhere } from "../../spec/query.ts";
import type { SearchArgs } from "../../spec/query-builder.ts";
import { type Position, positionOf, type StorageQuery } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { Page, pageSize } from "../page.ts";
import { Resource } from "../resource.ts";
import type { Scope } from "../scope.ts";

export type SearchPage<T> = Page<Resource<T>>;

/** One call to the meta store, total included. */
export async function search<T>(scope: Scope, args: SearchArgs): Promise<SearchPage<T>> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "search", spec });
  const order = parseOrder(spec, args.orderBy);
  const signature = order.map(({ column, descending }) => (descending ? "-" : "") + column.key).join();
  const filter = both(allowed, parseWhere(spec, args.where, core.limits));
  const query: StorageQuery = {
    filter,
    order,
    ...pageSize(args, core.limits),
    ...(args.after === undefined ? {} : { after: openCursor(scope, "after", args.after, signature, order) }),
    ...(args.before === undefined ? {} : { before: openCursor(scope, "before", args.before, signature, order) }),
    includeDeleted: args.includeDeleted ?? false,
    total: args.total ?? false,
  };
  const page = await core.storage.search(spec.name, query);
  const items = page.rows.map((row) => new Resource<T>(spec, row));
  return new Page(items, page, (index) => {
    const row = page.rows[index];
    return row ? core.cursors.seal([spec.name, signature, ...positionOf(row.meta, order)]) : "";
  });
}

export const both = (a: Filter | undefined, b: Filter | undefined): Filter | undefined => (a && b ? { kind: "and", of: [a, b] } : (a ?? b));

/** Where a cursor of this very order stands. */
function openCursor({ core, spec }: Scope, field: string, cursor: string, signature: string, order: readonly Order[]): Position {
  const content = core.cursors.open(cursor, field);
  if (!Array.isArray(content) || content[0] !== spec.name || content[1] !== signature || content.length !== order.length + 2) {
    throw fail("BAD_REQUEST", "The cursor belongs to another search: keep orderBy as it was when you got it", { field });
  }
  return content.slice(2);
}
