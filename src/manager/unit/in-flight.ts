import { fail } from "../../errors.ts";

/** Which idempotency keys are being worked on in this process; those of others meet in the unit of work. */
export class InFlight {
  readonly #keys = new Set<string>();

  async run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.#keys.has(key))
      throw fail("CONFLICT", "A request with this idempotency key is still under way. Try again when it has ended", {
        retryAfter: 1,
        reason: "in_flight",
      });
    this.#keys.add(key);
    try {
      return await task();
    } finally {
      this.#keys.delete(key);
    }
  }
}
