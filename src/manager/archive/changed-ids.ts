import { fail, type SpecStarError } from "../../errors.ts";
import type { StoreState } from "../../storage/rows.ts";
import type { Core } from "../scope.ts";
import type { Exported } from "./export-archive.ts";

const batchRows = 1_000;

/** Ids of what has changed in a stretch of the feed, by spec, in order. */
export async function changedIds(
  { storage }: Core,
  exported: readonly Exported[],
  since: number,
  position: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const types = exported.map(({ spec }) => spec.name);
  const found = new Map(types.map((type) => [type, new Set<string>()]));
  for (let after = since; after < position; ) {
    const rows = await storage.changes({ after, limit: batchRows, types });
    for (const { type, id } of rows) found.get(type)?.add(id);
    after = rows.length < batchRows ? position : (rows.at(-1)?.position ?? position);
  }
  // What was dropped meanwhile was not read.
  checkKept(since, await storage.state());
  return new Map([...found].map(([type, ids]) => [type, [...ids].toSorted((a, b) => (a < b ? -1 : 1))]));
}

const gone = (reason: "epoch" | "retention", why: string): SpecStarError =>
  fail("GONE", `The cursor is from before ${why}. Export everything again`, { reason });

/** @throws GONE where the feed does not tell any more what has changed behind a position */
export function checkKept(since: number, { head, tail }: Pick<StoreState, "head" | "tail">): void {
  if (since > head) throw goneByEpoch();
  if (since < tail) throw gone("retention", "what the feed keeps");
}

export const goneByEpoch = (): SpecStarError => gone("epoch", "the store was replaced");
