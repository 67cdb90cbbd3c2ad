import { setTimeout as sleep } from "node:timers/promises";
import type { ServerFleet } from "./server-fleet.ts";
import { type Heard, Refused, type Subscription, type SubscriptionArgs, type Transport } from "./transports.ts";

interface Change {
  readonly id: string;
  readonly key: string;
}

/** Errors after which another server may be asked the same. */
const passing: ReadonlySet<string> = new Set(["UNAVAILABLE", "TIMEOUT"]);
const patienceMs = 60_000;

/** A subscriber that loses its connection again and again, and keeps account of what it heard. */
export class FanOutReader {
  readonly #transport: Transport;
  readonly #fleet: ServerFleet;
  readonly #args: SubscriptionArgs;
  #turn: number;
  #after: string | undefined;
  #subscription: Subscription | undefined;
  #heard: string[] = [];
  #expected: readonly string[] | undefined;
  #closed = false;
  #told: () => void = () => {};
  readonly lags: number[] = [];
  reconnected = 0;
  missing = 0;
  repeated = 0;
  outOfOrder = 0;

  constructor(transport: Transport, fleet: ServerFleet, turn: number, args: SubscriptionArgs) {
    this.#transport = transport;
    this.#fleet = fleet;
    this.#turn = turn;
    this.#args = args;
  }

  /** Connects, and takes READY. */
  async open(): Promise<void> {
    const ready = await this.#next();
    if (ready?.kind !== "ready") throw new TypeError(`${ready?.kind} came before READY`);
  }

  /** Hears until all is heard that `finish` says, and loses its connection after every so many events. */
  async follow(every: number, reconnects: number): Promise<void> {
    let left = reconnects;
    while (!this.#closed && !this.#done) {
      const event = await Promise.race([this.#next(), this.#end()]);
      if (!event || event.kind === "ready" || event.kind === "bookmark") continue;
      this.#heard.push(`${event.id}.${event.version}`);
      this.lags.push(Date.now() - Date.parse(event.at ?? ""));
      if (left > 0 && this.#heard.length % Math.max(1, every) === 0) {
        left -= 1;
        this.#reconnect();
      }
    }
    this.#count(this.#expected ?? []);
    this.close();
  }

  /** What there was to hear. */
  finish(truth: readonly Change[]): void {
    this.#expected = truth.filter(({ id }) => this.#args.id === undefined || id === this.#args.id).map(({ key }) => key);
    void sleep(patienceMs, undefined, { ref: false }).then(() => this.close());
    this.#told();
  }

  close(): void {
    this.#closed = true;
    this.#subscription?.close();
    this.#told();
  }

  get #done(): boolean {
    return this.#expected !== undefined && this.#heard.length >= this.#expected.length;
  }

  /** Resolves when it is known that there is no more. */
  #end(): Promise<undefined> {
    if (this.#closed || this.#done) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#told = () => {
        if (this.#closed || this.#done) resolve(undefined);
      };
    });
  }

  #reconnect(): void {
    this.#subscription?.close();
    this.#subscription = undefined;
    this.reconnected += 1;
    this.#turn += 1;
  }

  /** The next event, from wherever it can be had; undefined where a connection broke. */
  async #next(): Promise<Heard | undefined> {
    try {
      this.#subscription ??= await this.#transport(this.#fleet.url(this.#turn), { ...this.#args, after: this.#after });
      const event = await this.#subscription.next();
      if (event) this.#after = event.cursor;
      else await this.#broken();
      return event;
    } catch (reason) {
      if (reason instanceof Refused && !passing.has(reason.code)) throw reason;
      await this.#broken();
      return undefined;
    }
  }

  async #broken(): Promise<void> {
    if (this.#closed) return;
    this.#reconnect();
    await sleep(20);
  }

  #count(expected: readonly string[]): void {
    const heard = new Set(this.#heard);
    const places = new Map(expected.map((key, i) => [key, i]));
    this.missing = expected.filter((key) => !heard.has(key)).length;
    this.repeated = this.#heard.length - heard.size;
    for (const [i, key] of this.#heard.entries()) {
      const before = places.get(this.#heard[i - 1] ?? "") ?? -1;
      if ((places.get(key) ?? -1) < before) this.outOfOrder += 1;
    }
  }
}
