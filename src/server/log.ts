import { type DestinationStream, pino } from "pino";
import { LineBuffer } from "./line-buffer.ts";
import type { Log } from "./request-context.ts";

export interface LogOptions {
  /** `info` unless told otherwise; requests are logged at `info`, probes at `debug`. */
  readonly level?: "debug" | "info" | "warn" | "error";
  /** Where lines go; standard output unless told otherwise. */
  readonly destination?: DestinationStream;
}

/** What is said of a request when it is answered. */
export interface Answered {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly ms: number;
  readonly actor: string | null;
}

export interface OpenLog extends Log {
  /** At `info`. */
  request(answered: Answered): void;
  /** Writes out what is still held back. */
  flush(): void;
}

const nothing = (): void => {};
const silent: OpenLog = { debug: nothing, info: nothing, warn: nothing, error: nothing, request: nothing, flush: nothing };

let shared: LineBuffer | undefined;

/** One for all platforms of a process. */
function standardOutput(): LineBuffer {
  shared ??= new LineBuffer(1);
  return shared;
}

/** JSON lines by pino: one per event, whatever control characters the fields hold. */
export function openLog(now: () => number, options: LogOptions | false = {}): OpenLog {
  if (options === false) return silent;
  const { level = "info", destination } = options;
  const lines = destination ?? standardOutput();
  const logger = pino({ level, base: null }, lines);
  return {
    debug: (fields, message) => logger.debug(fields, message),
    info: (fields, message) => logger.info(fields, message),
    warn: (fields, message) => logger.warn(fields, message),
    error: (fields, message) => logger.error(fields, message),
    request: logger.isLevelEnabled("info") ? (answered) => void lines.write(requestLine(now(), answered)) : nothing,
    flush: () => shared?.flush(),
  };
}

/** As pino would write it, which takes as long for this line as SQLite does for a row. */
const requestLine = (time: number, { requestId, method, path, status, ms, actor }: Answered): string =>
  `{"level":30,"time":${time},"requestId":${JSON.stringify(requestId)},"method":${JSON.stringify(method)},"path":${JSON.stringify(path)},"status":${status},"ms":${ms},"actor":${JSON.stringify(actor)},"msg":"request"}\n`;
