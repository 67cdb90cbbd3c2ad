import { type AggregateArgs, type Measure, measures } from "../src/spec/aggregate.ts";
import type { SearchArgsOf, WhereOf } from "../src/spec/query-builder.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type Arguments, type InputField, inputListOf } from "./builder.ts";
import { numberOf, pageArgs, pageOf } from "./connection.ts";
import type { Derivation } from "./derivation.ts";
import { orderKey, orderType } from "./order-types.ts";
import { whereType } from "./where-types.ts";

export const includeDeleted: InputField = { type: "Boolean", defaultValue: false, description: "Also what has a deletion mark" };

/** The arguments of a field that answers a page of resources. */
export const searchFieldArgs = (
  derivation: Derivation,
  spec: ResourceSpec,
  where = whereType(derivation, spec),
): Record<string, InputField> => ({
  where: { type: where, description: "Over indexed fields and meta" },
  orderBy: {
    type: inputListOf(orderType(derivation, spec)),
    description: "The first key decides, the next one where it is equal, at last the id",
  },
  ...pageArgs,
  includeDeleted,
});

/** What they say to a manager. */
export function searchArgs({ where, orderBy, includeDeleted: deleted, ...page }: Arguments): SearchArgsOf<ResourceSpec> {
  const order = Array.isArray(orderBy) ? orderBy.map((each: unknown) => orderKey(each)) : undefined;
  // GraphQL has checked the shapes against types that were made of the spec; the manager checks the rest.
  return { where: where ?? undefined, orderBy: order, ...pageOf(page), includeDeleted: deleted === true } as SearchArgsOf<ResourceSpec>;
}

/** The same for an aggregate, whose measures are those that are selected: `sum.views`, or `sum.meta.version`. */
export function aggregateArgs(
  { where, groupBy, first, includeDeleted: deleted }: Arguments,
  selected: ReadonlySet<string>,
): AggregateArgs<WhereOf<ResourceSpec>> {
  const keysOf = (measure: Measure): string[] =>
    [...selected].flatMap((path) => (path.startsWith(`${measure}.`) ? [path.slice(measure.length + 1)] : []));
  const wanted = Object.fromEntries(measures.map((measure) => [measure, keysOf(measure)]));
  return {
    ...wanted,
    where: where ?? undefined,
    groupBy: groupBy ?? undefined,
    first: numberOf(first),
    includeDeleted: deleted === true,
  } as AggregateArgs<WhereOf<ResourceSpec>>;
}
