import { comparePositions } from "../../storage/evaluate.ts";
import { type PlacedRevision, positionOf, type StoragePage, type StorageQuery } from "../../storage/rows.ts";
import type { Entry } from "./entry.ts";

/** The page that a query asks for, of the entries that its filter matches. */
export function pageOf(matching: readonly Entry[], query: StorageQuery): StoragePage<PlacedRevision> {
  const { order, after, before } = query;
  const all = matching.map((entry) => ({ entry, at: positionOf(entry.meta, order) })).sort((a, b) => comparePositions(order, a.at, b.at));
  const from = after ? all.findIndex(({ at }) => comparePositions(order, at, after) > 0) : 0;
  const to = before ? all.findIndex(({ at }) => comparePositions(order, at, before) >= 0) : all.length;
  const { rows, hasPrevious, hasNext } = cut(all, from === -1 ? all.length : from, to === -1 ? all.length : to, query);
  return {
    rows: rows.flatMap(({ entry: { meta, revisions } }) =>
      revisions.slice(meta.current - 1, meta.current).map((revision) => ({ meta: { ...meta, columns: {} }, revision })),
    ),
    positions: rows.map(({ at }) => at),
    hasPrevious,
    hasNext,
    ...(query.total ? { total: all.length } : {}),
  };
}

/** The window of `[from, to)` that a page shows, and whether rows stand around it. */
export function cut<T>(
  all: readonly T[],
  from: number,
  to: number,
  page: { limit: number; fromEnd: boolean },
): { rows: readonly T[]; hasPrevious: boolean; hasNext: boolean } {
  const start = page.fromEnd ? Math.max(from, to - page.limit) : from;
  const end = page.fromEnd ? Math.max(from, to) : Math.max(from, Math.min(to, from + page.limit));
  return { rows: all.slice(start, end), hasPrevious: start > 0, hasNext: end < all.length };
}
