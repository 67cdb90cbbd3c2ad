import type { Resource } from "../manager/resource.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { DataOf } from "../spec/resource.ts";
import type { Context } from "../storage/context.ts";
import type { FeedPage } from "./feed-event.ts";
import type { FeedConsumer } from "./feed-specs.ts";

export type Place = Resource<DataOf<typeof FeedConsumer>>;

const leaseMs = 30_000;
const givenBack = { owner: null, leasedUntil: null };

export interface LeaseParts {
  readonly places: ResourceManager<typeof FeedConsumer>;
  readonly context: Context;
  /** Who holds it: this process. */
  readonly owner: string;
  /** Ends the work. */
  readonly stopping: AbortSignal;
}

/**
 * A place in the feed for one process alone, while it handles a page. Each write names the version that it saw, so whoever
 * comes late, when the lease has passed, moves nothing.
 */
export class Lease {
  readonly #parts: LeaseParts;
  readonly #lost = new AbortController();
  #place: Place;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(parts: LeaseParts, place: Place) {
    this.#parts = parts;
    this.#place = place;
  }

  /** Undefined where another process has it. @throws VERSION_MISMATCH where one has just got it */
  static async of(place: Place, parts: LeaseParts): Promise<Lease | undefined> {
    const { owner, leasedUntil } = place.data;
    if (owner !== null && owner !== parts.owner && Date.parse(leasedUntil ?? "") > parts.context.now()) return undefined;
    const lease = new Lease(parts, place);
    await lease.#write(lease.#mine());
    return lease;
  }

  #mine() {
    const { owner, context } = this.#parts;
    return { owner, leasedUntil: new Date(context.now() + leaseMs).toISOString() };
  }

  async #write(merge: { readonly cursor?: string; readonly owner: string | null; readonly leasedUntil: string | null }): Promise<void> {
    const { id, version } = this.#place;
    this.#place = await this.#parts.places.modify(id, { merge }, { ifVersion: version });
  }

  /** Renews it until the work is done. The work's signal ends where it was lost, or the platform closes; then this rejects. */
  async during(work: (ending: AbortSignal) => Promise<void>): Promise<void> {
    const ending = AbortSignal.any([this.#lost.signal, this.#parts.stopping]);
    const timer = setInterval(() => {
      this.#renewing = this.#renewing.then(() => this.#write(this.#mine())).catch((thrown: unknown) => this.#lost.abort(thrown));
    }, leaseMs / 3);
    try {
      await work(ending);
      ending.throwIfAborted();
    } catch (thrown) {
      clearInterval(timer);
      await this.#renewing;
      // What was not done is for the next who comes, at once.
      if (!this.#lost.signal.aborted) await this.#write(givenBack).catch(() => {});
      throw thrown;
    }
    clearInterval(timer);
    await this.#renewing;
  }

  /** Moves it behind the page; given back where there is nothing more for now. */
  finish({ cursor, hasMore }: FeedPage): Promise<void> {
    return this.#write({ cursor, ...(hasMore ? this.#mine() : givenBack) });
  }
}
