import { setTimeout as wait } from "node:timers/promises";
import type { SettledMessage } from "../storage/message-rows.ts";

interface Waiting {
  readonly settled: SettledMessage;
  readonly resolve: () => void;
}

const retryMs = { shortest: 20, longest: 2000 };

/**
 * Settles together what is settled while the transaction before is under way. A store that fails is asked again until it
 * answers or this is stopped: a message that nobody settles would be held as long as its consumer lives.
 */
export class Settling {
  readonly #settle: (settled: readonly SettledMessage[]) => Promise<void>;
  readonly #random: () => number;
  readonly #stopped = new AbortController();
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(settle: (settled: readonly SettledMessage[]) => Promise<void>, random: () => number) {
    this.#settle = settle;
    this.#random = random;
  }

  /** Resolves when it is settled, or when it is too late for that. */
  settle(settled: SettledMessage): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ settled, resolve });
      this.#running ??= this.#run().finally(() => {
        this.#running = undefined;
      });
    });
  }

  /** What cannot be settled now is left to others. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0);
      await this.#settleAll(batch.map(({ settled }) => settled));
      for (const { resolve } of batch) resolve();
    }
  }

  async #settleAll(batch: readonly SettledMessage[]): Promise<void> {
    const { signal } = this.#stopped;
    for (let waitMs = retryMs.shortest; ; waitMs = Math.min(2 * waitMs, retryMs.longest)) {
      try {
        await this.#settle(batch);
        return;
      } catch {
        if (signal.aborted) return;
        await wait(waitMs * (0.5 + this.#random()), undefined, { signal, ref: false }).catch(() => {});
      }
    }
  }
}
