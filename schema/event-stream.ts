import type { FeedEvent } from "../src/feed/feed-event.ts";

/** An event, or why there are no more of them. */
export type StreamItem = { readonly event: FeedEvent } | { readonly error: unknown };

const end: IteratorResult<StreamItem> = { done: true, value: undefined };

/**
 * A subscription's events as GraphQL pulls them. Differs from the feed's own iterator in two points: `return` aborts a wait
 * that is under way, so that a closed socket ends its reading at once; and an error is a last item, so that every transport
 * shows it as a result.
 */
export class EventStream implements AsyncIterableIterator<StreamItem> {
  readonly #abort = new AbortController();
  readonly #events: AsyncIterator<FeedEvent>;
  #ended = false;

  constructor(open: (signal: AbortSignal) => AsyncIterable<FeedEvent>) {
    this.#events = open(this.#abort.signal)[Symbol.asyncIterator]();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamItem>> {
    if (this.#ended) return end;
    try {
      const { done, value } = await this.#events.next();
      if (!done && !this.#abort.signal.aborted) return { done: false, value: { event: value } };
      this.#ended = true;
      return end;
    } catch (error) {
      const wanted = this.#abort.signal.aborted;
      this.#ended = true;
      this.#abort.abort();
      return wanted ? end : { done: false, value: { error } };
    }
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    this.#ended = true;
    this.#abort.abort();
    // Not awaited: a generator that waits answers only when its wait is over.
    void this.#events.return?.()?.catch(() => undefined);
    return end;
  }
}
