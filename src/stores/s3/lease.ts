import { setTimeout } from "node:timers/promises";
import { fail, type SpecStarError } from "../../errors.ts";
import type { S3Bucket } from "./s3-bucket.ts";

const key = "lease";
/** Servers tell times to the second, and two of them are compared. */
const roundingMs = 2000;

/** Who a node is: the same after a restart in the same folder, but another session. */
export interface NodeIdentity {
  readonly id: string;
  readonly session: string;
  /** For people. */
  readonly name: string;
}

interface LeaseText extends NodeIdentity {
  readonly released: boolean;
  readonly leaseMs: number;
  /** Makes every renewal another text, and so another ETag. */
  readonly turn: number;
}

/**
 * One object that says which node may work. It is renewed all the time; who wants to take over waits until it is old by the
 * server's own clock, and the node that was not able to renew it stops answering before that, by its own. Times of two
 * machines are never compared.
 */
export class Lease {
  readonly #bucket: S3Bucket;
  readonly #node: NodeIdentity;
  readonly #leaseMs: number;
  readonly #stop = new AbortController();
  #renewing: Promise<void> = Promise.resolve();
  #etag = "";
  #turn = 0;
  #until = 0;
  /** Who has it instead. */
  #lostTo: string | undefined;

  constructor(bucket: S3Bucket, node: NodeIdentity, leaseMs: number) {
    this.#bucket = bucket;
    this.#node = node;
    this.#leaseMs = leaseMs;
  }

  /** UNAVAILABLE while another node has it, with the seconds until it can be taken if that node is gone. */
  async acquire(): Promise<void> {
    for (let sent = performance.now(); ; ) {
      const found = await this.#bucket.read(key);
      const holder = found && parse(await found.bytes());
      if (holder?.session === this.#node.session) return this.#hold(found?.etag ?? "", sent);
      if (found && holder) this.#checkFree(holder, found.ageMs);
      sent = performance.now();
      if (found) await this.#bucket.replace(key, this.#text(false), found.etag);
      else await this.#bucket.create(key, this.#text(false));
    }
  }

  #checkFree(holder: LeaseText, ageMs: number): void {
    const leftMs = holder.leaseMs + roundingMs - ageMs;
    if (holder.released || holder.id === this.#node.id || leftMs <= 0) return;
    const retryAfter = Math.ceil(leftMs / 1000);
    throw fail(
      "UNAVAILABLE",
      `Another node, ${holder.name}, works on this bucket. Stop it; if it is gone already, start again in ${retryAfter} s`,
      { retryAfter },
    );
  }

  #hold(etag: string, sent: number): void {
    this.#etag = etag;
    this.#until = sent + this.#leaseMs;
  }

  keep(): void {
    this.#renewing = this.#renewAgain();
  }

  async #renewAgain(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted && this.#lostTo === undefined) {
      await setTimeout(this.#leaseMs / 4, undefined, { signal, ref: false }).catch(() => {});
      if (!signal.aborted) await this.#renew().catch(() => {});
    }
  }

  /** What fails is tried again soon; meanwhile the time that is left runs out. */
  async #renew(): Promise<void> {
    const sent = performance.now();
    const etag = await this.#bucket.replace(key, this.#text(false), this.#etag);
    if (etag !== undefined) return this.#hold(etag, sent);
    // It is another text: another node's, or ours, whose answer was lost. Or it was deleted, so that anybody may take it.
    const found = await this.#bucket.read(key);
    if (!found) return void (await this.#bucket.create(key, this.#text(false)));
    const holder = parse(await found.bytes());
    if (holder.session === this.#node.session) this.#etag = found.etag;
    else this.lose(holder.name);
  }

  /** The log says so too: whoever wrote there first goes on. */
  lose(to: string): SpecStarError {
    this.#lostTo ??= to;
    return fail("UNAVAILABLE", `Another node, ${this.#lostTo}, has taken over. This one answers no more; stop it`);
  }

  get lost(): boolean {
    return this.#lostTo !== undefined;
  }

  /** Throws UNAVAILABLE where another node may be at work. */
  check(): void {
    if (this.#lostTo !== undefined) throw this.lose(this.#lostTo);
    if (performance.now() > this.#until)
      throw fail("UNAVAILABLE", "This node has not reached its bucket for so long that another one may have taken over. Try again later");
  }

  /** Stops renewing it, and gives it back if it is still ours. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (this.#etag === "" || this.lost) return;
    await this.#bucket.replace(key, this.#text(true), this.#etag).catch(() => {});
  }

  #text(released: boolean): Uint8Array {
    this.#turn += 1;
    const { id, session, name } = this.#node;
    const text: LeaseText = { id, session, name, released, leaseMs: this.#leaseMs, turn: this.#turn };
    return Buffer.from(JSON.stringify(text));
  }
}

function parse(bytes: Uint8Array): LeaseText {
  try {
    const text: LeaseText = JSON.parse(Buffer.from(bytes).toString());
    return text;
  } catch (thrown) {
    throw fail("DATA_CORRUPTION", `The object ${key} in the bucket is damaged. Stop all nodes, delete it, and start one`, {}, thrown);
  }
}
