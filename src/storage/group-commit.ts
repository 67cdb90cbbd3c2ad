import type { MetaResult, MetaStore, MetaUnit } from "./meta-store.ts";

/** What a unit came to; a failure of the store itself rejects. */
export type Settled = Exclude<MetaResult, { readonly error: unknown }>;

interface Waiting {
  readonly unit: MetaUnit;
  readonly resolve: (result: Settled) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets units that arrive in one turn of the event loop share a transaction, each still with its own result. Waiting longer
 * never pays: it only slows a lone writer. Units that change the same resource go into different transactions, one after the
 * other, in order.
 */
export class GroupCommit {
  readonly #meta: MetaStore;
  #waiting: Waiting[] = [];
  readonly #running = new Set<Promise<void>>();
  #free: number;
  /** Ids that a transaction under way changes. */
  readonly #held = new Set<string>();

  constructor(meta: MetaStore) {
    this.#meta = meta;
    this.#free = meta.capabilities.transactions;
  }

  commit(unit: MetaUnit): Promise<Settled> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ unit, resolve, reject });
      if (this.#free > 0) this.#start();
    });
  }

  /** Resolves when all that was given is committed or refused. */
  async settled(): Promise<void> {
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #start(): void {
    this.#free -= 1;
    const running = this.#run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run(): Promise<void> {
    await new Promise(setImmediate);
    for (let batch = this.#nextBatch(); batch.length > 0; batch = this.#nextBatch()) {
      const ids = batch.flatMap(idsOf);
      for (const id of ids) this.#held.add(id);
      try {
        const results = await this.#meta.commit(batch.map(({ unit }) => unit));
        for (const [i, result] of results.entries()) settle(batch[i], result);
      } catch (reason) {
        for (const { reject } of batch) reject(reason);
      }
      for (const id of ids) this.#held.delete(id);
      await new Promise(setImmediate);
    }
    this.#free += 1;
  }

  #nextBatch(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    const taken = new Set(this.#held);
    for (const waiting of this.#waiting) {
      const ids = idsOf(waiting);
      const fits = batch.length < this.#meta.capabilities.maxBatch && !ids.some((id) => taken.has(id));
      // An id that waits keeps later units on it waiting too, so that they stay in order.
      for (const id of ids) taken.add(id);
      (fits ? batch : rest).push(waiting);
    }
    this.#waiting = rest;
    return batch;
  }
}

const idsOf = ({ unit }: Waiting): string[] => unit.changes.map(({ meta }) => meta.id);

function settle(waiting: Waiting | undefined, result: MetaResult): void {
  if ("error" in result) waiting?.reject(result.error);
  else waiting?.resolve(result);
}
