import type { FeedEvent } from "../src/feed/feed-event.ts";

/** An event as what an execution starts from. */
export class StreamEvent {
  readonly event: FeedEvent;

  constructor(event: FeedEvent) {
    this.event = event;
  }
}

/** Why there are no more of them. */
export class StreamFailure {
  readonly error: unknown;

  constructor(error: unknown) {
    this.error = error;
  }
}

export type StreamItem = StreamEvent | StreamFailure;

const end: IteratorResult<StreamItem> = { done: true, value: undefined };

/**
 * A subscription's events as GraphQL pulls them. Differs from the feed's own iterator in two points: `return` does not wait for
 * a reading that is under way; and an error is a last item, so that every transport shows it as a result.
 */
export class EventStream implements AsyncIterableIterator<StreamItem> {
  readonly #events: AsyncGenerator<FeedEvent, void>;
  #ended = false;

  constructor(events: AsyncGenerator<FeedEvent, void>) {
    this.#events = events;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<StreamItem>> {
    if (this.#ended) return end;
    try {
      const { done, value } = await this.#events.next();
      if (!done && !this.#ended) return { done: false, value: new StreamEvent(value) };
      this.#ended = true;
      return end;
    } catch (error) {
      if (this.#ended) return end;
      this.#ended = true;
      return { done: false, value: new StreamFailure(error) };
    }
  }

  async return(): Promise<IteratorResult<StreamItem>> {
    this.#ended = true;
    // Not awaited: a generator answers only when what it does is over.
    void this.#events.return().catch(() => undefined);
    return end;
  }
}
