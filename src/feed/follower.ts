import type { ChangeKind, ChangeRow } from "../storage/rows.ts";

/** What a reader listens to. */
export interface FeedFilter {
  readonly types: ReadonlySet<string>;
  readonly id: string | undefined;
  readonly kinds: ReadonlySet<ChangeKind> | undefined;
}

export const hears = ({ types, id, kinds }: FeedFilter, row: ChangeRow): boolean =>
  types.has(row.type) && (id === undefined || row.id === id) && (kinds === undefined || kinds.has(row.kind));

/** One reader of the feed: where it is and what it listens to. This is all that a stalled one costs. */
export class Follower {
  readonly filter: FeedFilter;
  /** All rows up to here have been looked at. */
  position: number;
  /** Position of the newest cursor that the reader has, and when it was given. */
  given: { readonly position: number; readonly at: number };
  /** Of all events that were made in this process, the turn of the one that it was told last. */
  turn = 0;
  #wake: (() => void) | undefined;

  constructor(filter: FeedFilter, position: number, at: number) {
    this.filter = filter;
    this.position = position;
    this.given = { position, at };
  }

  /** Resolves at the next `rouse`. */
  sleep(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }

  rouse(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }
}
