import type { FeedEvent } from "../feed/feed-event.ts";
import type { Reply } from "./reply.ts";

const end: IteratorResult<string> = { done: true, value: undefined };
const alive: IteratorResult<string> = { done: false, value: ":\n\n" };

/** An event as text of a stream (server-sent events): its cursor is the id that a browser sends back when it reconnects. */
function textOf(event: FeedEvent): string {
  const known = texts.get(event);
  if (known !== undefined) return known;
  const text = `id: ${event.cursor}\nevent: ${event.kind}\ndata: ${JSON.stringify(event)}\n\n`;
  texts.set(event, text);
  return text;
}

/** Of events that several subscribers are told. */
const texts = new WeakMap<FeedEvent, string>();

/** Why a stream ends before its reader does. */
export const failureText = ({ body }: Reply): string => `event: error\ndata: ${body}\n\n`;

/** The events of a subscription as text, with a comment where there was none for a while, so that nobody takes the line for dead. */
export class EventText implements AsyncIterableIterator<string> {
  readonly #events: AsyncGenerator<FeedEvent, void>;
  readonly #keepAliveMs: number;
  /** Asked for and not here yet; the first one is here already. */
  #next: Promise<IteratorResult<FeedEvent, void>> | undefined;
  #ended = false;

  constructor(events: AsyncGenerator<FeedEvent, void>, first: IteratorResult<FeedEvent, void>, keepAliveMs: number) {
    this.#events = events;
    this.#keepAliveMs = keepAliveMs;
    this.#next = Promise.resolve(first);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<string>> {
    if (this.#ended) return end;
    const result = await this.#nextOrNothing();
    if (this.#ended) return end;
    if (result === undefined) return alive;
    if (result.done) return this.return();
    this.#next = undefined;
    return { done: false, value: textOf(result.value) };
  }

  async return(): Promise<IteratorResult<string>> {
    this.#ended = true;
    await this.#events.return();
    return end;
  }

  /** Undefined when nothing has come for too long. */
  #nextOrNothing(): Promise<IteratorResult<FeedEvent, void> | undefined> {
    this.#next ??= this.#events.next();
    const next = this.#next;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => resolve(undefined), this.#keepAliveMs);
      next.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }
}
