import type { IncomingMessage, ServerResponse } from "node:http";

/** How long a request may take to arrive, except for one whose bytes are streamed on. */
const wholeMs = 30_000;
/** An upload must bring this much in this time: somebody who sends a byte now and then holds nothing for long. */
const upload = { everyMs: 30_000, bytes: 64 * 1024 };

const timedOut = "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n";

/**
 * Ends requests whose body comes too slowly. Node's own `requestTimeout` is one number for all requests, and a long upload over a
 * slow line is in order as long as it goes on.
 */
export function watchBody(incoming: IncomingMessage, outgoing: ServerResponse, isUpload: boolean): void {
  const { headers, socket } = incoming;
  if (headers["transfer-encoding"] === undefined && (headers["content-length"] ?? "0") === "0") return;
  const before = { bytes: socket.bytesRead };
  const timer = setInterval(
    () => {
      if (incoming.complete) return clearInterval(timer);
      const arrived = socket.bytesRead - before.bytes;
      before.bytes = socket.bytesRead;
      // While nobody takes what has arrived, it is not the client who is slow.
      if (isUpload && (arrived >= upload.bytes || incoming.readableLength > 0)) return;
      clearInterval(timer);
      if (outgoing.headersSent) socket.destroy();
      else socket.end(timedOut, () => socket.destroy());
    },
    isUpload ? upload.everyMs : wholeMs,
  );
  timer.unref();
  const stop = () => clearInterval(timer);
  incoming.once("end", stop);
  outgoing.once("close", stop);
}
