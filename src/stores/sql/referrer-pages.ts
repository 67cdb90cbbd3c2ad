import { comparePositions } from "../../storage/evaluate.ts";
import type { MetaStored } from "../../storage/meta-store.ts";
import type { ReferrerQuery } from "../../storage/referrers.ts";
import type { PlacedRevision, Position } from "../../storage/rows.ts";
import { positionOf, type StoragePage } from "../../storage/rows.ts";
import type { Dialect, Holders } from "./dialect.ts";
import { beyond, orderSql, type Side, wholeRun } from "./keyset.ts";
import type { Row, SelectedRows } from "./resource-rows.ts";
import { allOf, joined, name, raw, type Sql, sql } from "./sql-text.ts";
import { matchingSql } from "./where.ts";

/** The queries that a page for each id takes, and what their answers, in the same order, make of it. */
export interface ReferrerPages {
  readonly queries: readonly Sql[];
  readonly pages: (answers: readonly (readonly Row[])[]) => readonly StoragePage<PlacedRevision>[];
}

/** One query for the rows of all pages, and one for what has to be known around them, where that is asked. */
export function referrerPages(dialect: Dialect, rows: SelectedRows, query: ReferrerQuery): ReferrerPages {
  const { column, ids, limit, fromEnd, order, after, before, total } = query;
  const run = wholeRun(dialect, order);
  const holders = dialect.holders(name(rows.table), column, ids);
  const { table, holds } = holders;
  const matching = matchingSql(dialect, query);
  const bound = (position: Position | undefined, side: Side, inclusive = false): Sql[] => {
    const sides = position ? beyond(run, position, side, inclusive) : true;
    return sides === true ? [] : [sides === false ? raw("1 = 0") : sides];
  };
  const where = allOf([matching, ...bound(after, "behind"), ...bound(before, "before")]);
  // One row more tells whether there are more.
  const page = { table, where, order: orderSql(run, fromEnd), limit: limit + 1 };
  const found = limit > 0 ? [dialect.pages(raw(rows.selectedCurrent), page, holders)] : [];
  const exists = (side: Sql[]) => sql`exists (select 1 from ${table} t where ${allOf([holds, matching, ...side])})`;
  const around = [
    total ? sql`(select count(*) from ${table} t where ${holds} and ${matching})` : raw("null"),
    after ? exists(bound(after, "before", true)) : raw("null"),
    before ? exists(bound(before, "behind", true)) : raw("null"),
  ];
  const beside = total || after || before ? [aroundSql(holders, around)] : [];
  return {
    queries: [...found, ...beside],
    pages: (answers) => {
      const byId = Map.groupBy(found.length > 0 ? (answers[0] ?? []) : [], (row) => row.at(-1));
      const aroundId = new Map(answers[found.length]?.map(([id, ...values]) => [id, values]));
      return ids.map((id) =>
        pageOf(
          query,
          (byId.get(id) ?? []).map((row) => rows.storedCurrent(row)),
          aroundId.get(id) ?? [],
        ),
      );
    },
  };
}

const aroundSql = ({ with: start, ids }: Holders, values: readonly Sql[]): Sql =>
  sql`${start}select k.id, ${joined(values, ", ")} from ${ids}`;

/** Each id has few rows, and their order is not that of the query yet. */
function pageOf(
  { order, limit, fromEnd, total }: ReferrerQuery,
  found: readonly MetaStored[],
  [count, before, behind]: Row,
): StoragePage<PlacedRevision> {
  const sorted = found
    .map((row) => ({ row, at: positionOf(row.meta, order) }))
    .sort((a, b) => comparePositions(order, a.at, b.at))
    .map(({ row }) => row);
  const more = sorted.length > limit;
  const rows = more ? (fromEnd ? sorted.slice(1) : sorted.slice(0, limit)) : sorted;
  return {
    rows,
    hasPrevious: Boolean(before) || (fromEnd && more),
    hasNext: Boolean(behind) || (!fromEnd && more),
    ...(total ? { total: Number(count) } : {}),
  };
}
