import { fail } from "../../errors.ts";
import { msOfInstantKey } from "../../spec/instant.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { KeptSince } from "../../storage/refuse-unkept.ts";
import type { FillStep, FillSteps } from "./fill-batch.ts";
import type { Fill, KnownSpec } from "./known-specs.ts";
import { pastName } from "./past-table.ts";
import type { ResourceRows, Row } from "./resource-rows.ts";
import { name, type Sql, sql } from "./sql-text.ts";

/** Of a resource whose past states are kept, or were once: a table of them that is no longer added to stays. */
export interface KnownHistory extends KeptSince {
  readonly on: boolean;
}

/** What is known of the past once a table is as its spec wants it. */
export async function historyAfter(
  all: (query: Sql) => Promise<readonly Row[]>,
  { spec, table }: ResourceRows,
  before: KnownSpec | undefined,
  fill: Fill | undefined,
  now: number,
): Promise<KnownHistory | undefined> {
  const kept = before?.history;
  if (!spec.history) return kept && { ...kept, on: false };
  if (!before) return { on: true, since: null, columns: {} };
  const filling = Object.fromEntries((fill?.columns ?? []).map((column) => [column, null]));
  // What was being filled when there was nothing left to fill is ready.
  const columns = Object.entries(kept?.columns ?? {}).map(([column, ready]) => [column, ready ?? now]);
  if (kept?.on) return { ...kept, columns: { ...Object.fromEntries(columns), ...filling } };
  const [row] = await all(sql`select max(_updated_at) from ${name(table)} where _state < 2`);
  return { on: true, since: later(now, row?.[0]), columns: filling };
}

/** Clocks differ: what was written under another one may be later than now. */
const later = (now: number, instant: Row[number] | undefined): number =>
  typeof instant === "string" ? Math.max(now, msOfInstantKey(instant)) : now;

/**
 * These columns are filled: of today's rows. States of before have what was there then, so of them nothing is known; states of
 * a time when some rows were filled and others not end before the newest of all ends.
 */
export function* columnsReady({ spec, table }: ResourceRows, columns: readonly string[], now: number): FillSteps<void> {
  if (!spec.history || columns.length === 0) return;
  const [row] = yield {
    read: sql`select history, (select max(_to) from ${name(pastName(spec))}) from specstar_spec where name = ${table}`,
  } satisfies FillStep;
  const kept = knownHistoryOf(row?.[0]);
  if (!kept) return;
  const ready = Object.fromEntries(columns.map((column) => [column, later(now, row?.[1])]));
  yield {
    write: [
      sql`update specstar_spec set history = ${JSON.stringify({ ...kept, columns: { ...kept.columns, ...ready } })} where name = ${table}`,
    ],
  };
}

export const knownHistoryOf = (text: Row[number] | undefined): KnownHistory | undefined =>
  typeof text === "string" ? JSON.parse(text) : undefined;

export const knownHistorySql = ({ table }: ResourceRows): Sql => sql`select history from specstar_spec where name = ${table}`;

/** @throws UNAVAILABLE where another process has opened the store without the history of this resource */
export function keptOf({ name: resource }: ResourceSpec, rows: readonly Row[]): KeptSince {
  const kept = knownHistoryOf(rows[0]?.[0]);
  if (kept?.on) return kept;
  throw fail("UNAVAILABLE", `The history of ${resource} is not kept any more. Restart this process with the resources of the others`, {
    resource,
  });
}
