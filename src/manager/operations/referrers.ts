import { type ReferrerGroup, referrersOfMany } from "../references/referrer-groups.ts";
import type { Scope } from "../scope.ts";
import { get } from "./get.ts";

export async function referrers(scope: Scope, id: string): Promise<readonly ReferrerGroup[]> {
  await get(scope, id, {});
  const [groups] = await referrersOfMany(scope, [id]);
  return groups ?? [];
}
