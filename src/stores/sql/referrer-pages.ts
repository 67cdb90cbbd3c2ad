import { comparePositions } from "../../storage/evaluate.ts";
import type { Known } from "../../storage/known-states.ts";
import type { MetaState } from "../../storage/meta-store.ts";
import type { ReferrerQuery } from "../../storage/referrers.ts";
import type { Position, StoragePage } from "../../storage/rows.ts";
import type { Dialect, Holders } from "./dialect.ts";
import { beyond, orderSql, type Side, wholeRun } from "./keyset.ts";
import type { PagedRows } from "./paged-rows.ts";
import type { Row } from "./resource-rows.ts";
import { allOf, joined, name, raw, type Sql, sql } from "./sql-text.ts";
import { readingOf, type Steps, sourceOf, statesOf } from "./states.ts";
import { matchingSql } from "./where.ts";

/** A page for each id: one query for the rows of all pages, and one for what has to be known around them, where that is asked. */
export function* referrerPages(
  dialect: Dialect,
  rows: PagedRows,
  query: ReferrerQuery,
  known: Known,
  reading = readingOf(known),
): Steps<readonly StoragePage<MetaState["revision"]>[]> {
  const { column, ids, limit } = query;
  const holders = dialect.holders(name(rows.table), column, ids);
  const { where, order, around } = partsOf(dialect, query, holders);
  const { selected, ...source } = sourceOf(rows, reading);
  // One row more tells whether there are more.
  const page = { ...source, table: holders.table, where, order, limit: limit + 1 };
  const pages = limit > 0 ? [dialect.pages(raw(selected), page, holders)] : [];
  const answers = yield { queries: [...pages, ...(around ? [around] : [])] };
  const found = pages.length > 0 ? (answers[0] ?? []) : [];
  const shown = yield* statesOf(dialect, rows, found, known, reading);
  if (!shown) return yield* referrerPages(dialect, rows, query, known, "whole");
  const places = Map.groupBy(found.keys(), (place) => found[place]?.at(-1));
  const aroundId = new Map(answers[pages.length]?.map(([id, ...values]) => [id, values]));
  return ids.map((id) => {
    const placed = (places.get(id) ?? []).flatMap((place): Placed[] => {
      const [row, at] = [shown.states[place], shown.positions[place]];
      return row && at ? [{ row, at }] : [];
    });
    return pageOf(query, placed, aroundId.get(id) ?? []);
  });
}

interface Placed {
  readonly row: MetaState;
  readonly at: Position;
}

interface Parts {
  readonly where: Sql;
  readonly order: Sql;
  /** Asks for the total, and for what stands before and behind the positions; undefined where nothing of it is asked. */
  readonly around: Sql | undefined;
}

function partsOf(dialect: Dialect, query: ReferrerQuery, holders: Holders): Parts {
  const { fromEnd, order, after, before, total } = query;
  const { table, holds } = holders;
  const run = wholeRun(dialect, order);
  const matching = matchingSql(dialect, query);
  const bound = (position: Position | undefined, side: Side, inclusive = false): Sql[] => {
    const sides = position ? beyond(run, position, side, inclusive) : true;
    return sides === true ? [] : [sides === false ? raw("1 = 0") : sides];
  };
  const exists = (side: Sql[]) => sql`exists (select 1 from ${table} t where ${allOf([holds, matching, ...side])})`;
  const values = [
    total ? sql`(select count(*) from ${table} t where ${holds} and ${matching})` : raw("null"),
    after ? exists(bound(after, "before", true)) : raw("null"),
    before ? exists(bound(before, "behind", true)) : raw("null"),
  ];
  return {
    where: allOf([matching, ...bound(after, "behind"), ...bound(before, "before")]),
    order: orderSql(run, fromEnd),
    around: total || after || before ? sql`${holders.with}select k.id, ${joined(values, ", ")} from ${holders.ids}` : undefined,
  };
}

/** Each id has few rows, and their order is not that of the query yet. */
function pageOf(
  { order, limit, fromEnd, total }: ReferrerQuery,
  found: readonly Placed[],
  [count, before, behind]: Row,
): StoragePage<MetaState["revision"]> {
  const sorted = found.toSorted((a, b) => comparePositions(order, a.at, b.at));
  const more = sorted.length > limit;
  const shown = more ? (fromEnd ? sorted.slice(1) : sorted.slice(0, limit)) : sorted;
  return {
    rows: shown.map(({ row }) => row),
    positions: shown.map(({ at }) => at),
    hasPrevious: Boolean(before) || (fromEnd && more),
    hasNext: Boolean(behind) || (!fromEnd && more),
    ...(total ? { total: Number(count) } : {}),
  };
}
