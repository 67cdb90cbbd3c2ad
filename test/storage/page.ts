interface Window<T> {
  readonly limit: number;
  readonly fromEnd: boolean;
  readonly isAfter: (row: T) => boolean;
  readonly isBefore: (row: T) => boolean;
}

/** The page that a window must show of an ordered list: said once, as plainly as can be. Pages of no rows are not asked for. */
export function pageOf<T>(all: readonly T[], { limit, fromEnd, isAfter, isBefore }: Window<T>) {
  const inside = all.filter((row) => isAfter(row) && isBefore(row));
  const rows = fromEnd ? inside.slice(-limit) : inside.slice(0, limit);
  return { rows, hasPrevious: rows[0] !== all[0], hasNext: rows.at(-1) !== all.at(-1) };
}
