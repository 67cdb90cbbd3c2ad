import { fail } from "../../errors.ts";
import { type Filter, type Order, parseOrder } from "../../spec/query.ts";
import type { SearchArgs } from "../../spec/query-builder.ts";
import { type Position, positionOf, type StoragePage, type StorageQuery } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { Page, pageSize } from "../page.ts";
import { Resource } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { searchFilter } from "../search-filter.ts";

export type SearchPage<T> = Page<Resource<T>>;

/** One call to the meta store, total included. */
export async function search<T>(scope: Scope, args: SearchArgs): Promise<SearchPage<T>> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "search", spec });
  const query = await storageQuery(scope, allowed, args);
  return pageOf<T>(scope, query, await core.storage.search(spec.name, query));
}

export async function storageQuery(scope: Scope, allowed: Filter | undefined, args: SearchArgs): Promise<StorageQuery> {
  const { core, spec } = scope;
  const order = parseOrder(spec, args.orderBy);
  const filter = await searchFilter(scope, allowed, args.where);
  return {
    filter,
    order,
    ...pageSize(args, core.limits),
    ...(args.after === undefined ? {} : { after: openCursor(scope, "after", args.after, order) }),
    ...(args.before === undefined ? {} : { before: openCursor(scope, "before", args.before, order) }),
    includeDeleted: args.includeDeleted ?? false,
    total: args.total ?? false,
  };
}

export function pageOf<T>({ core, spec }: Scope, { order }: StorageQuery, page: StoragePage): SearchPage<T> {
  const items = page.rows.map((row) => new Resource<T>(spec, row));
  return new Page(items, page, (index) => {
    const row = page.rows[index];
    return row ? core.cursors.seal([spec.name, signatureOf(order), ...positionOf(row.meta, order)]) : "";
  });
}

const signatureOf = (order: readonly Order[]): string => order.map(({ column, descending }) => (descending ? "-" : "") + column.key).join();

/** Where a cursor of this very order stands. */
function openCursor({ core, spec }: Scope, field: string, cursor: string, order: readonly Order[]): Position {
  const content = core.cursors.open(cursor, field);
  if (!Array.isArray(content) || content[0] !== spec.name || content[1] !== signatureOf(order) || content.length !== order.length + 2) {
    throw fail("BAD_REQUEST", "The cursor belongs to another search: keep orderBy as it was when you got it", { field });
  }
  return content.slice(2);
}
