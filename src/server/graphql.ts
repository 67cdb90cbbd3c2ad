import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  execute as reference,
} from "graphql";
import { createYoga, type Plugin } from "graphql-yoga";
import type { GraphQLContext } from "../../schema/context.ts";
import { Documents, operationOf } from "../../schema/documents.ts";
import { exampleOperations } from "../../schema/example-operations.ts";
import { type Execute, executor } from "../../schema/execution/execute.ts";
import { clientError, refusal, withoutHint } from "../../schema/graphql-error.ts";
import { defaultGraphQLLimits, type GraphQLLimits } from "../../schema/limits.ts";
import { PersistedOperations, type PersistedOptions } from "../../schema/persisted-operations.ts";
import { SharedExecutions } from "../../schema/shared-executions.ts";
import type { SpecStarError } from "../errors.ts";
import { beforeDeadline, defaultDeadlineMs, tooLate } from "../rest/deadline.ts";
import { logFault } from "../rest/problem.ts";
import type { Reply } from "../rest/reply.ts";
import { GraphiQL } from "./graphiql.ts";
import { type MediaType, streams, wayOf } from "./graphql-media-type.ts";
import { checkDepth, checkParams, type DocumentOf, type GraphQLParams, readParams } from "./graphql-params.ts";
import { noCache, pageReply, refused, reply } from "./graphql-reply.ts";
import { untilLapse } from "./lapse-watch.ts";
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
  /** False sends everything through Yoga, and executes it as the reference implementation does: for the tests that both answer alike. */
  readonly lean?: boolean | undefined;
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
  const run = runner({ documents, execute: lean ? executor() : reference, suggestions, deadlineMs, show });
  const subscribe = subscriber({ documents, suggestions, show });
  const yoga = createYoga<Running>({
    ...yogaOptions(path, log),
    schema,
    graphqlEndpoint: path,
    plugins: [pipeline({ documents, documentOf, run, subscribe, show })],
    context: contextOf,
  });
  const graphiQL = new GraphiQL(path, () => exampleOperations(schema));

  /** What parameters ask for, or GraphQL's findings about it. */
  function argsOf({ query, variables, operationName }: GraphQLParams, running: Running): ExecutionArgs | readonly GraphQLError[] {
    const document = documents.parse(query);
    if (running.request) checkMethod(document, running.request, operationName);
    const errors = documents.validate(document);
    if (errors.length > 0) return errors;
    return {
      schema,
      document,
      contextValue: { ...running, ...contextOf(running) },
      ...(variables ? { variableValues: variables } : {}),
      ...(operationName ? { operationName } : {}),
    };
  }

  async function answer(request: Request, asker: RequestContext, mediaType: MediaType): Promise<Reply> {
    const running: Running = { ...asker, request };
    try {
      const params = await readParams(request, documentOf);
      const args = argsOf(params, { ...running, params });
      if (!("document" in args)) return reply({ errors: args }, mediaType);
      return reply(await run(args), mediaType);
    } catch (thrown) {
      return reply({ errors: [show(thrown, running)] }, mediaType);
    }
  }

  return {
    path,
    execute: async (args) => run(args),
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
        const params = checkParams(payload, documentOf);
        checkDepth(params.variables);
        const args = argsOf(params, { ...asker });
        return "document" in args ? args : args.map(withoutHint);
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
  readonly run: Execute;
  readonly subscribe: Run;
  readonly show: Show;
}

/** Our part of Yoga's pipeline. */
function pipeline({ documents, documentOf, run, subscribe, show }: PipelineParts): Plugin<Running> {
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
    onExecute: ({ setExecuteFn }) => setExecuteFn(run),
    onSubscribe: ({ args, setSubscribeFn, setResultAndStopExecution }) => {
      const running: Running = args.contextValue;
      if (!running.request || streams(running.request.headers.get("accept"))) setSubscribeFn(subscribe);
      else setResultAndStopExecution({ errors: [show(notAStream(), running)] });
    },
  };
}

const hidden = { hideSuggestions: true };

const notAStream = (): GraphQLError => refusal("NOT_ACCEPTABLE", "Subscriptions are answered as text/event-stream, or over a WebSocket");

interface RunnerParts {
  readonly documents: Documents;
  readonly execute: Execute;
  readonly suggestions: boolean;
  readonly deadlineMs: number;
  readonly show: Show;
}

/** Runs queries and mutations, whatever they came by: cost → execution, for queries until the deadline → errors as clients see them. */
function runner({ documents, execute, suggestions, deadlineMs, show }: RunnerParts): Execute {
  return (given) => {
    const args = suggestions ? given : { ...given, ...hidden };
    // Both ways put it there.
    const running = args.contextValue as Running;
    const late = async (): Promise<ExecutionResult> => ({ errors: [show(tooLate(deadlineMs), running)] });
    const shownAll = (result: ExecutionResult): ExecutionResult => shownResult(result, running, show);
    try {
      const kind = documents.checkCost(args);
      if (kind === "subscription") throw notAStream();
      const result = execute(args);
      if (!(result instanceof Promise)) return shownAll(result);
      // A mutation is answered when its outcome is known.
      return (kind === "query" ? beforeDeadline(result, deadlineMs, late) : result).then(shownAll);
    } catch (thrown) {
      return { errors: [show(thrown, running)] };
    }
  };
}

/** Runs subscriptions, whatever they came by: cost → events, each executed once for all who are told the same. */
function subscriber({ documents, suggestions, show }: Omit<RunnerParts, "execute" | "deadlineMs">): Run {
  const shared = new SharedExecutions((result, contextValue) => {
    // Without the request: events carry no hints for HTTP.
    const { requestId, actor } = contextValue as Running;
    return shownResult(result, { requestId, actor }, show);
  });
  return async (given) => {
    const args = suggestions ? given : { ...given, ...hidden };
    const running = args.contextValue as Running;
    try {
      documents.checkCost(args);
      const result = await shared.subscribe(args);
      if (isExecutionResult(result)) return shownResult(result, running, show);
      // A WebSocket is closed as a whole.
      if (!running.onLapse || !running.request) return result;
      return untilLapse(result[Symbol.asyncIterator](), running.onLapse, (reason) => ({ errors: [withoutHint(show(reason, running))] }));
    } catch (thrown) {
      return { errors: [show(thrown, running)] };
    }
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

function shownResult(result: ExecutionResult, running: Running, show: Show): ExecutionResult {
  const { errors, data } = result;
  return errors ? { ...result, errors: errors.map((error) => show(error, running, data !== undefined)) } : result;
}

/** As clients see it; hints for HTTP only where it is HTTP and there is no data beside the error. */
function shown(error: unknown, { requestId, request }: Running, hasData: boolean, report: (fault: SpecStarError) => void): GraphQLError {
  const made = clientError(error, requestId, report);
  return request && !hasData ? made : withoutHint(made);
}

const ignore = (): void => {};
function isExecutionResult(result: unknown): result is ExecutionResult {
  return typeof result === "object" && result !== null && !(Symbol.asyncIterator in result) && !Array.isArray(result);
}
