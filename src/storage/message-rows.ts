/** A message as it is put: what is to be done, named by id. */
export interface MessageRow {
  readonly id: string;
  readonly body: string;
}

/** A message that a consumer holds. */
export interface ClaimedMessage extends MessageRow {
  /** Names the row, as long as it is there. */
  readonly place: number;
  /** How often it has been claimed, this time included. */
  readonly deliveries: number;
}

/** A message that is claimed no more. */
export interface DeadRow extends MessageRow {
  readonly reason: string;
  /** When it died, in milliseconds since the epoch. */
  readonly at: number;
}

/** What becomes of a message that was claimed: it is gone, waits again, or is dead for a reason. */
export type SettledAs = "ack" | "requeue" | { readonly dead: string };

export interface SettledMessage {
  readonly place: number;
  readonly as: SettledAs;
}

/**
 * The rows of messages, part of a meta store: what the embedded message queue is made of. A row is waiting, held by one
 * consumer, or dead. Consumers hold by a lease, which is the consumer's and not the row's, so that one row is written to keep
 * thousands. Leases are measured by the store's own clock, so those of the processes may differ.
 *
 * What a method does is durable, as any write is, when it resolves; all of it is one transaction, but for `release`, which
 * whoever calls it next goes on with. However many processes claim at once, no row is held by two consumers.
 */
export interface MessageRows {
  /** All of them or none, in this order behind those that wait. The same id twice is two messages. */
  put(queue: string, messages: readonly MessageRow[]): Promise<void>;

  /** Makes a consumer under an id that was never used before. */
  join(consumer: string, leaseMs: number): Promise<void>;

  /** Holds on for so long from now. False where the consumer is not there: its lease ended, and it holds nothing. */
  extend(consumer: string, leaseMs: number): Promise<boolean>;

  /** Ends the consumer, and gives back what it holds, as `release` does. */
  leave(consumer: string, deliveryLimit: number): Promise<void>;

  /**
   * Ends consumers whose lease is over, and gives back what they held: it waits again, or is dead where it was claimed as often
   * as `deliveryLimit`. Answers how many rows those were.
   */
  release(deliveryLimit: number): Promise<number>;

  /** The oldest of the waiting, so many at most, are held by this consumer from now on: none, where it is not there. */
  claim(queue: string, consumer: string, limit: number): Promise<readonly ClaimedMessage[]>;

  /** Those of these rows that the consumer still holds; of others nothing is changed. */
  settle(consumer: string, settled: readonly SettledMessage[]): Promise<void>;

  depth(queue: string): Promise<{ readonly waiting: number; readonly dead: number }>;

  /** The dead ones that died first. */
  dead(queue: string, limit: number): Promise<readonly DeadRow[]>;

  /** The dead ones of these ids, or all, wait again as if they had never been claimed. Answers how many those were. */
  requeueDead(queue: string, ids?: readonly string[]): Promise<number>;

  /** Calls back when messages may wait that another process has put, as far as the store hears of it; until the answer is called. */
  watch(onPut: () => void): () => void;
}

/** Why a message died that nobody settled, because whoever held it ended, again and again. The number of deliveries follows. */
export const neverSettled = "Never settled; deliveries: ";
