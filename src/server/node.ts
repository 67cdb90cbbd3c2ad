import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { areGraphQLErrors, GRAPHQL_TRANSPORT_WS_PROTOCOL, makeServer, type ServerOptions } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { type ErrorCode, fail, SpecStarError } from "../errors.ts";
import { problem } from "../rest/problem.ts";
import { aString, checkOptions, type OptionCheck } from "../spec/check-options.ts";
import { type Door, targetOf } from "./fetch.ts";
import type { GraphQLServer } from "./graphql.ts";
import type { Log, RequestContext } from "./request-context.ts";
import { type OpenRequests, requestListener } from "./request-listener.ts";

export interface ListenOptions {
  /** 4000 unless told otherwise; 0 takes a free one. */
  readonly port?: number | undefined;
  /** 127.0.0.1 unless told otherwise. */
  readonly host?: string | undefined;
  /** Origins besides the server's own whose pages may open WebSockets: `https://app.example.com`. */
  readonly allowedOrigins?: readonly string[] | undefined;
}

/** What a server serves. */
export interface Served {
  readonly door: Door;
  readonly graphql: GraphQLServer | undefined;
  readonly log: Log;
}

export interface Listening {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, ends subscriptions, finishes what is under way (for at most 10 s). */
  close(): Promise<void>;
}

/** Bodies have a deadline of their own: `watchBody`. */
const timeouts = { headersTimeout: 10_000, requestTimeout: 0, connectionsCheckingInterval: 2_000, keepAliveTimeout: 10_000 };
const stopDeadlineMs = 10_000;
const socketLimits = { initMs: 3_000, frameBytes: 256 * 1024, subscriptions: 100, pingMs: 12_000 };

const checks: Record<keyof ListenOptions, OptionCheck> = {
  port: { takes: "a port from 0 to 65535", allows: (value) => Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 65_535 },
  host: aString,
  allowedOrigins: { takes: 'a list of origins: ["https://app.example.com"]', allows: (value) => Array.isArray(value) },
};

/** @throws BAD_REQUEST for options that cannot be, UNAVAILABLE where the port cannot be had */
export async function listen(served: Served, options: ListenOptions): Promise<Listening> {
  checkOptions("listen", options, checks);
  const { port = 4000, host = "127.0.0.1", allowedOrigins = [] } = options;
  const open: OpenRequests = { stopping: false, streams: new Set() };
  const server = createServer(timeouts, requestListener(served.door, open, served.log));
  const connections = connectionsOf(server);
  const sockets = acceptSockets(server, served, open, allowedOrigins);
  await bind(server, port, host);
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  let closed: Promise<void> | undefined;
  const close = (): Promise<void> => (closed ??= stop(server, open, sockets, connections));
  return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, port: bound, close };
}

async function bind(server: Server, port: number, host: string): Promise<void> {
  server.listen({ port, host });
  try {
    await once(server, "listening");
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "unknown";
    if (code === "EADDRINUSE")
      throw fail(
        "UNAVAILABLE",
        `Port ${port} on ${host} is taken by another program. Stop it, or listen on another port: listen({ port: ${port + 1} })`,
        { reason: code },
        thrown,
      );
    if (code === "EACCES")
      throw fail("UNAVAILABLE", `This user may not listen on port ${port}. Take one above 1023`, { reason: code }, thrown);
    throw fail("UNAVAILABLE", `Cannot listen on port ${port} of ${host}`, { reason: code }, thrown);
  }
}

function connectionsOf(server: Server): ReadonlySet<Socket> {
  const open = new Set<Socket>();
  server.on("connection", (socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
  });
  return open;
}

async function stop(server: Server, open: OpenRequests, sockets: WebSocketServer, connections: ReadonlySet<Socket>): Promise<void> {
  open.stopping = true;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const deadline = setTimeout(() => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
  }, stopDeadlineMs);
  for (const stream of open.streams) stream.end();
  for (const socket of sockets.clients) socket.close(1001, "The server is stopping");
  server.closeIdleConnections();
  // Clients open connections ahead of time. Without a request so far, Node does not count them as idle.
  for (const socket of connections) if (socket.bytesRead === 0) socket.destroy();
  await closed;
  clearTimeout(deadline);
}

/** GraphQL over WebSocket, under the limits of CONTRACT §8. */
function acceptSockets(server: Server, served: Served, open: OpenRequests, allowedOrigins: readonly string[]): WebSocketServer {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: socketLimits.frameBytes,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  const { graphql, door, log } = served;
  const operations = graphql && makeServer<Record<string, unknown>, Extra>(operationOptions(graphql, door));
  server.on("upgrade", (incoming, socket, head) => {
    socket.on("error", () => socket.destroy());
    upgradeContext(incoming, { door, path: graphql?.path, open, allowedOrigins }).then(
      (context) => {
        log.info({ requestId: context.requestId, method: "GET", path: graphql?.path, status: 101, actor: context.actor.id }, "request");
        sockets.handleUpgrade(incoming, socket, head, (webSocket) => operations && serve(webSocket, operations, context, log));
      },
      (thrown: unknown) => refuse(socket, thrown, incoming, log),
    );
  });
  keepAlive(server, sockets);
  return sockets;
}

interface Extra {
  /** Whom operations run for: by the upgrade request, and then by `connection_init`. */
  readonly login: Login;
}

/** Who is on a socket, which is closed when that no longer counts. */
class Login {
  context: RequestContext;
  readonly #close: (reason: SpecStarError) => void;
  #stop: (() => void) | undefined;
  #closed = false;

  constructor(context: RequestContext, close: (reason: SpecStarError) => void) {
    this.context = context;
    this.#close = close;
    this.become(context);
  }

