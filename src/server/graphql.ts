import { type DocumentNode, type ExecutionArgs, type ExecutionResult, GraphQLError, type GraphQLSchema } from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import type { GraphQLContext } from "../../schema/context.ts";
import { Documents, operationOf } from "../../schema/documents.ts";
import { firstQuery } from "../../schema/first-query.ts";
import { clientError, hintOf, refusal, withoutHint } from "../../schema/graphql-error.ts";
import { defaultGraphQLLimits, type GraphQLLimits, type Variables } from "../../schema/limits.ts";
import { PersistedOperations, type PersistedOptions } from "../../schema/persisted-operations.ts";
import { fail, type SpecStarError } from "../errors.ts";
import { beforeDeadline, defaultDeadlineMs, tooLate } from "../rest/deadline.ts";
import { logFault } from "../rest/problem.ts";
import type { Reply } from "../rest/reply.ts";
import { GraphiQL } from "./graphiql.ts";
import { type MediaType, mediaTypes, streams, wayOf } from "./graphql-media-type.ts";
import { checkDepth, checkParams, type DocumentOf, type GraphQLParams, readParams } from "./graphql-params.ts";
import type { Log, RequestContext } from "./request-context.ts";

export interface GraphQLServerOptions {
  readonly schema: GraphQLSchema;
  readonly path: string;
  readonly limits: Partial<GraphQLLimits>;
  readonly context: (request: RequestContext) => GraphQLContext;
  readonly log: Log;
  /** How long a query may take. */
  readonly deadlineMs?: number;
  readonly persisted?: PersistedOptions | undefined;
  /** False refuses `__schema` and `__type`. */
  readonly introspection?: boolean | undefined;
  /** False leaves "Did you mean …" out of errors. */
  readonly suggestions?: boolean | undefined;
  /** False sends everything through Yoga: for the test that both ways answer alike. */
  readonly lean?: boolean;
}

export interface GraphQLServer {
  readonly path: string;
  /** Answers one HTTP request. Never rejects for what a client did. */
  fetch(request: Request, asker: RequestContext): Promise<Reply | Response>;
  /**
   * What a WebSocket message asks for, ready for `execute` or `subscribe`; or GraphQL's findings about it.
   * @throws GraphQLError
   */
  prepare(payload: unknown, asker: RequestContext): Promise<ExecutionArgs | readonly GraphQLError[]>;
  readonly execute: Run;
  readonly subscribe: Run;
}

type Run = (args: ExecutionArgs) => Promise<ExecutionResult | AsyncIterable<ExecutionResult>>;

/** The context of an operation, as the pipeline hands it on. `request` is there over HTTP only. */
interface Running extends RequestContext {
  readonly request?: Request;
  readonly params?: GraphQLParams;
}

/**
 * GraphQL over HTTP and for WebSockets. A plain `POST application/json` takes a lean path past Yoga's Fetch objects and hooks
 * for media types (less than half the CPU); GET, SSE and multipart go through Yoga. Limits, errors and context are one list
 * of hooks under all of them.
 */
