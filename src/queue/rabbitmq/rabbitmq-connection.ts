import { setTimeout as wait } from "node:timers/promises";
import { type ChannelModel, connect, type RecoveringChannelModel } from "amqplib";
import { fail, SpecStarError } from "../../errors.ts";
import { rabbitmqError } from "./rabbitmq-errors.ts";
import type { RabbitmqSettings } from "./rabbitmq-settings.ts";

const reconnectMs = { shortest: 100, longest: 10_000 };

export interface ConnectionParts {
  /** Shown by the broker's own tools. */
  readonly name: string;
  /** Makes what has to be there, each time that a connection was made; where it fails, the next one is tried. */
  readonly setUp: (model: ChannelModel) => Promise<void>;
  readonly onLost?: () => void;
  /** The broker takes nothing for now, because it has too little memory or disk; or it does again. */
  readonly onBlocked?: (blocked: boolean) => void;
}

/** A connection that comes back when it was lost, with backoff and jitter, until it is closed. */
export class RabbitmqConnection {
  readonly #settings: RabbitmqSettings;
  readonly #parts: ConnectionParts;
  #recovering: RecoveringChannelModel | undefined;
  #model: ChannelModel | undefined;
  #failure: unknown;

  constructor(settings: RabbitmqSettings, parts: ConnectionParts) {
    this.#settings = settings;
    this.#parts = parts;
  }

  /** Resolves when it is connected and set up. @throws why the first attempt failed; then it is as if it had not been started */
  async start(): Promise<void> {
    const { url, heartbeatSeconds, connectMs, tls, context } = this.#settings;
    const address = new URL(url);
    if (!address.searchParams.has("heartbeat")) address.searchParams.set("heartbeat", String(heartbeatSeconds));
    try {
      this.#recovering = await connect(address.href, {
        ...tls,
        noDelay: true,
        timeout: connectMs,
        clientProperties: { connection_name: this.#parts.name },
        recovery: {
          initialMaxRetries: 0,
          setup: (model: ChannelModel) => this.#setUp(model),
          calculateDelay: (attempt) =>
            Math.min(reconnectMs.longest, reconnectMs.shortest * 2 ** Math.min(attempt - 1, 10)) * (0.5 + context.random() / 2),
        },
      });
    } catch (thrown) {
      throw rabbitmqError(thrown);
    }
    this.#recovering.on("error", () => {});
    this.#recovering.on("connect-failed", (reason) => {
      this.#failure = rabbitmqError(reason);
    });
  }

  async #setUp(model: ChannelModel): Promise<void> {
    // Why a connection ended is heard with its end; without a listener the process would end too.
    model.on("error", (reason) => {
      this.#failure = rabbitmqError(reason);
    });
    model.on("blocked", () => this.#parts.onBlocked?.(true));
    model.on("unblocked", () => this.#parts.onBlocked?.(false));
    model.on("close", () => {
      this.#model = undefined;
      this.#parts.onBlocked?.(false);
      this.#parts.onLost?.();
    });
    await this.#parts.setUp(model);
    this.#failure = undefined;
    this.#model = model;
  }

  /** Undefined while it is away. */
  get model(): ChannelModel | undefined {
    return this.#model;
  }

  /** Why nothing can be asked now. */
  get away(): SpecStarError {
    const failure = this.#failure;
    return failure instanceof SpecStarError
      ? failure
      : fail("UNAVAILABLE", "RabbitMQ cannot be reached. The connection is tried again by itself");
  }

  async close(): Promise<void> {
    const recovering = this.#recovering;
    this.#recovering = undefined;
    this.#model = undefined;
    // A broker that hangs does not say goodbye.
    const patience = new AbortController();
    await Promise.race([
      recovering?.close().catch(() => {}),
      wait(this.#settings.connectMs, undefined, { signal: patience.signal, ref: false }).catch(() => {}),
    ]);
    patience.abort();
  }
}
