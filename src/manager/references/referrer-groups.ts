import { SpecStarError } from "../../errors.ts";
import type { Column } from "../../spec/column.ts";
import { type Filter, parseOrder } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { authorize } from "../authorize.ts";
import type { Scope } from "../scope.ts";

/** Those that refer to a resource by one field of one spec. */
export interface ReferrerGroup {
  /** Name of their spec, and the path of the field. */
  readonly type: string;
  readonly field: string;
  readonly count: number;
  /** Of the first of them, as many as a page has. */
  readonly ids: readonly string[];
}

/** For each id what refers to it, as far as the actor may find it; one storage call per field that refers to this spec. */
export async function referrersOfMany(scope: Scope, ids: readonly string[]): Promise<readonly (readonly ReferrerGroup[])[]> {
  const refs = [...scope.core.specs.values()].flatMap((from) =>
    from.stored.filter(({ ref }) => ref?.target === scope.spec.name && !ref.pin).map((column) => ({ from, column })),
  );
  const groups = await Promise.all(refs.map(({ from, column }) => groupsOf(scope, from, column, ids)));
  return ids.map((_, i) => groups.flatMap((each) => each[i] ?? []));
}

async function groupsOf(
  { core, actor }: Scope,
  from: ResourceSpec,
  column: Column,
  ids: readonly string[],
): Promise<readonly (ReferrerGroup | undefined)[]> {
  let filter: Filter | undefined;
  try {
    filter = await authorize(core.authorize, { actor, operation: "search", spec: from });
  } catch (reason) {
    if (reason instanceof SpecStarError && reason.code === "FORBIDDEN") return [];
    throw reason;
  }
  const pages = await core.storage.referrers.pages(from.name, {
    filter,
    order: parseOrder(from, undefined),
    limit: core.limits.defaultPageSize,
    fromEnd: false,
    includeDeleted: false,
    total: true,
    column,
    ids,
  });
  return pages.map(({ rows, total = 0 }) =>
    total === 0 ? undefined : { type: from.name, field: column.path.join("."), count: total, ids: rows.map(({ meta }) => meta.id) },
  );
}
