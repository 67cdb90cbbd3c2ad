import { type DocumentNode, type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import { type Plugin, createYoga } from "graphql-yoga";
import type { GraphQLContext } from "../../schema/context.ts";
import { Documents, operationOf } from "../../schema/documents.ts";
import { clientError, refusal } from "../../schema/graphql-error.ts";
import { type GraphQLLimits, type Variables, defaultGraphQLLimits } from "../../schema/limits.ts";
import { fail, httpStatus } from "../errors.ts";
import type { Reply } from "../rest/reply.ts";
import { type GraphQLParams, checkDepth, checkParams, readParams } from "./graphql-params.ts";
import type { Log, RequestContext } from "./request-context.ts";

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly path: string;
  readonly limits: Partial<GraphQLLimits>;
  readonly context: (request: RequestContext) => GraphQLContext;
  readonly log: Log;
  /** False sends everything through Yoga: for the test that both ways answer alike. */
  readonly lean?: boolean;
}

export type GraphQLServer = ReturnType<typeof createGraphQLServer>;

/** The context of an operation, as the pipeline hands it on. `request` is there over HTTP only. */
interface Running extends RequestContext {
  readonly request?: Request;
  readonly params?: GraphQLParams;
}

/**
 * GraphQL over HTTP and for WebSockets. A plain `POST application/json` takes a lean path past Yoga's Fetch objects and hooks
 * for media types (less than half the CPU); GET, SSE and multipart go through Yoga. Limits, errors and context are one list
 * of hooks under both.
 */
export function createGraphQLServer({ schema, path, limits, context, log, lean = true }: GraphQLServerOptions) {
  const documents = new Documents(schema, { ...defaultGraphQLLimits, ...limits });
  const show = (error: unknown, running: Running, hasData = false) => shown(error, running, hasData, log);
  const yoga = createYoga<Running>({
    schema,
    graphqlEndpoint: path,
    plugins: [pipeline(documents, show)],
    context: (running: Running) => contextOf(running, context, show),
    logging: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    maskedErrors: { maskError: (error) => (error instanceof GraphQLError && !error.originalError ? error : clientError(error, "-", (cause) => log.error({ err: cause }, "GraphQL failed"))) },
    // Read, checked, limited and cached here, for all ways alike.
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    multipart: false,
    batching: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    fetchAPI: { Request, Response, Headers, ReadableStream, TextEncoder },
  });
  const envelop = yoga.getEnveloped({});

  async function answer(request: Request, asker: RequestContext, mediaType: MediaType): Promise<Reply> {
    const running: Running = { ...asker, request };
    try {
      const params = await readParams(request);
      const result = await yoga.getResultForParams({ params, request }, running);
      if (isExecutionResult(result)) return reply(result, mediaType);
      throw fail("NOT_ACCEPTABLE", "The answer is a stream: ask for text/event-stream");
    } catch (thrown) {
      return reply({ errors: [show(thrown, running)] }, mediaType);
    }
  }

  return {
    path,
    /** Answers one HTTP request. Never rejects for what a client did. */
    async fetch(request: Request, asker: RequestContext): Promise<Reply | Response> {
      const accept = request.headers.get("accept");
      const way = wayOf(request.method, accept);
      if (way === "page") return graphiQL(path);
      if (way === "refuse") return refused(request.method);
      if (lean && way !== "yoga" && request.method === "POST") return answer(request, asker, way);
      const response = await yoga.fetch(request, { ...asker });
      if (!response.headers.has("cache-control")) response.headers.set("cache-control", noCache);
      return response;
    },
    /**
     * What a WebSocket message asks for, ready to be executed, or why not.
     * @throws GraphQLError
     */
    async prepare(payload: unknown, asker: RequestContext) {
      const running: Running = { ...asker };
      try {
        const params = checkParams(payload);
        checkDepth(params.variables);
        const document: DocumentNode = documents.parse(params.query);
        const errors = documents.validate(document);
        if (errors.length > 0) return errors.map((error) => show(error, running));
        const contextValue = { ...running, ...contextOf(running, context, show) };
        return { schema, document, contextValue, variableValues: params.variables, operationName: params.operationName };
      } catch (thrown) {
        throw show(thrown, running);
      }
    },
    execute: envelop.execute,
    subscribe: envelop.subscribe,
  };
}

