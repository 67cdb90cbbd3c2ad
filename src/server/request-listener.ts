import { type IncomingMessage, ServerResponse } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import { fail } from "../errors.ts";
import { problem } from "../rest/problem.ts";
import type { Reply } from "../rest/reply.ts";
import { uploadPace, watchBody, wholePace } from "./body-deadline.ts";
import type { PackedReply } from "./compress.ts";
import type { Door } from "./fetch.ts";
import type { Log } from "./request-context.ts";
import { sendStream } from "./stream-reply.ts";

/** What must be told or ended when the server stops. */
export interface OpenRequests {
  stopping: boolean;
  /** Answers without an end of their own: server-sent events. */
  readonly streams: Set<ServerResponse>;
}

/**
 * The door behind node:http. Replacing the global Request and Response, as the adapter does unless told not to, would make
 * `response instanceof Response` false in the whole process; instead Replies are written here without a Response.
 */
export function requestListener(
  door: Door,
  open: OpenRequests,
  log: Log,
): (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void> {
  const answer = async (request: Request, { outgoing }: { readonly outgoing: unknown }): Promise<Response> => {
    // The adapter also knows HTTP/2; `listen` opens HTTP/1.
    if (!(outgoing instanceof ServerResponse)) throw fail("INTERNAL", "Not an HTTP/1 answer");
    const answered = await door.answer(request, outgoing.req.socket.remoteAddress);
    if (open.stopping) outgoing.setHeader("connection", "close");
    if ("text" in answered) {
      if (answered.headers.get("content-type")?.startsWith("text/event-stream")) follow(outgoing, open);
      return answered;
    }
    if ("stream" in answered) {
      // Events are ended when the server stops, and resumed by cursor; what has an end of its own would look complete then, so it is finished.
      if (answered.headers["content-type"] === "text/event-stream") follow(outgoing, open);
      sendStream(outgoing, answered, request.method);
    } else write(outgoing, answered, request.method);
    return RESPONSE_ALREADY_SENT;
  };
  const errorHandler = (thrown: unknown): Response => {
    const { status, headers, body } = problem(
      fail("BAD_REQUEST", "The request line or the Host header is malformed", {}, thrown),
      { requestId: "-", method: "-", path: "-" },
      log,
    );
    return new Response(body, { status, headers });
  };
  const listener = getRequestListener(answer, { overrideGlobalObjects: false, errorHandler });
  return (incoming, outgoing) => {
    const isUpload = incoming.method === "POST" && door.uploadPaths.has(incoming.url?.split("?", 1)[0] ?? "");
    watchBody(incoming, outgoing, isUpload ? uploadPace : wholePace);
    return listener(incoming, outgoing);
  };
}

function write(outgoing: ServerResponse, { status, headers, body }: Reply | PackedReply, method: string): void {
  if (body === null) outgoing.writeHead(status, headers).end();
  else {
    headers["content-length"] = String(Buffer.byteLength(body));
    outgoing.writeHead(status, headers).end(method === "HEAD" ? undefined : body);
  }
}

function follow(outgoing: ServerResponse, { streams, stopping }: OpenRequests): void {
  if (stopping) return void outgoing.destroy();
  streams.add(outgoing);
  outgoing.once("close", () => streams.delete(outgoing));
}