export function createGraphQLServer(options: GraphQLServerOptions): GraphQLServer {
  const { schema, path, context, log, lean = true, introspection = true, suggestions = true, deadlineMs = defaultDeadlineMs } = options;
  const documents = new Documents(schema, { ...defaultGraphQLLimits, ...options.limits }, { introspection, suggestions });
  const persisted = new PersistedOperations(documents, options.persisted ?? {});
  const documentOf = persisted.documentOf.bind(persisted);
  const show: Show = (error, running, hasData = false) =>
    shown(error, running, hasData, (fault) => logFault(log, fault, { requestId: running.requestId, path }));
  const contextOf = (running: Running): GraphQLContext => {
    try {
      return context({ requestId: running.requestId, actor: running.actor });
    } catch (thrown) {
      throw show(thrown, running);
    }
  };
  const yoga = createYoga<Running>({
    ...yogaOptions(path, log),
    schema,
    graphqlEndpoint: path,
    plugins: [pipeline({ documents, documentOf, suggestions, deadlineMs, show })],
    context: contextOf,
  });
  const graphiQL = new GraphiQL(path, () => firstQuery(schema));
  const { execute, subscribe } = yoga.getEnveloped({});

  async function answer(request: Request, asker: RequestContext, mediaType: MediaType): Promise<Reply> {
    const running: Running = { ...asker, request };
    try {
      const params = await readParams(request, documentOf);
      const result = await yoga.getResultForParams({ params, request }, running);
      if (isExecutionResult(result)) return reply(result, mediaType);
      throw fail("NOT_ACCEPTABLE", "The answer is a stream: ask for text/event-stream");
    } catch (thrown) {
      return reply({ errors: [show(thrown, running)] }, mediaType);
    }
  }

  return {
    path,
    execute,
    subscribe,
    async fetch(request: Request, asker: RequestContext): Promise<Reply | Response> {
      const way = wayOf(request.method, request.headers.get("accept"));
      if (way === "page") return pageReply(await graphiQL.page());
      if (way === "refuse") return refused(request.method);
      if (lean && way !== "yoga" && request.method === "POST") return answer(request, asker, way);
      const response = await yoga.fetch(request, { ...asker });
      if (!response.headers.has("cache-control")) response.headers.set("cache-control", noCache);
      return response;
    },
    async prepare(payload: unknown, asker: RequestContext) {
      try {
        const { query, variables, operationName } = checkParams(payload, documentOf);
        checkDepth(variables);
        const document = documents.parse(query);
        const errors = documents.validate(document);
        if (errors.length > 0) return errors.map(withoutHint);
        return {
          schema,
          document,
          contextValue: { ...asker, ...contextOf(asker) },
          ...(variables ? { variableValues: variables } : {}),
          ...(operationName ? { operationName } : {}),
        };
      } catch (thrown) {
        throw show(thrown, asker);
      }
    },
  };
}

type Show = (error: unknown, running: Running, hasData?: boolean) => GraphQLError;

/** Bodies, limits, errors and caches are ours, so that all ways are alike; what Yoga has of its own for them is off. */
const yogaOptions = (path: string, log: Log) =>
  ({
    maskedErrors: {
      maskError: (error: unknown) =>
        error instanceof GraphQLError && !error.originalError
          ? error
          : clientError(error, "-", (fault) => logFault(log, fault, { requestId: "-", path })),
    },
    logging: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    maxRequestBodySize: false,
    parserAndValidationCache: false,
    multipart: false,
    batching: false,
    cors: false,
    graphiql: false,
    landingPage: false,
    fetchAPI: { Request, Response, Headers, ReadableStream, TextEncoder },
  }) as const;

interface PipelineParts {
  readonly documents: Documents;
  readonly documentOf: DocumentOf;
  readonly suggestions: boolean;
  readonly deadlineMs: number;
  readonly show: Show;
}

/** Our part of the pipeline that Yoga, the lean path and WebSockets share. */
function pipeline({ documents, documentOf, suggestions, deadlineMs, show }: PipelineParts): Plugin<Running> {
  const hidden = { hideSuggestions: true };
  const hinted = (args: ExecutionArgs): ExecutionArgs => (suggestions ? args : { ...args, ...hidden });
  const check = (args: {
    readonly document: DocumentNode;
    readonly operationName?: string | null | undefined;
    readonly variableValues?: Variables | null | undefined;
  }) => {
    const operation = operationOf(args.document, args.operationName);
    if (operation) documents.checkCost(args.document, operation, args.variableValues ?? {});
    return operation?.operation;
  };
  return {
    onRequestParse: ({ setRequestParser, serverContext }) => {
      setRequestParser(async (request) => {
        try {
          return { ...(await readParams(request, documentOf)) };
        } catch (thrown) {
          // Yoga's types forget the context that `fetch` was given.
          throw show(thrown, { ...(serverContext as unknown as Running), request });
        }
      });
    },
    onParse: ({ params, context, setParsedDocument }) => {
      const document = documents.parse(String(params.source));
      if (context.request) checkMethod(document, context.request, context.params?.operationName ?? undefined);
      setParsedDocument(document);
    },
    onValidate: ({ params, setResult }) => setResult(documents.validate(params.documentAST)),
    onExecute: ({ args, executeFn, setExecuteFn, setResultAndStopExecution }) => {
      const running: Running = args.contextValue;
      const late = async (): Promise<ExecutionResult> => ({ errors: [show(tooLate(deadlineMs), running)] });
      try {
        // A mutation is answered when its outcome is known.
        const reads = check(args) === "query";
        setExecuteFn((given) => {
          const result = executeFn(hinted(given));
          return reads && result instanceof Promise ? beforeDeadline(result, deadlineMs, late) : result;
        });
      } catch (thrown) {
        setResultAndStopExecution({ errors: [show(thrown, running)] });
        return undefined;
      }
      return {
        onExecuteDone: ({ result, setResult }) => (isExecutionResult(result) ? showErrors(result, setResult, running, show) : undefined),
      };
    },
    onSubscribe: ({ args, subscribeFn, setSubscribeFn, setResultAndStopExecution }) => {
      const running: Running = args.contextValue;
      try {
        check(args);
        setSubscribeFn((given) => subscribeFn(hinted(given)));
        if (running.request && !streams(running.request.headers.get("accept")))
          throw refusal("NOT_ACCEPTABLE", "Subscriptions are answered as text/event-stream, or over a WebSocket");
      } catch (thrown) {
        setResultAndStopExecution({ errors: [show(thrown, running)] });
        return undefined;
      }
      return {
        onSubscribeResult: ({ result, setResult }) => {
          if (isExecutionResult(result)) showErrors(result, setResult, running, show);
          return {
            onNext: (next) => (isExecutionResult(next.result) ? showErrors(next.result, next.setResult, running, show) : undefined),
          };
        },
      };
    },
  };
}

