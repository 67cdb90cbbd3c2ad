import type { Column } from "../../spec/column.ts";
import { msOfInstantKey } from "../../spec/instant.ts";
import type { Order } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { StateKey } from "../../storage/known-states.ts";
import type { MetaStored } from "../../storage/meta-store.ts";
import type { PastStored } from "../../storage/past.ts";
import type { MetaRow, PlacedRevision, Position } from "../../storage/rows.ts";
import { currentWidth, decodeScalar, type Row, SelectedRows } from "./resource-rows.ts";
import { quoted } from "./sql-text.ts";

const none: MetaRow["columns"] = Object.freeze({});

/** How rows of one resource's table are read for pages of one order: of the data only what it names. Making values costs as much as finding their rows. */
export class PagedRows {
  readonly spec: ResourceSpec;
  readonly table: string;
  /** Of `t` and its current revision `r`: what `storedOf` and `positionOf` read. */
  readonly selected: string;
  /** Of `t` alone: what `keyOf` and `positionOfKey` read. */
  readonly keys: string;
  readonly positionOf: (row: Row) => Position;
  readonly positionOfKey: (row: Row) => Position;
  readonly #rows: SelectedRows;

  constructor(spec: ResourceSpec, order: readonly Order[]) {
    const ordered = order.map(({ column }) => column);
    this.spec = spec;
    this.#rows = new SelectedRows(
      spec,
      spec.stored.filter((column) => ordered.includes(column)),
    );
    this.table = this.#rows.table;
    this.selected = this.#rows.selectedCurrent;
    this.positionOf = positionAt(ordered, this.#rows.columns);
    const keys = [...new Set(["_id", "_version", "_updated_at", ...ordered.map(({ name }) => name)])];
    this.keys = keys.map((column) => `t.${quoted(column)}`).join(", ");
    this.positionOfKey = positionAt(ordered, keys);
  }

  storedOf(row: Row): MetaStored {
    return this.#rows.storedCurrent(row, none);
  }

  /** As of an instant: behind the selected columns stands the number of the revision that is current today. */
  storedPast(row: Row): PastStored<PlacedRevision> {
    return { ...this.storedOf(row), currentToday: Number(row[this.#rows.columns.length + currentWidth]) };
  }

  keyOf(row: Row): StateKey {
    return { id: String(row[0]), version: Number(row[1]), updatedAt: msOfInstantKey(String(row[2])) };
  }
}

function positionAt(ordered: readonly Column[], columns: readonly string[]): (row: Row) => Position {
  const places = ordered.map((column) => ({ column, at: columns.indexOf(column.name) }));
  return (row) => places.map(({ column, at }) => decodeScalar(column, row[at] ?? null));
}

/** What clients sort by is mostly the same; one that tries everything is not remembered. */
const keptOrders = 100;

/** The rows of one resource, as they are read for pages. */
export class PagedOrders {
  readonly #spec: ResourceSpec;
  readonly #known = new Map<string, PagedRows>();

  constructor(spec: ResourceSpec) {
    this.#spec = spec;
  }

  in(order: readonly Order[]): PagedRows {
    const key = order.map(({ column }) => column.name).join();
    const known = this.#known.get(key) ?? new PagedRows(this.#spec, order);
    if (this.#known.size < keptOrders) this.#known.set(key, known);
    return known;
  }
}
