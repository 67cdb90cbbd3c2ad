import type { ConnectionOptions } from "node:tls";
import type { Context } from "../../storage/context.ts";

/** What the parts of the carrier are told; `RabbitmqOptions` says what it means. */
export interface RabbitmqSettings {
  readonly url: string;
  readonly prefix: string;
  readonly deliveryLimit: number;
  readonly window: number;
  readonly connectMs: number;
  readonly putMs: number;
  readonly heartbeatSeconds: number;
  readonly tls: ConnectionOptions;
  readonly context: Context;
}
