import type { IncomingMessage, ServerResponse } from "node:http";

/** How fast a body must arrive. */
export interface Pace {
  readonly everyMs: number;
  /** So many bytes in that time, as often as it takes; all of the body unless told. */
  readonly bytes?: number;
}

export const wholePace: Pace = { everyMs: 30_000 };
/** Somebody who sends a byte now and then holds nothing for long. */
export const uploadPace: Pace = { everyMs: 30_000, bytes: 64 * 1024 };

const timedOut = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/**
 * Ends requests whose body comes too slowly. Node's own `requestTimeout` is one number for all requests, and a long upload over a
 * slow line is in order as long as it goes on.
 */
export function watchBody(incoming: IncomingMessage, outgoing: ServerResponse, { everyMs, bytes }: Pace): void {
  const { headers, socket } = incoming;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return;
  let before = socket.bytesRead;
  const timer = setInterval(() => {
    if (incoming.complete) return stop();
    const arrived = socket.bytesRead - before;
    before = socket.bytesRead;
    // While nobody takes what has arrived, it is not the client who is slow.
    if (bytes !== undefined && (arrived >= bytes || incoming.readableLength > 0)) return;
    stop();
    if (outgoing.headersSent) socket.destroy();
    else socket.end(timedOut, () => socket.destroy());
  }, everyMs);
  timer.unref();
  const stop = () => clearInterval(timer);
  incoming.once("end", stop);
  outgoing.once("close", stop);
}
