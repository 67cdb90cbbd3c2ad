import type { ChangeRow } from "../storage/rows.ts";
import { type FeedFilter, hears } from "./follower.ts";

export interface FeedBatch {
  readonly rows: readonly ChangeRow[];
  /** All rows up to this position have been looked at. */
  readonly upTo: number;
}

const keptRows = 4096;

/** The newest rows of the feed, without a gap, shared by all readers of a process. */
export class FeedRing {
  #rows: ChangeRow[] = [];
  #head = 0;

  /** Position of the newest row that was read. */
  get head(): number {
    return this.#head;
  }

  /** Position before the oldest row: reading goes on from here at the earliest. */
  get start(): number {
    return this.#head - this.#rows.length;
  }

  reset(head: number): void {
    this.#rows = [];
    this.#head = head;
  }

  /** Takes rows that follow the newest one. Old ones go in large steps, so that most appends move nothing. */
  append(rows: readonly ChangeRow[]): void {
    this.#rows.push(...rows);
    this.#head += rows.length;
    if (this.#rows.length > 2 * keptRows) this.#rows = this.#rows.slice(-keptRows);
  }

  /** Rows behind a position that is not before `start`. */
  after(position: number, filter: FeedFilter, limit: number): FeedBatch {
    const found: ChangeRow[] = [];
    for (let i = position - this.start; i < this.#rows.length; i++) {
      const row = this.#rows[i];
      if (!row || !hears(filter, row)) continue;
      found.push(row);
      if (found.length === limit) return { rows: found, upTo: row.position };
    }
    return { rows: found, upTo: Math.max(position, this.#head) };
  }
}
