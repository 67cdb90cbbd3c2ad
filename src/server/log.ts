import { type DestinationStream, destination, pino } from "pino";
import type { Log } from "./request-context.ts";

export interface LogOptions {
  /** `info` unless told otherwise; requests are logged at `info`, probes at `debug`. */
  readonly level?: "debug" | "info" | "warn" | "error";
  /** Where lines go; standard output unless told otherwise. */
  readonly destination?: DestinationStream;
}

export interface OpenLog extends Log {
  /** Writes out what is still held back. */
  flush(): void;
}

const nothing = (): void => {};
const silent: OpenLog = { debug: nothing, info: nothing, warn: nothing, error: nothing, flush: nothing };

/** JSON lines by pino, one per event, whatever control characters the fields hold; written in blocks, off the request's path. */
export function openLog(options: LogOptions | false = {}): OpenLog {
  if (options === false) return silent;
  const buffered = options.destination ? undefined : destination({ fd: 1, sync: false, minLength: 8_192, periodicFlush: 250 });
  const out = options.destination ?? buffered;
  const logger = pino({ level: options.level ?? "info", base: null }, out);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () => buffered?.flushSync(),
  };
}
