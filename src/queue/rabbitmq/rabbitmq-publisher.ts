import type { ChannelModel, ConfirmChannel } from "amqplib";
import { fail, type SpecStarError } from "../../errors.ts";
import { Gate } from "./gate.ts";
import type { Letter } from "./letters.ts";

/** Why a message was not taken; undefined where it is safe. */
export type Refusal = SpecStarError | undefined;

export interface PublisherParts {
  /** The most messages that wait for their confirm. */
  readonly window: number;
  /** How long a message may take, from the call to the confirm. */
  readonly putMs: number;
  readonly away: () => SpecStarError;
  /** Makes queues that are not there. */
  readonly mend: () => Promise<void>;
}

const unknownOutcome = (what: string): SpecStarError =>
  fail("UNAVAILABLE", `${what}. Whether RabbitMQ has the message is unknown`, { reason: "outcome unknown" });

/** Publishes so many messages at once, each with an answer of its own: the broker's confirm, and what it sends back before that. */
export class RabbitmqPublisher {
  readonly #parts: PublisherParts;
  readonly #gate: Gate;
  #channel: ConfirmChannel | undefined;
  #numbers = 0;
  /** Numbers of messages that no queue took: their confirms follow. */
  readonly #returned = new Set<string>();

  constructor(parts: PublisherParts) {
    this.#parts = parts;
    this.#gate = new Gate(parts.window);
  }

  async attach(model: ChannelModel): Promise<void> {
    const channel = await model.createConfirmChannel();
    channel.on("error", () => {});
    channel.on("return", ({ properties: { correlationId } }) => this.#returned.add(String(correlationId)));
    // Before the client library's own listener, which answers for what was not confirmed.
    channel.prependListener("close", () => {
      if (this.#channel !== channel) return;
      this.#channel = undefined;
      // A channel that ended alone comes back with a connection that is set up anew.
      model.close().catch(() => {});
    });
    this.#channel = channel;
  }

  /** While the broker takes nothing, messages wait as long as they may. */
  setBlocked(blocked: boolean): void {
    this.#gate.setShut(blocked);
  }

  async publish(letter: Letter): Promise<Refusal> {
    const { putMs, away, mend } = this.#parts;
    const started = performance.now();
    if (!this.#channel) return away();
    if (!(await this.#gate.enter(putMs)))
      return this.#gate.isShut
        ? fail(
            "UNAVAILABLE",
            "RabbitMQ takes no messages: it has too little memory or disk. Look at its alarms: rabbitmq-diagnostics alarms",
          )
        : fail("UNAVAILABLE", `RabbitMQ has not confirmed earlier messages within ${putMs} ms`);
    const channel = this.#channel;
    if (!channel) {
      this.#gate.leave();
      return away();
    }
    const refusal = await this.#send(channel, letter, Math.max(1, putMs - (performance.now() - started)));
    if (refusal?.details.reason === "returned") await mend().catch(() => {});
    return refusal;
  }

  #send(channel: ConfirmChannel, { exchange, key, content, options }: Letter, ms: number): Promise<Refusal> {
    this.#numbers += 1;
    const number = String(this.#numbers);
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(unknownOutcome(`No confirm has come within ${Math.round(ms)} ms`)), ms);
      const answer = (refusal: Refusal) => {
        clearTimeout(timer);
        this.#gate.leave();
        resolve(refusal);
      };
      try {
        channel.publish(
          exchange,
          key,
          content,
          { ...options, persistent: true, mandatory: true, correlationId: number },
          (nacked: unknown) => {
            const returned = this.#returned.delete(number);
            if (this.#channel !== channel) answer(unknownOutcome("The connection was lost"));
            else if (nacked) answer(fail("UNAVAILABLE", "RabbitMQ could not keep the message. Put it again"));
            else if (returned)
              answer(
                fail("UNAVAILABLE", `Queue ${key} was not there. It has been made again; put the message again`, { reason: "returned" }),
              );
            else answer(undefined);
          },
        );
      } catch {
        // The channel has just ended: nothing was sent.
        answer(this.#parts.away());
      }
    });
  }
}
