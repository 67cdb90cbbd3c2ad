import type { Context } from "../storage/context.ts";
import type { Asker } from "./identify.ts";

/** Ids of requests: a prefix of this process, and a count. A request id has to be unique, and costs next to nothing. */
export function requestIds(context: Pick<Context, "uuid">): () => string {
  const prefix = context.uuid();
  let count = 0;
  return () => `${prefix}-${(++count).toString(36)}`;
}

/** What is known of a request before any door looks into it. */
export interface RequestContext extends Asker {
  /** Stands in the answer and in every log line of the request. */
  readonly requestId: string;
}

/** A logger as pino has it: fields first, then the message. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
