import type { Follower } from "./follower.ts";

export interface BookmarkOptions {
  /** A subscriber without an event is given a bookmark after so many changes that it did not ask for … */
  readonly bookmarkEvery: number;
  /** … or after so many milliseconds, if there was any change. */
  readonly bookmarkMs: number;
}

/** Says when a cursor has stood still for long enough while the feed went on. */
export class Bookmarks {
  readonly #options: BookmarkOptions;
  readonly #now: () => number;

  constructor(options: BookmarkOptions, now: () => number) {
    this.#options = options;
    this.#now = now;
  }

  due({ given }: Follower, position: number): boolean {
    const moved = position - given.position;
    return moved >= this.#options.bookmarkEvery || (moved > 0 && this.#now() - given.at >= this.#options.bookmarkMs);
  }

  /** The follower has the cursor of its position from now on. */
  gave(follower: Follower): void {
    follower.given = { position: follower.position, at: this.#now() };
  }
}
