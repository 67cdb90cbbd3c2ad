import type { ChangeRow } from "../storage/rows.ts";
import type { IStorage } from "../storage/storage.ts";

const ringRows = 4096;
const pageRows = 500;
const pollMs = 500;

export interface TailArgs {
  readonly types: readonly string[];
  readonly id?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface TailBatch {
  readonly rows: readonly ChangeRow[];
  /** All rows up to this position have been looked at. */
  readonly upTo: number;
}

/**
 * The newest rows of the feed, read once per process and shared by all subscribers; who is further behind reads pages from
 * the storage. While nobody follows, nothing is read.
 */
export class FeedTail {
  readonly #storage: IStorage;
  #ring: ChangeRow[] = [];
  /** Position of the newest row that was read. */
  #head = 0;
  #followers = 0;
  #sleepers: (() => void)[] = [];
  #loading: Promise<void> | undefined;
  #stale = false;
  #poll: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(storage: IStorage) {
    this.#storage = storage;
  }

  wake(): void {
    this.#stale = true;
    if (this.#followers > 0) this.#load();
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#poll);
    this.#rouse();
  }

  /** Batches of matching rows behind a position, for ever; ends with the signal or when the platform closes. */
  async *follow(from: number, args: TailArgs): AsyncGenerator<TailBatch, void> {
    const rouse = () => this.#rouse();
    args.signal?.addEventListener("abort", rouse, { once: true });
    await this.#join();
    let position = from;
    try {
      while (!this.#closed && !args.signal?.aborted) {
        const batch = await this.#after(position, args);
        if (batch.upTo > position) yield batch;
        if (batch.upTo > position || this.#head > position) position = batch.upTo;
        else await new Promise<void>((resolve) => this.#sleepers.push(resolve));
      }
    } finally {
      args.signal?.removeEventListener("abort", rouse);
      this.#leave();
    }
  }

  async #join(): Promise<void> {
    this.#followers++;
    if (this.#followers > 1) return;
    this.#ring = [];
    this.#head = (await this.#storage.state()).head;
    this.#rouse();
    this.#poll = setInterval(() => this.wake(), pollMs).unref();
  }

  #leave(): void {
    this.#followers--;
    if (this.#followers === 0) clearInterval(this.#poll);
  }

  async #after(position: number, { types, id }: TailArgs): Promise<TailBatch> {
    const oldest = this.#head - this.#ring.length;
    if (position >= oldest) {
      const rows = this.#ring.slice(position - oldest).filter((row) => types.includes(row.type) && (id === undefined || row.id === id));
      return { rows, upTo: this.#head };
    }
    const head = this.#head;
    const rows = await this.#storage.changes({ after: position, limit: pageRows, types, ...(id === undefined ? {} : { id }) });
    return { rows, upTo: rows.length < pageRows ? Math.max(head, rows.at(-1)?.position ?? 0) : (rows.at(-1)?.position ?? head) };
  }

  #load(): void {
    this.#loading ??= this.#loadAll()
      // A storage that is out of reach is asked again at the next poll; subscribers wait as they do for any change.
      .catch(() => {})
      .finally(() => {
        this.#loading = undefined;
      });
  }

  async #loadAll(): Promise<void> {
    while (this.#stale && !this.#closed) {
      this.#stale = false;
      const rows = await this.#storage.changes({ after: this.#head, limit: pageRows });
      if (rows.length === 0) continue;
      this.#ring = [...this.#ring, ...rows].slice(-ringRows);
      this.#head = rows.at(-1)?.position ?? this.#head;
      if (rows.length === pageRows) this.#stale = true;
      this.#rouse();
    }
  }

  #rouse(): void {
    const sleepers = this.#sleepers;
    this.#sleepers = [];
    for (const wake of sleepers) wake();
  }
}
