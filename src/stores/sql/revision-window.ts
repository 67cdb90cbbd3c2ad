import type { RevisionQuery } from "../../storage/rows.ts";

/** Which numbers a page of a history shows, `from` not included, and what stands around it. */
export interface RevisionWindow {
  readonly from: number;
  readonly to: number;
  readonly total: number;
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** Numbers are dense from 1, so a page is a range of them. */
export function revisionWindow(total: number, { limit, after, before, fromEnd }: RevisionQuery): RevisionWindow {
  const first = Math.min(after ?? 0, total);
  const last = Math.max(first, Math.min((before ?? total + 1) - 1, total));
  const from = fromEnd ? Math.max(first, last - limit) : first;
  const to = fromEnd ? last : Math.min(last, first + limit);
  return { from, to, total, hasPrevious: from > 0, hasNext: to < total };
}
