import { fail, type SpecStarError } from "../errors.ts";
import type { IStorage } from "../storage/storage.ts";
import type { Bookmarks } from "./bookmarks.ts";
import { type FeedBatch, FeedRing } from "./feed-ring.ts";
import type { Follower } from "./follower.ts";
import { Sleepers } from "./sleepers.ts";

/** Rows that one read of the store takes. */
const loadedRows = 500;
/** Rows that one reader holds at a time: what a reader costs that is stalled in the middle of them. */
const batchRows = 64;
const pollMs = { shortest: 20, longest: 500 };

export const goneByRetention = (): SpecStarError =>
  fail("GONE", "The cursor is older than what the feed keeps. Read everything again, and subscribe without a cursor", {
    reason: "retention",
  });

export const goneByEpoch = (): SpecStarError =>
  fail("GONE", "The cursor is from before the store was replaced. Read everything again, and subscribe without a cursor", {
    reason: "epoch",
  });

/**
 * The end of the feed, read once per process and shared by all readers; who is further behind reads pages from the storage.
 * While nobody follows, nothing is read. Commits of this process wake it, those of others are found by polling: often while
 * there are some, and seldom while there are none.
 */
export class FeedTail {
  readonly #storage: IStorage;
  readonly #bookmarks: Bookmarks;
  readonly #ring = new FeedRing();
  readonly #sleepers = new Sleepers();
  #epoch = "";
  /** Counts how often history was replaced under its readers. */
  #history = 0;
  #followers = 0;
  #opening: Promise<void> | undefined;
  #open = false;
  #wakes = false;
  #loading: Promise<void> | undefined;
  #stale = false;
  #poll: NodeJS.Timeout | undefined;
  #pollMs = pollMs.longest;
  #closed = false;

  constructor(storage: IStorage, bookmarks: Bookmarks) {
    this.#storage = storage;
    this.#bookmarks = bookmarks;
  }

  get head(): number {
    return this.#ring.head;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** There is something new. It is read once per turn of the event loop, however many commits say so. */
  wake(): void {
    if (this.#followers === 0 || this.#wakes || this.#closed) return;
    this.#wakes = true;
    setImmediate(() => {
      this.#wakes = false;
      this.#stale = true;
      void this.#load();
    });
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#poll);
    this.#sleepers.rouse(0);
  }

  /** Begins to follow; answers which history this is, for `read`. Every `join` has its `leave`. */
  async join(): Promise<number> {
    this.#followers++;
    try {
      this.#opening ??= this.#begin();
      await this.#opening;
      return this.#history;
    } catch (reason) {
      this.leave();
      throw reason;
    }
  }

  leave(): void {
    this.#followers--;
    if (this.#followers > 0) return;
    clearTimeout(this.#poll);
    this.#opening = undefined;
    this.#open = false;
  }

  async #begin(): Promise<void> {
    const { epoch, head } = await this.#storage.state();
    if (this.#epoch !== epoch) this.#history++;
    this.#epoch = epoch;
    this.#ring.reset(head);
    this.#open = true;
    this.#schedule(pollMs.longest);
    void this.#load();
  }

  /**
   * The next rows that concern a follower.
   * @throws GONE where rows behind its position were dropped, or history was replaced.
   */
  async read(follower: Follower, history: number): Promise<FeedBatch> {
    const { position, filter } = follower;
    if (history !== this.#history) throw goneByEpoch();
    if (position >= this.#ring.start) return this.#ring.after(position, filter, batchRows);
    const { types, id, kinds } = filter;
    // What is in the ring is committed, so this read covers it; what comes while it runs is left to the next one.
    const covered = this.#ring.head;
    const rows = await this.#storage.changes({
      after: position,
      limit: batchRows,
      types: [...types],
      ...(id === undefined ? {} : { id }),
    });
    // Asked after the rows were read: what is not dropped now was not dropped then.
    const { epoch, tail } = await this.#storage.state();
    if (epoch !== this.#epoch || history !== this.#history) throw goneByEpoch();
    if (position < tail) throw goneByRetention();
    const last = rows.at(-1)?.position ?? position;
    const upTo = rows.length === batchRows ? last : Math.max(last, covered);
    return { rows: kinds ? rows.filter(({ kind }) => kinds.has(kind)) : rows, upTo };
  }

  /** Resolves when there may be something behind the follower's position, a bookmark is due, or at `rouse`. */
  async sleep(follower: Follower): Promise<void> {
    if (this.#closed || this.#ring.head > follower.position) return;
    this.#sleepers.add(follower);
    await follower.sleep();
  }

  rouse(follower: Follower): void {
    this.#sleepers.rouseOne(follower, this.#ring.head);
  }

  #load(): Promise<void> {
    this.#loading ??= this.#loadAll()
      // A storage that is out of reach is asked again at the next poll; subscribers wait as they do for any change.
      .catch(() => {})
      .finally(() => {
        this.#loading = undefined;
      });
    return this.#loading;
  }

  async #loadAll(): Promise<void> {
    while (this.#stale && this.#open && !this.#closed) {
      this.#stale = false;
      const loaded = await this.#storage.changes({ after: this.#ring.head, limit: loadedRows });
      const { head } = this.#ring;
      const rows = loaded.filter(({ position }) => position > head);
      const [first] = rows;
      if (!first) continue;
      if (loaded.length === loadedRows) this.#stale = true;
      if (first.position !== head + 1) {
        // Retention has overtaken this process. Its readers go on from where they are, and find that out.
        this.#ring.reset(first.position - 1);
        this.#sleepers.rouse(head);
      }
      this.#ring.append(rows);
      this.#sleepers.hear(rows);
    }
  }

  #schedule(ms: number): void {
    clearTimeout(this.#poll);
    if (this.#closed || this.#followers === 0) return;
    this.#pollMs = ms;
    this.#poll = setTimeout(() => void this.#check(), ms).unref();
  }

  /** Looks for what other processes have done. */
  async #check(): Promise<void> {
    const before = this.#ring.head;
    let found = false;
    try {
      const { epoch, head } = await this.#storage.state();
      if (epoch !== this.#epoch || head < before) this.#replaced(epoch, head);
      found = head > this.#ring.head;
      if (found) {
        this.#stale = true;
        await this.#load();
      }
    } catch {
      // As in `#load`.
    }
    this.#sleepers.rouse(this.#ring.head, (follower, head) => this.#bookmarks.due(follower, head));
    this.#schedule(found ? pollMs.shortest : Math.min(2 * this.#pollMs, pollMs.longest));
  }

  #replaced(epoch: string, head: number): void {
    this.#epoch = epoch;
    this.#history++;
    this.#ring.reset(head);
    this.#sleepers.rouse(0);
  }
}
