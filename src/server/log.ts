import { type DestinationStream, pino } from "pino";
import { LineBuffer } from "./line-buffer.ts";
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

let shared: LineBuffer | undefined;

/** One for all platforms of a process. */
function standardOutput(): LineBuffer {
  shared ??= new LineBuffer(1);
  return shared;
}

/** JSON lines by pino: one per event, whatever control characters the fields hold. */
export function openLog(options: LogOptions | false = {}): OpenLog {
  if (options === false) return silent;
  const { level = "info", destination } = options;
  const logger = pino({ level, base: null }, destination ?? standardOutput());
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    flush: () => shared?.flush(),
  };
}
