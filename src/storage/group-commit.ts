import type { MetaResult, MetaStore, MetaUnit } from "./meta-store.ts";

/** What a unit came to; a failure of the store itself rejects. */
export type Settled = Exclude<MetaResult, { readonly error: unknown }>;

interface Waiting {
  readonly unit: MetaUnit;
  readonly resolve: (result: Settled) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets units that arrive in one turn of the event loop share a transaction, each still with its own result. Units that change
 * the same resource go into different transactions, in order. Where a transaction costs more than a moment, those who were
 * just answered are given one to come back: else they and those who waited meanwhile would take turns for ever, in two
 * transactions where one would do. A lone writer never waits.
 */
export class GroupCommit {
  readonly #meta: MetaStore;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** How many have to wait for the next transaction to begin early, and what begins it. */
  #expected: { readonly count: number; readonly begin: () => void } | undefined;

  constructor(meta: MetaStore) {
    this.#meta = meta;
  }

  commit(unit: MetaUnit): Promise<Settled> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, resolve, reject });
      if (this.#expected && this.#waiting.length >= this.#expected.count) this.#expected.begin();
      this.#running ??= this.#run();
    });
  }

  /** Resolves when all that was given is committed or refused. */
  async settled(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    while (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      try {
        const results = await this.#meta.commit(batch.map(({ unit }) => unit));
        for (const [i, result] of results.entries()) settle(batch[i], result);
      } catch (reason) {
        for (const { reject } of batch) reject(reason);
      }
      await new Promise(setImmediate);
      if (batch.length > 1) await this.#gather(this.#waiting.length + batch.length);
    }
    this.#running = undefined;
  }

  async #gather(count: number): Promise<void> {
    const { gatherMs, maxBatch } = this.#meta.capabilities;
    if (gatherMs === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, gatherMs);
    this.#expected = { count: Math.min(count, maxBatch), begin: resolve };
    await promise;
    clearTimeout(timer);
    this.#expected = undefined;
  }

  #nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    const taken = new Set<string>();
    for (const waiting of this.#waiting) {
      const ids = waiting.unit.changes.map((change) => change.meta.id);
      const fits = batch.length < this.#meta.capabilities.maxBatch && !ids.some((id) => taken.has(id));
      // An id that waits keeps later units on it waiting too, so that they stay in order.
      for (const id of ids) taken.add(id);
      (fits ? batch : rest).push(waiting);
    }
    this.#waiting = rest;
    return batch;
  }
}

function settle(waiting: Waiting | undefined, result: MetaResult): void {
  if ("error" in result) waiting?.reject(result.error);
  else waiting?.resolve(result);
}
