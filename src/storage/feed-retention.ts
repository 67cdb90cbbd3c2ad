/** How long a feed row is kept unless told otherwise: 7 days. */
export const defaultFeedRetentionMs = 7 * 24 * 60 * 60 * 1000;

/** The most rows that are dropped at once. */
export const droppedAtOnce = 256;
const writtenBetween = 64;

/**
 * Says when to drop feed rows that have had their time: beside the first commit, then beside every 64 rows written. What is
 * dropped is the oldest end of the feed, four times faster than rows come, so that a backlog shrinks and no commit waits long.
 */
export class FeedRetention {
  readonly #keepMs: number;
  #written = writtenBetween;

  constructor(keepMs: number = defaultFeedRetentionMs) {
    this.#keepMs = keepMs;
  }

  /** Counts rows that were just written. When it is time to drop some: the instant before which they are old. */
  due(written: number, now: number): number | undefined {
    this.#written += written;
    if (this.#written < writtenBetween || this.#keepMs === Number.POSITIVE_INFINITY) return undefined;
    this.#written = 0;
    return now - this.#keepMs;
  }
}
