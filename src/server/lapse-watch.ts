import { fail, type SpecStarError } from "../errors.ts";
import type { Identity } from "./authenticate.ts";

/** Tells when the credentials of a request no longer count, and why. Answers how to be told nothing more. */
export type OnLapse = (listener: (reason: SpecStarError) => void) => () => void;

/** Streams that are told together. */
interface Watched {
  readonly identity: Identity;
  readonly listeners: Set<{ readonly tell: (reason: SpecStarError) => void }>;
  /** Since when an answer is awaited. */
  askedAt: number | undefined;
}

/** A stream ends within five seconds: of two to be looked at, and two more for an answer that does not come. */
const everyMs = 2_000;
const patienceMs = 1_500;

/** Asks again whether the credentials of open streams still count: once per credential, whatever the number of its streams. */
export class LapseWatch {
  readonly #now: () => number;
  readonly #watched = new Map<unknown, Watched>();
  #timer: NodeJS.Timeout | undefined;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Undefined for what counts for ever. */
  of(identity: Identity): OnLapse | undefined {
    if (identity.expiresAt === undefined && !identity.stillCounts) return undefined;
    return (tell) => this.#watch(identity, tell);
  }

  #watch(identity: Identity, tell: (reason: SpecStarError) => void): () => void {
    const key = identity.credential ?? identity;
    const watched = this.#watched.get(key) ?? { identity, listeners: new Set(), askedAt: undefined };
    const listener = { tell };
    watched.listeners.add(listener);
    this.#watched.set(key, watched);
    this.#timer ??= setInterval(() => this.#look(), everyMs).unref();
    return () => {
      if (watched.listeners.delete(listener) && watched.listeners.size === 0) this.#forget(key, watched);
    };
  }

  #look(): void {
    const now = this.#now();
    for (const [key, watched] of this.#watched) {
      const { identity, askedAt } = watched;
      if (identity.expiresAt !== undefined && identity.expiresAt <= now) this.#end(key, watched, expired());
      else if (askedAt === undefined) void this.#ask(key, watched, now);
      else if (now - askedAt >= patienceMs) this.#end(key, watched, unknown());
    }
  }

  async #ask(key: unknown, watched: Watched, now: number): Promise<void> {
    const { stillCounts } = watched.identity;
    if (!stillCounts) return;
    watched.askedAt = now;
    try {
      if (!(await stillCounts())) this.#end(key, watched, revoked());
      watched.askedAt = undefined;
    } catch (thrown) {
      this.#end(key, watched, unknown(thrown));
    }
  }

  #end(key: unknown, watched: Watched, reason: SpecStarError): void {
    const listeners = [...watched.listeners];
    watched.listeners.clear();
    this.#forget(key, watched);
    for (const { tell } of listeners) tell(reason);
  }

  #forget(key: unknown, watched: Watched): void {
    if (this.#watched.get(key) === watched) this.#watched.delete(key);
    if (this.#watched.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const lapsed = { reason: "invalid_credentials" };
const expired = () => fail("UNAUTHENTICATED", "The credentials have expired. Connect again with new ones", lapsed);
const revoked = () => fail("UNAUTHENTICATED", "The credentials were revoked", lapsed);
const unknown = (cause?: unknown) => fail("UNAVAILABLE", "It cannot be told whether the credentials still count", {}, cause);

/**
 * The same stream, which ends when its credentials lapse, also in the midst of a wait: with `last`, or as a failure.
 */
export function untilLapse<T>(stream: AsyncIterator<T>, onLapse: OnLapse, last?: (reason: SpecStarError) => T): AsyncIterableIterator<T> {
  const end: IteratorResult<T> = { done: true, value: undefined };
  let over = false;
  let interrupt = (_reason: SpecStarError): void => {};
  let reason: SpecStarError | undefined;
  const stop = onLapse((told) => {
    reason = told;
    interrupt(told);
    stream.return?.().catch(() => {});
  });
  const finish = () => {
    over = true;
    stop();
  };
  const next = (): Promise<IteratorResult<T>> => {
    if (over) return Promise.resolve(end);
    return new Promise((resolve, reject) => {
      interrupt = (told) => {
        finish();
        if (last) resolve({ done: false, value: last(told) });
        else reject(told);
      };
      if (reason) return interrupt(reason);
      stream.next().then(
        (result) => {
          if (result.done && !reason) finish();
          if (!reason) resolve(result);
        },
        (thrown: unknown) => {
          finish();
          reject(thrown);
        },
      );
    });
  };
  const stopAll = async (): Promise<IteratorResult<T>> => {
    finish();
    return (await stream.return?.()) ?? end;
  };
  const guarded: AsyncIterableIterator<T> = { next, return: stopAll, [Symbol.asyncIterator]: () => guarded };
  return guarded;
}
