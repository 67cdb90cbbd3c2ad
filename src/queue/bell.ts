import { setTimeout as wait } from "node:timers/promises";

/** What sleepers wait for: that it rings, or that their time is over. A ring that nobody waits for is kept for the next one. */
export class Bell {
  #rung = false;
  #waking: AbortController | undefined;

  ring(): void {
    this.#rung = true;
    this.#waking?.abort();
  }

  async sleep(ms: number): Promise<void> {
    if (!this.#rung) {
      const waking = new AbortController();
      this.#waking = waking;
      // By the ring it is aborted, and that is no failure.
      await wait(ms, undefined, { signal: waking.signal }).catch(() => {});
      this.#waking = undefined;
    }
    this.#rung = false;
  }
}