/** GET reads: it changes nothing, and opens no streams that another site's page could hold open. */
function checkMethod(document: DocumentNode, { method }: Request, operationName: string | undefined): void {
  const operation = operationOf(document, operationName);
  if (!operation)
    throw refusal(
      "BAD_REQUEST",
      operationName === undefined
        ? "The document has several operations: name one in operationName"
        : "The document has no operation of that name",
    );
  if (method === "GET" && operation.operation !== "query")
    throw refusal("METHOD_NOT_ALLOWED", `A ${operation.operation} must be sent by POST`, { headers: { Allow: "POST" } });
}

function showErrors(result: ExecutionResult, setResult: (result: ExecutionResult) => void, running: Running, show: Show): void {
  if (result.errors)
    setResult({ ...result, errors: result.errors.map((error) => show(error, running, "data" in result && result.data !== undefined)) });
}

/** As clients see it; hints for HTTP only where it is HTTP and there is no data beside the error. */
function shown(error: unknown, { requestId, request }: Running, hasData: boolean, report: (fault: SpecStarError) => void): GraphQLError {
  const made = clientError(error, requestId, report);
  return request && !hasData ? made : withoutHint(made);
}

const ignore = (): void => {};
const noCache = "private, no-cache";
function isExecutionResult(result: unknown): result is ExecutionResult {
  return typeof result === "object" && result !== null && !(Symbol.asyncIterator in result) && !Array.isArray(result);
}

/** The status of GraphQL over HTTP, as Yoga finds it: hints count where there is no data. */
function reply(result: ExecutionResult, mediaType: MediaType): Reply {
  const headers: Record<string, string> = { "content-type": `${mediaType}; charset=utf-8`, "cache-control": noCache };
  if (!result.errors) return { status: 200, headers, body: JSON.stringify(result) };
  let status = 200;
  for (const error of result.errors) {
    const hint = hintOf(error);
    for (const [name, value] of Object.entries(hint?.headers ?? {})) headers[name.toLowerCase()] = value;
    if (hint && !(hint.spec && mediaType === "application/json")) status = Math.max(status, hint.status);
  }
  return { status, headers, body: JSON.stringify({ ...result, errors: result.errors.map(withoutHint) }) };
}

function refused(method: string): Reply {
  const known = method === "GET" || method === "POST";
  const error = known
    ? refusal("NOT_ACCEPTABLE", `Answers are ${mediaTypes.join(", ")}, or text/event-stream`)
    : refusal("METHOD_NOT_ALLOWED", "GraphQL is asked by GET and POST", { headers: { Allow: "GET, POST" } });
  return reply({ errors: [error] }, "application/json");
}

const pageReply = (body: string): Reply => ({
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8", "cache-control": noCache, "content-security-policy": "frame-ancestors 'none'" },
  body,
});
