import type { ChangeRow } from "../storage/rows.ts";
import type { Audience } from "./audience.ts";
import type { Bookmarks } from "./bookmarks.ts";
import type { FeedEvent } from "./feed-event.ts";
import type { FeedTail } from "./feed-tail.ts";
import type { Follower } from "./follower.ts";

interface ReaderParts {
  readonly tail: FeedTail;
  readonly follower: Follower;
  /** Which history the follower has joined. */
  readonly history: number;
  readonly audience: Audience;
  readonly bookmarks: Bookmarks;
  readonly leave: () => void;
}

const nothing = { type: null, id: null, revision: null, previous: null, version: null, at: null, by: null };

/** Pulls the events of one subscription, one at a time. Between two of them it holds a position and the rest of a short batch. */
export class FeedReader {
  readonly #parts: ReaderParts;
  #rows: readonly ChangeRow[] = [];
  #next = 0;
  #upTo: number;

  constructor(parts: ReaderParts) {
    this.#parts = parts;
    this.#upTo = parts.follower.position;
  }

  /** Of the position that has been reached. */
  get cursor(): string {
    return this.#parts.audience.cursor.at(this.#parts.follower.position);
  }

  /** All that is known to this process has been looked at. */
  get caughtUp(): boolean {
    return this.#parts.follower.position >= this.#parts.tail.head;
  }

  get closed(): boolean {
    return this.#parts.tail.closed;
  }

  ready(): FeedEvent {
    return { cursor: this.cursor, kind: "ready", ...nothing };
  }

  /**
   * The next event, undefined where there is none in the next rows. Whether the actor may hear of it is asked now, however long
   * ago the rows were read.
   * @throws GONE
   */
  async next(): Promise<FeedEvent | undefined> {
    const { tail, follower, history, bookmarks, audience } = this.#parts;
    if (this.#next >= this.#rows.length) {
      ({ rows: this.#rows, upTo: this.#upTo } = await tail.read(follower, history));
      this.#next = 0;
    }
    while (this.#next < this.#rows.length) {
      const row = this.#rows[this.#next++];
      if (!row) continue;
      const event = await audience.event(row, follower);
      follower.position = row.position;
      if (!event) continue;
      bookmarks.gave(follower);
      return event;
    }
    follower.position = this.#upTo;
    return undefined;
  }

  /** A bookmark, where one is due. */
  bookmark(): FeedEvent | undefined {
    const { follower, bookmarks } = this.#parts;
    if (!bookmarks.due(follower, follower.position)) return undefined;
    bookmarks.gave(follower);
    return { cursor: this.cursor, kind: "bookmark", ...nothing };
  }

  /** Waits until `next` or `bookmark` may have something, or for `rouse`. */
  sleep(): Promise<void> {
    const { tail, follower } = this.#parts;
    return tail.sleep(follower);
  }

  rouse(): void {
    const { tail, follower } = this.#parts;
    tail.rouse(follower);
  }

  leave(): void {
    this.#parts.leave();
  }
}
