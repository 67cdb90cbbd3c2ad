import { fail, isFault, toSpecStarError } from "../errors.ts";
import { logFault, problem } from "../rest/problem.ts";
import type { Reply, StreamReply } from "../rest/reply.ts";
import type { RestApi, Target } from "../rest/rest-api.ts";
import type { FieldProgress } from "../storage/stored-schema.ts";
import { Compression, type CompressionOptions, type PackedReply, withVary } from "./compress.ts";
import { Cors, type CorsOptions } from "./cors.ts";
import type { Identification } from "./identify.ts";
import { untilLapse } from "./lapse-watch.ts";
import type { OpenLog } from "./log.ts";
import type { RequestContext } from "./request-context.ts";
import { readableOf, withLastWord } from "./stream-reply.ts";

export interface FetchOptions {
  readonly rest: RestApi;
  readonly graphql: GraphQLDoor | undefined;
  /** On whose behalf a request runs. */
  readonly identification: Identification;
  readonly log: OpenLog;
  readonly requestId: () => string;
  /** Rejects while the platform cannot serve. Answers the fields that are being indexed. */
  readonly ready: () => Promise<readonly FieldProgress[]>;
  /** Path of every resource by its name, for the index. */
  readonly index: Readonly<Record<string, string>>;
  readonly basePath: string;
  readonly http?: {
    /** Pages of other origins are told nothing unless it is given. */
    readonly cors?: CorsOptions | undefined;
    readonly compression?: CompressionOptions | false | undefined;
  };
}

export interface GraphQLDoor {
  readonly path: string;
  fetch(request: Request, context: RequestContext): Response | Reply | Promise<Response | Reply>;
}

/** A Reply is plain data, a StreamReply comes with time; anything else is some Response. */
type Routed = Reply | StreamReply | Response;
type Answered = Routed | PackedReply;

/** The front door, in two forms. */
export interface Door {
  /** Where large bodies are streamed to. */
  readonly uploadPaths: ReadonlySet<string>;
  /** For any Fetch runtime. */
  fetch(request: Request): Promise<Response>;
  /**
   * The same without the Response where there is none yet: what `listen` writes to its sockets. Never rejects.
   * @param peer address of the socket's other side
   */
  answer(request: Request, peer?: string): Promise<Answered>;
  /** Who opens a WebSocket, and under which request id. UNAUTHENTICATED where `actor` says no. */
  identify(request: Request, peer: string | undefined): Promise<RequestContext>;
  /** Who that is by the payload of `connection_init`. */
  login(payload: unknown, opened: RequestContext): Promise<RequestContext>;
}

const eventStream = "text/event-stream";
const livePath = "/health/live";
const readyPath = "/health/ready";

const json = (body: unknown): Reply => ({
  status: 200,
  headers: { "content-type": "application/json", "cache-control": "no-store" },
  body: JSON.stringify(body),
});

