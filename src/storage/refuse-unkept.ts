import { fail } from "../errors.ts";
import type { Column } from "../spec/column.ts";
import type { Filter } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { PastQuery } from "./past.ts";

/** From when on the states of the resources of a spec are kept: milliseconds since the epoch, null for all there ever were. */
export interface KeptSince {
  readonly since: number | null;
  /** Fields that were indexed later, by the names of their columns; null while they are not ready. */
  readonly columns: Readonly<Record<string, number | null>>;
}

/**
 * Refuses what asks about a time of which nothing was written down: its answer would be wrong.
 * @throws BAD_REQUEST that names the instant from which on it can be asked
 */
export function refuseUnkept({ name }: ResourceSpec, { since, columns }: KeptSince, { at, filter, order }: PastQuery): void {
  const orLater = (instant: number): string => `Ask as of ${new Date(instant).toISOString()} or later`;
  if (since !== null && at < since)
    throw fail("BAD_REQUEST", `The history of ${name} was switched on later. ${orLater(since)}`, { resource: name, field: "asOf" });
  for (const { name: column, key } of [...order.map((each) => each.column), ...columnsIn(filter)]) {
    const ready = columns[column];
    if (ready === null)
      throw fail("UNAVAILABLE", `Field ${key} of ${name} is being indexed. Try again later`, { resource: name, field: key });
    if (ready !== undefined && at < ready)
      throw fail("BAD_REQUEST", `Field ${key} of ${name} was not indexed then. ${orLater(ready)}`, { resource: name, field: key });
  }
}

function* columnsIn(filter: Filter | undefined): Generator<Column> {
  if (filter?.kind === "and" || filter?.kind === "or") for (const each of filter.of) yield* columnsIn(each);
  else if (filter?.kind === "not") yield* columnsIn(filter.of);
  else if (filter?.kind === "test" || filter?.kind === "null") yield filter.column;
}
