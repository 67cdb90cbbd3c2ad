import type { Context } from "../../storage/context.ts";
import {
  type ClaimedMessage,
  type DeadRow,
  type MessageRow,
  type MessageRows,
  neverSettled,
  type SettledAs,
  type SettledMessage,
} from "../../storage/message-rows.ts";

interface Held {
  readonly queue: string;
  readonly message: ClaimedMessage;
}

interface Queue {
  /** By place, oldest first; what was given back comes last. */
  readonly waiting: Map<number, ClaimedMessage>;
  readonly dead: Map<number, DeadRow>;
}

/** Messages of one process, with leases all the same: so the laws are those of every store. */
export class MemoryMessageRows implements MessageRows {
  readonly #context: Context;
  readonly #queues = new Map<string, Queue>();
  readonly #consumers = new Map<string, { readonly until: number; readonly held: Map<number, Held> }>();
  #places = 0;

  constructor(context: Context) {
    this.#context = context;
  }

  async put(queue: string, messages: readonly MessageRow[]): Promise<void> {
    const { waiting } = this.#queue(queue);
    for (const { id, body } of messages) {
      this.#places += 1;
      waiting.set(this.#places, { id, body, place: this.#places, deliveries: 0 });
    }
  }

  async join(consumer: string, leaseMs: number): Promise<void> {
    this.#consumers.set(consumer, { until: this.#context.now() + leaseMs, held: new Map() });
  }

  async extend(consumer: string, leaseMs: number): Promise<boolean> {
    const found = this.#consumers.get(consumer);
    if (found) this.#consumers.set(consumer, { ...found, until: this.#context.now() + leaseMs });
    return found !== undefined;
  }

  async leave(consumer: string, deliveryLimit: number): Promise<void> {
    this.#end(consumer, deliveryLimit);
  }

  async release(deliveryLimit: number): Promise<number> {
    const now = this.#context.now();
    const over = [...this.#consumers].filter(([, { until }]) => until <= now);
    return over.map(([consumer]) => this.#end(consumer, deliveryLimit)).reduce((sum, count) => sum + count, 0);
  }

  #end(consumer: string, deliveryLimit: number): number {
    const held = this.#consumers.get(consumer)?.held ?? new Map<number, Held>();
    for (const each of held.values()) {
      const { deliveries } = each.message;
      this.#become(each, deliveries >= deliveryLimit ? { dead: `${neverSettled}${deliveries}` } : "requeue");
    }
    this.#consumers.delete(consumer);
    return held.size;
  }

  async claim(queue: string, consumer: string, limit: number): Promise<readonly ClaimedMessage[]> {
    const held = this.#consumers.get(consumer)?.held;
    if (!held) return [];
    const { waiting } = this.#queue(queue);
    const taken = [...waiting.values().take(limit)].map((each) => ({ ...each, deliveries: each.deliveries + 1 }));
    for (const message of taken) {
      waiting.delete(message.place);
      held.set(message.place, { queue, message });
    }
    return taken;
  }

  async settle(consumer: string, settled: readonly SettledMessage[]): Promise<void> {
    const held = this.#consumers.get(consumer)?.held;
    for (const { place, as } of settled) {
      const found = held?.get(place);
      if (!found) continue;
      held?.delete(place);
      this.#become(found, as);
    }
  }

  #become({ queue, message }: Held, as: SettledAs): void {
    const { waiting, dead } = this.#queue(queue);
    if (as === "requeue") waiting.set(message.place, message);
    else if (as !== "ack") dead.set(message.place, { id: message.id, body: message.body, reason: as.dead, at: this.#context.now() });
  }

  async depth(queue: string): Promise<{ readonly waiting: number; readonly dead: number }> {
    const { waiting, dead } = this.#queue(queue);
    return { waiting: waiting.size, dead: dead.size };
  }

  async dead(queue: string, limit: number): Promise<readonly DeadRow[]> {
    return [...this.#queue(queue).dead.values().take(limit)];
  }

  async requeueDead(queue: string, ids?: readonly string[]): Promise<number> {
    const { waiting, dead } = this.#queue(queue);
    const chosen = [...dead].filter(([, { id }]) => ids?.includes(id) ?? true);
    for (const [place, { id, body }] of chosen) {
      dead.delete(place);
      waiting.set(place, { id, body, place, deliveries: 0 });
    }
    return chosen.length;
  }

  /** There is no other process. */
  watch(): () => void {
    return () => {};
  }

  #queue(name: string): Queue {
    const found = this.#queues.get(name) ?? { waiting: new Map(), dead: new Map() };
    this.#queues.set(name, found);
    return found;
  }
}
