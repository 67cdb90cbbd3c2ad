import type { Context } from "../../storage/context.ts";
import { droppedAtOnce, FeedRetention } from "../../storage/feed-retention.ts";
import type { Change, ChangeRow, FeedQuery, PlacedRevision, StoreState } from "../../storage/rows.ts";
import { frozen } from "./entry.ts";

/** The feed as a list of rows, of which the oldest go with the retention. */
export class MemoryFeed {
  readonly #context: Context;
  readonly #retention: FeedRetention;
  /** Behind position `tail`: what stood before it was dropped. */
  readonly #rows: ChangeRow[] = [];
  #tail = 0;

  constructor(context: Context, feedRetentionMs?: number) {
    this.#context = context;
    this.#retention = new FeedRetention(feedRetentionMs);
  }

  get ends(): Pick<StoreState, "head" | "tail"> {
    return { head: this.#tail + this.#rows.length, tail: this.#tail };
  }

  /** Answers how to take it back. */
  add({ type, kind, meta, previous, at, by }: Change<PlacedRevision>): () => void {
    const { id, version, current: revision } = meta;
    this.#rows.push(frozen({ position: this.ends.head + 1, type, id, kind, revision, previous, version, at, by }));
    return () => void this.#rows.pop();
  }

  /** When rows were committed: those go that have had their time, but for the newest. */
  dropOld(written: number): void {
    const old = this.#retention.due(written, this.#context.now());
    if (old === undefined) return;
    const oldest = this.#rows.slice(0, Math.min(droppedAtOnce, this.#rows.length - 1));
    const fresh = oldest.findIndex(({ at }) => at >= old);
    this.#tail += this.#rows.splice(0, fresh < 0 ? oldest.length : fresh).length;
  }

  changes(query: FeedQuery): readonly ChangeRow[] {
    const rows: ChangeRow[] = [];
    for (let i = Math.max(0, query.after - this.#tail); i < this.#rows.length && rows.length < query.limit; i++) {
      const row = this.#rows[i];
      if (row && (!query.types || query.types.includes(row.type)) && (query.id === undefined || query.id === row.id)) rows.push(row);
    }
    return rows;
  }
}