  become(context: RequestContext): void {
    this.#stop?.();
    this.context = context;
    this.#stop = this.#closed ? undefined : context.onLapse?.(this.#close);
  }

  end(): void {
    this.#closed = true;
    this.#stop?.();
  }
}

/** Of what a client may try again, by the codes that clients of the protocol try again after. */
const closeCodes: Partial<Record<ErrorCode, number>> = {
  UNAUTHENTICATED: 4403,
  FORBIDDEN: 4403,
  UNAVAILABLE: 1013,
  TIMEOUT: 1013,
  RATE_LIMITED: 1013,
};
/** A close frame has room for 123 bytes. */
const close = (socket: WebSocket, { code, message }: SpecStarError): void => {
  const reason = Buffer.from(message)
    .subarray(0, 120)
    .toString()
    .replace(/\uFFFD+$/, "");
  socket.close(closeCodes[code] ?? 4400, reason);
};

interface Upgrade {
  readonly door: Door;
  readonly path: string | undefined;
  readonly open: OpenRequests;
  readonly allowedOrigins: readonly string[];
}

/** Who opens a WebSocket, asked of the headers of its upgrade request as of any other's. */
async function upgradeContext(
  { url = "/", headers, rawHeaders, socket }: IncomingMessage,
  { door, path, open, allowedOrigins }: Upgrade,
): Promise<RequestContext> {
  if (open.stopping) throw fail("UNAVAILABLE", "The server is stopping");
  const { origin, host = "localhost" } = headers;
  const target = `http://${host}${url}`;
  if (!URL.canParse(target) || targetOf(target).path !== path) throw fail("NOT_FOUND", "WebSockets are opened at the GraphQL path");
  if (origin !== undefined && !allowedOrigins.includes(origin) && !(URL.canParse(origin) && new URL(origin).host === host))
    throw fail("FORBIDDEN", "Pages of this origin may not open WebSockets here");
  const asked = new Headers();
  // Node drops the second of two credentials; here both are seen, as over HTTP, and refused.
  for (let i = 0; i < rawHeaders.length; i += 2) asked.append(rawHeaders[i] ?? "", rawHeaders[i + 1] ?? "");
  return door.identify(new Request(target, { headers: asked }), socket.remoteAddress);
}

function refuse(socket: Duplex, thrown: unknown, { url = "/" }: IncomingMessage, log: Log): void {
  const path = url.split("?", 1)[0] ?? "/";
  const { status, headers, body } = problem(thrown, { requestId: "-", method: "GET", path }, log);
  log.info({ requestId: "-", method: "GET", path, status, actor: null }, "request");
  const lines = Object.entries({ ...headers, connection: "close", "content-length": Buffer.byteLength(body ?? "") }).map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines.join("")}\r\n${body ?? ""}`);
}

function operationOptions(graphql: GraphQLServer, door: Door): ServerOptions<Record<string, unknown>, Extra> {
  return {
    connectionInitWaitTimeout: socketLimits.initMs,
    onConnect: async ({ extra: { login }, connectionParams }) => login.become(await door.login(connectionParams, login.context)),
    execute: graphql.execute,
    subscribe: graphql.subscribe,
    onSubscribe: async ({ extra, subscriptions }, _id, payload) => {
      if (Object.keys(subscriptions).length > socketLimits.subscriptions)
        throw fail("BAD_REQUEST", `At most ${socketLimits.subscriptions} operations at a time on one socket`);
      try {
        return await graphql.prepare(payload, extra.login.context);
      } catch (thrown) {
        const errors: unknown = [thrown];
        if (areGraphQLErrors(errors)) return errors;
        throw thrown;
      }
    },
  };
}

/** One socket. `send` waits until the bytes are out, so a slow reader holds back its own operations and nobody else's. */
function serve(
  socket: WebSocket,
  operations: ReturnType<typeof makeServer<Record<string, unknown>, Extra>>,
  context: RequestContext,
  log: Log,
): void {
  const login = new Login(context, (reason) => close(socket, reason));
  const closed = operations.opened(
    {
      protocol: socket.protocol,
      send: (text) =>
        new Promise((resolve, reject) =>
          socket.readyState === socket.OPEN ? socket.send(text, (error) => (error ? reject(error) : resolve())) : resolve(),
        ),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (handle) =>
        socket.on("message", (data) => {
          // A client that does not answer the close frame goes on sending, and is not listened to.
          if (socket.readyState !== socket.OPEN) return;
          handle(String(data)).catch((thrown: unknown) => {
            if (thrown instanceof SpecStarError) return close(socket, thrown);
            if (socket.readyState !== socket.OPEN) return;
            log.error({ requestId: context.requestId, err: thrown }, "operation over WebSocket failed");
            socket.close(4500, "Internal error");
          });
        }),
    },
    { login },
  );
  socket.on("error", (error) => log.debug({ requestId: context.requestId, err: error }, "WebSocket error"));
  socket.once("close", (code, reason) => {
    login.end();
    closed(code, String(reason)).catch((thrown: unknown) =>
      log.error({ requestId: context.requestId, err: thrown }, "WebSocket did not close cleanly"),
    );
  });
}

/** Ends sockets whose other side is gone without a word. */
function keepAlive(server: Server, sockets: WebSocketServer): void {
  const waiting = new WeakSet<WebSocket>();
  const timer = setInterval(() => {
    for (const socket of sockets.clients) {
      if (waiting.has(socket)) socket.terminate();
      else {
        waiting.add(socket);
        socket.once("pong", () => waiting.delete(socket));
        socket.ping();
      }
    }
  }, socketLimits.pingMs);
  timer.unref();
  server.once("close", () => clearInterval(timer));
}
