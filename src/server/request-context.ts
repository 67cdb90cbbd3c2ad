import type { Actor } from "../manager/actor.ts";

/** What is known of a request before any door looks into it. */
export interface RequestContext {
  /** Stands in the answer and in every log line of the request. */
  readonly requestId: string;
  readonly actor: Actor;
}

/** A logger as pino has it: fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