type Show = (error: unknown, running: Running, hasData?: boolean) => GraphQLError;

function contextOf({ requestId, actor, request }: Running, context: GraphQLServerOptions["context"], show: Show): GraphQLContext {
  try {
    return context({ requestId, actor });
  } catch (thrown) {
    throw show(thrown, { requestId, actor, ...(request ? { request } : {}) });
  }
}

/** Our part of the pipeline that Yoga, the lean path and WebSockets share. */
function pipeline(documents: Documents, show: Show): Plugin<Running> {
  const check = (args: { readonly document: DocumentNode; readonly operationName?: string | null | undefined; readonly variableValues?: Variables | null | undefined }) => {
    const operation = operationOf(args.document, args.operationName);
    if (operation) documents.checkCost(args.document, operation, args.variableValues ?? {});
  };
  return {
    onRequestParse: ({ setRequestParser, serverContext }) => {
      setRequestParser(async (request) => {
        try {
          // Yoga's params are the same, writable.
          return { ...(await readParams(request)) };
        } catch (thrown) {
          throw show(thrown, { ...serverContext, request });
        }
      });
    },
    onParse: ({ params, context, setParsedDocument }) => {
      const document = documents.parse(String(params.source));
      if (context.request) checkMethod(document, context.request, context.params?.operationName ?? undefined);
      setParsedDocument(document);
    },
    onValidate: ({ params, setResult }) => setResult(documents.validate(params.documentAST)),
    onExecute: ({ args, setResultAndStopExecution }) => {
      const running: Running = args.contextValue;
      try {
        check(args);
      } catch (thrown) {
        setResultAndStopExecution({ errors: [show(thrown, running)] });
        return undefined;
      }
      return { onExecuteDone: ({ result, setResult }) => (isExecutionResult(result) ? showErrors(result, setResult, running, show) : undefined) };
    },
    onSubscribe: ({ args, setResultAndStopExecution }) => {
      const running: Running = args.contextValue;
      try {
        check(args);
        if (running.request && !streams(running.request.headers.get("accept"))) throw refusal("NOT_ACCEPTABLE", "Subscriptions are answered as text/event-stream, or over a WebSocket");
      } catch (thrown) {
        setResultAndStopExecution({ errors: [show(thrown, running)] });
        return undefined;
      }
      return {
        onSubscribeResult: ({ result, setResult }) => {
          if (isExecutionResult(result)) showErrors(result, setResult, running, show);
          return { onNext: (next) => (isExecutionResult(next.result) ? showErrors(next.result, next.setResult, running, show) : undefined) };
        },
      };
    },
  };
}

/** GET reads: it changes nothing, and opens no streams that another site's page could hold open. */
function checkMethod(document: DocumentNode, { method }: Request, operationName: string | undefined): void {
  const operation = operationOf(document, operationName);
  if (!operation) throw refusal("BAD_REQUEST", operationName === undefined ? "The document has several operations: name one in operationName" : "The document has no operation of that name");
  if (method === "GET" && operation.operation !== "query") throw refusal("METHOD_NOT_ALLOWED", `A ${operation.operation} must be sent by POST`, { headers: { Allow: "POST" } });
}

function showErrors(result: ExecutionResult, setResult: (result: ExecutionResult) => void, running: Running, show: Show): void {
  if (result.errors) setResult({ ...result, errors: result.errors.map((error) => show(error, running, "data" in result && result.data !== undefined)) });
}

