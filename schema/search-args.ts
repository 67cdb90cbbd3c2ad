import type { SearchArgsOf } from "../src/spec/query-builder.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type Arguments, type InputField, inputListOf } from "./builder.ts";
import { pageArgs, pageOf } from "./connection.ts";
import type { Derivation } from "./derivation.ts";
import { orderKey, orderType } from "./order-types.ts";
import { whereType } from "./where-types.ts";

export const includeDeleted: InputField = { type: "Boolean", defaultValue: false };

/** The arguments of a field that answers a page of resources. */
export const searchFieldArgs = (
  derivation: Derivation,
  spec: ResourceSpec,
  where = whereType(derivation, spec),
): Record<string, InputField> => ({
  where: { type: where },
  orderBy: { type: inputListOf(orderType(derivation, spec)) },
  ...pageArgs,
  includeDeleted,
});

/** What they say to a manager. */
export function searchArgs({ where, orderBy, includeDeleted: deleted, ...page }: Arguments): SearchArgsOf<ResourceSpec> {
  const order = Array.isArray(orderBy) ? orderBy.map((each: unknown) => orderKey(each)) : undefined;
  // GraphQL has checked the shapes against types that were made of the spec; the manager checks the rest.
  return { where: where ?? undefined, orderBy: order, ...pageOf(page), includeDeleted: deleted === true } as SearchArgsOf<ResourceSpec>;
}
