import { fail } from "../../errors.ts";
import { type Filter, type Order, parseOrder } from "../../spec/query.ts";
import type { SearchArgs } from "../../spec/query-builder.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { PastPage } from "../../storage/past.ts";
import type { Position, StoragePage, StorageQuery } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { instantMs } from "../instant-argument.ts";
import { Page, pageSize } from "../page.ts";
import { Resource } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { filterTypes, searchFilter } from "../search-filter.ts";

export type SearchPage<T> = Page<Resource<T>>;

/** One call to the meta store, total included. */
export async function search<T>(scope: Scope, args: SearchArgs): Promise<SearchPage<T>> {
  const { core, spec, actor } = scope;
  const allowed = await authorize(core.authorize, { actor, operation: "search", spec });
  const at = args.asOf === undefined ? undefined : pastInstant(spec, args.asOf);
  const query = await storageQuery(scope, allowed, args, at);
  if (at === undefined) return pageOf<T>(scope, query, await core.storage.search(spec.name, query));
  if (filterTypes(query.filter).length > 0)
    throw fail("BAD_REQUEST", "A filter as of an instant cannot go through relations: ask by the id, as authorId", { field: "where" });
  // What the actor may not find now, it may not find as it was; nor what it could not have found then.
  const page = await core.storage.past.search(spec.name, { ...query, at, today: allowed });
  return pageOf<T>(scope, query, page, at);
}

function pastInstant({ name, history }: ResourceSpec, asOf: string): number {
  if (!history)
    throw fail("BAD_REQUEST", `Lists of ${name} cannot be read as of an instant. Write history: true in its spec`, {
      resource: name,
      field: "asOf",
    });
  return instantMs(asOf, "asOf");
}

/** @param at where it is to be as of an instant */
export async function storageQuery(scope: Scope, allowed: Filter | undefined, args: SearchArgs, at?: number): Promise<StorageQuery> {
  const { core, spec } = scope;
  const order = parseOrder(spec, args.orderBy);
  const filter = await searchFilter(scope, allowed, args.where);
  const positions = {
    after: openCursor(scope, "after", args.after, order, at),
    before: openCursor(scope, "before", args.before, order, at),
  };
  return {
    filter,
    order,
    ...pageSize(args, core.limits),
    ...(positions.after ? { after: positions.after } : {}),
    ...(positions.before ? { before: positions.before } : {}),
    includeDeleted: args.includeDeleted ?? false,
    total: args.total ?? false,
  };
}

/** A page of what is, or of what was `at` an instant. */
export function pageOf<T>({ core, spec }: Scope, { order }: StorageQuery, page: StoragePage | PastPage, at?: number): SearchPage<T> {
  const items = page.rows.map((row) => new Resource<T>(spec, row, "currentToday" in row ? row.currentToday : row.meta.current));
  return new Page(items, page, (index) => {
    const position = page.positions[index];
    return position ? core.cursors.seal([spec.name, signatureOf(order, at), ...position]) : "";
  });
}

/** What a cursor is bound to. */
function signatureOf(order: readonly Order[], at: number | undefined): string {
  const keys = order.map(({ column, descending }) => (descending ? "-" : "") + column.key).join();
  return at === undefined ? keys : `${keys} as of ${at}`;
}

/** Where a cursor of this very order stands. */
function openCursor(
  { core, spec }: Scope,
  field: string,
  cursor: string | undefined,
  order: readonly Order[],
  at: number | undefined,
): Position | undefined {
  if (cursor === undefined) return undefined;
  const content = core.cursors.open(cursor, field);
  if (!Array.isArray(content) || content[0] !== spec.name || content[1] !== signatureOf(order, at) || content.length !== order.length + 2) {
    const kept = at === undefined ? "orderBy" : "orderBy and asOf";
    throw fail("BAD_REQUEST", `The cursor belongs to another search: keep ${kept} as it was when you got it`, { field });
  }
  return content.slice(2);
}
