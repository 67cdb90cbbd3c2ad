import { GraphQLError } from "graphql";
import { type ErrorCode, httpStatus, toSpecStarError } from "../src/errors.ts";

/**
 * For answers over HTTP that hold no data, in `extensions.http`; taken off before anything is sent. `spec`: with
 * `Accept: application/json` a well-formed request is answered 200 all the same.
 */
export interface HttpHint {
  readonly status: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of the GraphQL layer itself: refused before anything was executed. */
export function refusal(code: ErrorCode, message: string, hint: Partial<HttpHint> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: httpStatus(code), ...hint } } });
}

/** What GraphQL itself found in a well-formed request. */
export function finding(error: GraphQLError): GraphQLError {
  return new GraphQLError(error.message, {
    ...placeOf(error),
    extensions: { code: "BAD_REQUEST", http: { status: httpStatus("BAD_REQUEST"), spec: true } },
  });
}

/**
 * What clients see of an error: codes of the closed table as they are, GraphQL's own findings as BAD_REQUEST, anything else
 * as a masked INTERNAL with the request id. `report` hears of those, and of damaged data.
 */
export function clientError(error: unknown, requestId: string, report: (error: unknown) => void): GraphQLError {
  if (error instanceof GraphQLError && error.originalError instanceof GraphQLError)
    return clientError(error.originalError, requestId, report);
  if (error instanceof GraphQLError && !error.originalError) return error.extensions.code === undefined ? finding(error) : error;
  const thrown = error instanceof GraphQLError ? error.originalError : error;
  const { code, message, details } = toSpecStarError(thrown);
  if (code === "INTERNAL" || code === "DATA_CORRUPTION") report(thrown);
  const extensions = { code, ...details, ...(code === "INTERNAL" ? { requestId } : {}), http: { status: httpStatus(code) } };
  return new GraphQLError(message, { ...(error instanceof GraphQLError ? placeOf(error) : {}), extensions });
}

export const hintOf = (error: GraphQLError): HttpHint | undefined => error.extensions.http as HttpHint | undefined;

export function withoutHint(error: GraphQLError): GraphQLError {
  if (!hintOf(error)) return error;
  const { http: _, ...extensions } = error.extensions;
  return new GraphQLError(error.message, { ...placeOf(error), extensions });
}

/** Where in the document and in the answer. */
function placeOf({ nodes, source, positions, path }: GraphQLError) {
  return { ...(nodes ? { nodes } : {}), ...(source ? { source } : {}), ...(positions ? { positions } : {}), ...(path ? { path } : {}) };
}
