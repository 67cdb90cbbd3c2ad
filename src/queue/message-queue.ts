import type { SpecStarError } from "../errors.ts";

/** What travels: small, because the work itself is in the meta store. */
export interface Message {
  /** The piece of work: the id of a resource, or of a row that waits to be sent. 1 to 200 printable ASCII characters. */
  readonly id: string;
  /** At most 64 KiB of text, JSON as a rule; neither U+0000 nor half of a surrogate pair. */
  readonly body: string;
}

export type PutResult = { readonly ok: true } | { readonly ok: false; readonly error: SpecStarError };

export interface Delivery extends Message {
  /** How often this message has been delivered, this time included. */
  readonly deliveries: number;
}

/** What a handler makes of a delivery: done with, to be delivered again, or dead for a reason. */
export type Settlement = "ack" | "requeue" | { readonly dead: string };

export type Handler = (delivery: Delivery) => Promise<Settlement>;

export interface ConsumeOptions {
  /** The most deliveries that are out at once (default 16). */
  readonly prefetch?: number;
}

export interface Consumer {
  /** Nothing is delivered any more from this call on; resolves when all that is out is settled. */
  close(): Promise<void>;
}

export interface Depth {
  /** Messages that nobody holds. */
  readonly waiting: number;
  readonly dead: number;
}

/** A message that is delivered no more. */
export interface DeadMessage {
  /** Undefined of what somebody else put there. */
  readonly id: string | undefined;
  /** Of foreign bytes as much as is text. */
  readonly body: string;
  readonly reason: string;
}

export interface QueueCapabilities {
  /** Messages survive the end of this process. */
  readonly durable: boolean;
  /** Several processes may put to and consume from the same queues. */
  readonly shared: boolean;
}

/**
 * Carries messages from whoever puts them to whoever consumes them: the port under the jobs. Whoever writes a carrier keeps
 * these laws, and proves them with the conformance suite in `test/queue`.
 *
 * **At least once.** A message that was put is delivered until it is acked or dead, and to one consumer at a time as far as
 * the carrier can tell; a consumer that died, or was cut off, may still be at work on what is delivered again. Order is not
 * promised, nor that an id is there once.
 *
 * **Every delivery counts.** A handler that throws has failed: its message is delivered again. So is that of a process that
 * ended, and one that a handler gave back. After as many deliveries as the carrier's `deliveryLimit` it is dead, with the reason of the last one.
 *
 * Every method rejects with a SpecStarError: UNAVAILABLE when the carrier is out of reach or not open, BAD_REQUEST for
 * arguments that can never be right. A carrier that was away is found again by itself: consumers go on.
 */
export interface MessageQueue {
  readonly capabilities: QueueCapabilities;

  /**
   * Makes these queues where they are not there, and keeps what waits in them. Queues that are there otherwise than this
   * carrier makes them are a CONFLICT that says what to do. After a refusal it may be called again.
   */
  open(queues: readonly string[]): Promise<void>;

  /**
   * One answer per message, in order; each stands for itself. `ok` means safe: it survives whatever the carrier survives. A
   * failure with UNAVAILABLE may be put again; where its `details.reason` is "outcome unknown" it may be there already.
   * Messages that no queue takes are BAD_REQUEST or PAYLOAD_TOO_LARGE and hold up no others.
   */
  put(queue: string, messages: readonly Message[]): Promise<readonly PutResult[]>;

  /** Delivers to this handler, several at once; among all consumers of a queue, in all processes, each message goes to one. */
  consume(queue: string, handler: Handler, options?: ConsumeOptions): Promise<Consumer>;

  /** As of a moment ago: for metrics, not for decisions. How old they are is known where the work is kept. */
  depth(queue: string): Promise<Depth>;

  /** Some of the dead, those that died first at the front; they stay. */
  dead(queue: string, limit: number): Promise<readonly DeadMessage[]>;

  /** The dead of these ids, or all, are delivered again as if they had never been. Foreign ones stay. Answers how many those were. */
  requeueDead(queue: string, ids?: readonly string[]): Promise<number>;

  /** Gives back what is not settled, whatever its handlers still do, and resolves when others can have it. */
  close(): Promise<void>;
}
