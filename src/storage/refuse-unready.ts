import { fail, type SpecStarError } from "../errors.ts";
import { type Column, columnName } from "../spec/column.ts";
import type { Filter, Order } from "../spec/query.ts";
import type { AggregateQuery } from "./aggregates.ts";
import type { UnitOfWork } from "./rows.ts";
import type { FieldProgress } from "./stored-schema.ts";

/**
 * Refuses what asks about a field that is not filled yet: its answer would be wrong.
 * @throws UNAVAILABLE that names the field, and how far it is
 */
export function refuseUnready(
  progress: readonly FieldProgress[],
  type: string,
  { filter, order = [] }: { readonly filter?: Filter | undefined; readonly order?: readonly Order[] },
): void {
  if (progress.length === 0) return;
  for (const { column } of order) refuseUnreadyColumn(progress, type, column);
  if (filter) refuseFilter(progress, type, filter);
}

function refuseFilter(progress: readonly FieldProgress[], type: string, filter: Filter): void {
  if (filter.kind === "and" || filter.kind === "or") for (const each of filter.of) refuseFilter(progress, type, each);
  else if (filter.kind === "not") refuseFilter(progress, type, filter.of);
  else if (filter.kind === "one" || filter.kind === "some") {
    const { related, of } = filter;
    refuseUnreadyColumn(progress, related.back ? related.type : type, related.column);
    refuseUnready(progress, related.type, { filter: related.within });
    refuseFilter(progress, related.type, of);
  } else refuseUnreadyColumn(progress, type, filter.column);
}

export function refuseUnreadyColumn(progress: readonly FieldProgress[], type: string, column: Pick<Column, "name">): void {
  const found = progress.find((each) => each.resource === type && (each.column ?? columnName(each.field)) === column.name);
  if (found) throw notReady(found);
}

export function refuseUnreadyAggregate(progress: readonly FieldProgress[], type: string, query: AggregateQuery): void {
  refuseUnready(progress, type, query);
  for (const column of [...query.groupBy, ...query.measures.map((each) => each.column)]) refuseUnreadyColumn(progress, type, column);
}

/** That nothing refers to a resource cannot be known of a ref that is not filled yet. */
export function refuseUnreadyGuards(progress: readonly FieldProgress[], { guards = [] }: Pick<UnitOfWork, "guards">): void {
  if (progress.length === 0) return;
  for (const guard of guards) if (guard.kind === "noReferrers") refuseUnreadyColumn(progress, guard.type, { name: guard.column });
}

function notReady({ resource, field, done, total, stopped, conflicts }: FieldProgress): SpecStarError {
  const details = { resource, field };
  // Ids are not for every client: the progress names them.
  if (stopped && conflicts > 0)
    return fail(
      "UNAVAILABLE",
      `Field ${field} of ${resource} is not ready: ${conflicts} of its values are taken, as platform.schemaProgress() tells. Change them, then start again`,
      details,
    );
  if (stopped)
    return fail(
      "UNAVAILABLE",
      `Field ${field} of ${resource} is indexed for another spec. Start this process with the same resources`,
      details,
    );
  const percent = total === 0 ? 0 : Math.min(99, Math.floor((100 * done) / total));
  return fail("UNAVAILABLE", `Field ${field} of ${resource} is being indexed: ${percent} % done. Try again later`, details);
}
