import { matches } from "../../storage/evaluate.ts";
import type { ReadKey } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { instantMs } from "../instant-argument.ts";
import { Resource } from "../resource.ts";
import type { Scope } from "../scope.ts";
import { gone, notFound } from "../write.ts";

export interface GetOptions {
  readonly includeDeleted?: boolean | undefined;
  /** An RFC 3339 instant: the resource as it was then, deletion included. */
  readonly asOf?: string | undefined;
}

export async function get<T>(scope: Scope, id: string, { includeDeleted = false, asOf }: GetOptions): Promise<Resource<T>> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "get", spec });
  const keys: ReadKey[] = asOf === undefined ? [{ id }] : [{ id, asOf: instantMs(asOf, "asOf") }];
  // Today's rules hold for the past too: what the actor may not read now, it may not read as it was.
  if (filter && asOf !== undefined) keys.push({ id });
  const [found, today] = await core.storage.read(spec.name, keys);
  if (!found || !matches(filter, (today ?? found).meta)) throw notFound(spec, id);
  if (found.meta.state === "deleted" && !includeDeleted) throw gone(spec, id);
  return new Resource<T>(spec, found);
}

export async function getMany<T>(
  scope: Scope,
  ids: readonly string[],
  { includeDeleted = false }: Pick<GetOptions, "includeDeleted">,
): Promise<readonly (Resource<T> | undefined)[]> {
  const { core, spec, actor } = scope;
  const filter = await authorize(core.authorize, { actor, operation: "get", spec });
  const found = await core.storage.read(
    spec.name,
    ids.map((id) => ({ id })),
  );
  return found.map((each) =>
    each && matches(filter, each.meta) && (includeDeleted || each.meta.state === "live") ? new Resource<T>(spec, each) : undefined,
  );
}