/** As clients see it: with a status for HTTP where there is no data beside it, without one for WebSockets. */
function shown(error: unknown, { requestId, request }: Running, hasData: boolean, log: Log): GraphQLError {
  const made = clientError(error, requestId, (cause) => log.error({ requestId, err: cause }, "GraphQL failed"));
  const { http, ...extensions } = made.extensions;
  if (request && !hasData && http) return made;
  if (!http && (!request || hasData)) return made;
  // Only codes of the table get here; what GraphQL itself found is about a well-formed request.
  const hint = { status: httpStatus(extensions["code"] as never), ...(error instanceof GraphQLError && !error.originalError ? { spec: true } : {}) };
  return new GraphQLError(made.message, { nodes: made.nodes ?? null, path: made.path ?? null, extensions: { ...extensions, ...(request && !hasData ? { http: hint } : {}) } });
}

const ignore = (): void => {};
const noCache = "private, no-cache";
const mediaTypes = ["application/json", "application/graphql-response+json"] as const;
type MediaType = (typeof mediaTypes)[number];

const streams = (accept: string | null): boolean => accept !== null && /text\/event-stream|multipart\/mixed/i.test(accept);

function isExecutionResult(result: unknown): result is ExecutionResult {
  return typeof result === "object" && result !== null && !(Symbol.asyncIterator in result) && !Array.isArray(result);
}

/** How a request is answered: a page, JSON of one of two types, a refusal, or by Yoga (streams). */
function wayOf(method: string, accept: string | null): MediaType | "page" | "yoga" | "refuse" {
  if (method !== "GET" && method !== "POST") return "refuse";
  if (accept === null || accept === "" || accept === "*/*" || accept === "application/json") return "application/json";
  if (method === "GET" && /text\/html/i.test(accept)) return "page";
  if (streams(accept)) return "yoga";
  const ranges = accept.toLowerCase().split(",").map((range) => range.replaceAll(/\s/g, "").split(";"));
  const utf8 = ranges.filter(([, ...parameters]) => parameters.every((parameter) => !parameter.startsWith("charset=") || parameter === "charset=utf-8"));
  for (const [type] of utf8) {
    if (type === "application/graphql-response+json") return type;
    if (type === "application/json" || type === "application/*" || type === "*/*") return "application/json";
  }
  return "refuse";
}

/** The status of GraphQL over HTTP, as Yoga finds it: hints count where there is no data. */
function reply(result: ExecutionResult, mediaType: MediaType): Reply {
  const headers: Record<string, string> = { "content-type": `${mediaType}; charset=utf-8`, "cache-control": noCache };
  if (!result.errors) return { status: 200, headers, body: JSON.stringify(result) };
  let status = 200;
  for (const { extensions } of result.errors) {
    const hint = extensions["http"] as { status: number; spec?: boolean; headers?: Record<string, string> } | undefined;
    for (const [name, value] of Object.entries(hint?.headers ?? {})) headers[name.toLowerCase()] = value;
    if (hint && !(hint.spec && mediaType === "application/json")) status = Math.max(status, hint.status);
  }
  const errors = result.errors.map((error) => {
    const { extensions: { http: _, ...extensions } = {}, ...rest } = error.toJSON();
    return { ...rest, extensions };
  });
  return { status, headers, body: JSON.stringify({ ...result, errors }) };
}

function refused(method: string): Reply {
  const known = method === "GET" || method === "POST";
  const error = known ? refusal("NOT_ACCEPTABLE", `Answers are ${mediaTypes.join(", ")}, or text/event-stream`) : refusal("METHOD_NOT_ALLOWED", "GraphQL is asked by GET and POST", { headers: { Allow: "GET, POST" } });
  return reply({ errors: [error] }, "application/json");
}

let page: Promise<string> | undefined;

/** GraphiQL with all its assets in one page: 9 MB of text that is loaded when somebody asks for it. */
async function graphiQL(path: string): Promise<Reply> {
  page ??= import("@graphql-yoga/render-graphiql").then(({ renderGraphiQL }) => renderGraphiQL({ title: "SpecStar", endpoint: path, subscriptionsProtocol: "WS" }));
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8", "cache-control": noCache, "content-security-policy": "frame-ancestors 'none'" }, body: await page };
}
