import type { ClaimedMessage, SettledMessage } from "../storage/message-rows.ts";
import { Bell } from "./bell.ts";
import { handled } from "./handled.ts";
import type { Consumer, Handler } from "./message-queue.ts";

/** A message, and how to settle it with whom it was claimed for. */
export interface Claimed {
  readonly message: ClaimedMessage;
  readonly settle: (settled: SettledMessage) => Promise<void>;
}

export interface EmbeddedConsumerParts {
  readonly handler: Handler;
  readonly prefetch: number;
  readonly deliveryLimit: number;
  readonly pollMs: number;
  readonly claim: (limit: number) => Promise<readonly Claimed[]>;
  readonly onClose: () => void;
}

/** Claims as many messages as its handler may have out, and looks for more when it is woken, or some time has passed. */
export class EmbeddedConsumer implements Consumer {
  readonly #parts: EmbeddedConsumerParts;
  readonly #bell = new Bell();
  readonly #out = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #closing = false;

  constructor(parts: EmbeddedConsumerParts) {
    this.#parts = parts;
    this.#running = this.#run();
  }

  /** There may be messages. */
  wake(): void {
    this.#bell.ring();
  }

  async #run(): Promise<void> {
    const { prefetch, pollMs, claim } = this.#parts;
    while (!this.#closing) {
      const free = prefetch - this.#out.size;
      // What fails is tried again like what was empty: a store that is away comes back.
      const claimed = free > 0 ? await claim(free).catch(() => []) : [];
      if (this.#closing) await Promise.all(claimed.map(({ message, settle }) => settle({ place: message.place, as: "requeue" })));
      else for (const each of claimed) this.#deliver(each);
      if (claimed.length < free || free === 0) await this.#bell.sleep(pollMs);
    }
  }

  #deliver({ message: { place, id, body, deliveries }, settle }: Claimed): void {
    const { handler, deliveryLimit } = this.#parts;
    const out = handled(handler, { id, body, deliveries }, deliveryLimit)
      .then((as) => settle({ place, as }))
      .finally(() => {
        this.#out.delete(out);
        this.wake();
      });
    this.#out.add(out);
  }

  async close(): Promise<void> {
    await this.stop();
    await Promise.all(this.#out);
    this.#parts.onClose();
  }

  /** Claims no more; what is out is not waited for. */
  async stop(): Promise<void> {
    this.#closing = true;
    this.wake();
    await this.#running;
  }
}