/** The order of a request: id → path → actor → GraphQL or REST → answer or problem → log line. */
export function createFetch(options: FetchOptions): Door {
  const { rest, graphql, log, ready, basePath, identification } = options;
  const cors = new Cors(options.http?.cors);
  const compression = new Compression(options.http?.compression);
  const indexPath = `${basePath}/`;
  const index = { ...(graphql ? { graphql: graphql.path } : {}), resources: options.index, health: { live: livePath, ready: readyPath } };

  const identify = async (request: Request, peer: string | undefined): Promise<RequestContext> => ({
    requestId: requestIdOf(request, options),
    ...(await identification.ofUpgrade(request, peer)),
  });
  async function login(payload: unknown, opened: RequestContext): Promise<RequestContext> {
    const { requestId } = opened;
    try {
      const asker = await identification.ofInit(payload, opened);
      if (asker.actor !== opened.actor) log.info({ requestId, actor: asker.actor.id }, "connection_init");
      return { requestId, ...asker };
    } catch (thrown) {
      const error = toSpecStarError(thrown);
      log.info({ requestId, actor: null, code: error.code }, "connection_init");
      if (isFault(error.code)) logFault(log, error, { requestId, path: graphql?.path ?? "" });
      throw error;
    }
  }

  function route(request: Request, target: Target, context: RequestContext): Routed | Promise<Routed> {
    if (target.path === graphql?.path) return graphql.fetch(request, context);
    if (target.path === indexPath && isRead(request.method)) return json(index);
    return rest(request, target, { ...context, foreign: cors.isForeign(request) });
  }

  async function answer(request: Request, peer?: string): Promise<Answered> {
    const start = performance.now();
    const requestId = requestIdOf(request, options);
    const target = targetOf(request.url);
    const { method } = request;
    const { path } = target;
    const probe = path === livePath || path === readyPath;
    // Asked before the request itself, and without credentials.
    const preflight = cors.preflight(request);
    let asker: string | null = null;
    let answered: Answered;
    try {
      if (preflight) answered = { status: 204, headers: { ...preflight }, body: null };
      else if (probe) answered = await health(method, path, ready);
      else {
        const identified = identification.of(request, peer);
        const { actor, onLapse } = identified instanceof Promise ? await identified : identified;
        asker = actor.id;
        const plain = lasting(await route(request, target, { requestId, actor, onLapse }), onLapse);
        if ("failures" in plain)
          for (const error of plain.failures ?? []) if (isFault(error.code)) logFault(log, error, { requestId, path });
        if ("stream" in plain) answered = withLastWord(plain, (thrown) => problem(thrown, { requestId, method, path }, log));
        else {
          const sent = compression.of(plain, request);
          answered = sent instanceof Promise ? await sent : sent;
        }
      }
    } catch (thrown) {
      answered = problem(thrown, { requestId, method, path }, log);
    }
    stamp(answered, requestId, cors.headers(request));
    const ms = Math.round((performance.now() - start) * 1000) / 1000;
    const line = { requestId, method, path, status: answered.status, ms, actor: asker };
    if (probe) log.debug(line, "probe");
    else log.request(line);
    return answered;
  }

  const uploadPaths = new Set([`${basePath}/blobs`, ...[basePath, ...Object.values(options.index)].map((path) => `${path}/import`)]);
  const fetch = async (request: Request): Promise<Response> => toResponse(await answer(request), request.method);
  return { uploadPaths, answer, identify, login, fetch };
}

const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

async function health(method: string, path: string, ready: FetchOptions["ready"]): Promise<Reply> {
  if (!isRead(method))
    throw fail("METHOD_NOT_ALLOWED", `${method.slice(0, 20)} is not for this path: GET, HEAD`, { allow: ["GET", "HEAD"] });
  const indexing = path === readyPath ? (await ready()).map(({ resource, field, done, total }) => ({ resource, field, done, total })) : [];
  return json({ status: "ok", ...(indexing.length > 0 ? { indexing } : {}) });
}

/** The client's own id, where it is one that can stand in logs and headers. */
function requestIdOf(request: Request, { requestId }: FetchOptions): string {
  const given = request.headers.get("x-request-id");
  return given !== null && /^[\x21-\x7e]{1,128}$/.test(given) ? given : requestId();
}

/** Events go on for as long as who hears them may; what has an end of its own was allowed when it began. */
function lasting(answered: Routed, onLapse: RequestContext["onLapse"]): Routed {
  if (!onLapse || !("stream" in answered) || answered.headers["content-type"] !== eventStream) return answered;
  return { ...answered, stream: untilLapse(answered.stream, onLapse) };
}

/** Path and query of a URL, without parsing all of it. */
export function targetOf(url: string): Target {
  const start = url.indexOf("/", url.indexOf("//") + 2);
  const hash = url.indexOf("#", start);
  const end = hash === -1 ? url.length : hash;
  const query = url.indexOf("?", start);
  if (query === -1 || query > end) return { path: url.slice(start, end), search: "" };
  return { path: url.slice(start, query), search: url.slice(query + 1, end) };
}

/** What every answer carries. */
function stamp(answered: Answered, requestId: string, cors: Readonly<Record<string, string>> | undefined): void {
  if ("text" in answered) {
    const { headers } = answered;
    headers.set("x-request-id", requestId);
    headers.set("x-content-type-options", "nosniff");
    for (const name in cors) headers.set(name, name === "vary" ? withVary(headers.get(name), "Origin") : (cors[name] ?? ""));
  } else {
    const { headers } = answered;
    headers["x-request-id"] = requestId;
    headers["x-content-type-options"] = "nosniff";
    for (const name in cors) headers[name] = name === "vary" ? withVary(headers[name], "Origin") : (cors[name] ?? "");
  }
}

function toResponse(answered: Answered, method: string): Response {
  if ("text" in answered) return answered;
  if ("stream" in answered) {
    const { status, headers, stream } = answered;
    return new Response(method === "HEAD" ? null : readableOf(stream), { status, headers });
  }
  const { status, headers, body } = answered;
  if (method !== "HEAD" || body === null) return new Response(body, { status, headers });
  return new Response(null, { status, headers: { ...headers, "content-length": String(Buffer.byteLength(body)) } });
}
