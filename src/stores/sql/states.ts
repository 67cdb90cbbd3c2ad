import type { Known, StateKey } from "../../storage/known-states.ts";
import type { MetaState } from "../../storage/meta-store.ts";
import type { Position, StoragePage, StorageQuery } from "../../storage/rows.ts";
import type { Dialect } from "./dialect.ts";
import type { PagedRows } from "./paged-rows.ts";
import type { Row } from "./resource-rows.ts";
import { type SearchSource, type Step, searchPage } from "./search-page.ts";
import { name, raw } from "./sql-text.ts";

/** What is read of the rows of a page: all of them, or only which states they are, because most of these are known. */
export type Reading = "whole" | "keys";
export const readingOf = (known: Known): Reading => (known.helps ? "keys" : "whole");

/** The rows of today. */
export const sourceOf = (rows: PagedRows, reading: Reading): SearchSource => ({
  table: name(rows.table),
  ...(reading === "keys" ? { selected: rows.keys, alone: true } : { selected: rows.selected }),
});

/** Steps of a search, with the rows that answer the queries of each. */
export type Steps<Answer> = Generator<Step, Answer, readonly (readonly Row[])[]>;

export interface States {
  readonly states: readonly MetaState[];
  readonly positions: readonly Position[];
}

/** The states that these rows of `sourceOf` are. Undefined where some are not known and have changed since: then all is to be read whole. */
export function* statesOf(
  dialect: Dialect,
  rows: PagedRows,
  found: readonly Row[],
  known: Known,
  reading: Reading,
): Steps<States | undefined> {
  if (reading === "whole") {
    const read = found.map((row) => rows.storedOf(row));
    const states = read.map((state) => known.get(state.meta));
    note(known, states);
    return { states: read.map((state, i) => states[i] ?? state), positions: found.map(rows.positionOf) };
  }
  const keys = found.map((row) => rows.keyOf(row));
  const states: (MetaState | undefined)[] = keys.map((key) => known.get(key));
  note(known, states);
  const missing = keys.filter((_, i) => states[i] === undefined);
  if (missing.length > 0) {
    const ids = missing.map(({ id }) => id);
    const [others = []] = yield { queries: [dialect.rows(raw(rows.selected), name(rows.table), ids)], compared: true };
    const byId = new Map(others.map((row) => rows.storedOf(row)).map((state) => [state.meta.id, state]));
    for (const [i, key] of keys.entries()) states[i] ??= sameState(byId.get(key.id), key);
  }
  const all = states.filter((state) => state !== undefined);
  return all.length < keys.length ? undefined : { states: all, positions: found.map(rows.positionOfKey) };
}

const note = (known: Known, states: readonly unknown[]): void =>
  known.note(states.filter((state) => state !== undefined).length, states.length);

const sameState = (state: MetaState | undefined, { version, updatedAt }: StateKey): MetaState | undefined =>
  state?.meta.version === version && state.meta.updatedAt === updatedAt ? state : undefined;

/** A page of today's rows. */
export function* searchStates(
  dialect: Dialect,
  rows: PagedRows,
  query: StorageQuery,
  known: Known,
  reading = readingOf(known),
): Steps<StoragePage<MetaState["revision"]>> {
  const page = yield* searchPage<Row>(dialect, sourceOf(rows, reading), query);
  const found = yield* statesOf(dialect, rows, page.rows, known, reading);
  if (!found) return yield* searchStates(dialect, rows, query, known, "whole");
  return { ...page, rows: found.states, positions: found.positions };
}
