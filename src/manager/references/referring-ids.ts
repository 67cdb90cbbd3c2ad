import type { Column } from "../../spec/column.ts";
import { parseOrder } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { Position } from "../../storage/rows.ts";
import type { Core } from "../scope.ts";

const idsAtOnce = 50;
const pageSize = 100;

/** Ids of the stored resources that hold one of these ids in a ref, read in pages; it ends when they are more than `most`. */
export async function referringIds(
  { storage }: Core,
  from: ResourceSpec,
  column: Column,
  ids: readonly string[],
  includeDeleted: boolean,
  most: number,
): Promise<readonly string[]> {
  const found = new Set<string>();
  const query = { filter: undefined, order: parseOrder(from, undefined), limit: pageSize, fromEnd: false, includeDeleted, total: false };
  /** Answers those of which there is more, and where. */
  const read = async (some: readonly string[], after?: Position): Promise<readonly (readonly [string, Position])[]> => {
    const pages = await storage.referrers.pages(from.name, { ...query, column, ids: some, ...(after ? { after } : {}) });
    return pages.flatMap(({ rows, positions, hasNext }, i) => {
      for (const { meta } of rows) found.add(meta.id);
      const [id, last] = [some[i], positions.at(-1)];
      return hasNext && id !== undefined && last ? [[id, last] as const] : [];
    });
  };
  for (let i = 0; i < ids.length && found.size <= most; i += idsAtOnce) {
    let more = await read(ids.slice(i, i + idsAtOnce));
    while (more.length > 0 && found.size <= most) {
      const next = [];
      for (const [id, after] of more) next.push(...(await read([id], after)));
      more = next;
    }
  }
  return [...found];
}
