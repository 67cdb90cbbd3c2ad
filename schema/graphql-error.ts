import { GraphQLError } from "graphql";
import { type ErrorCode, httpStatus, toSpecStarError } from "../src/errors.ts";

/** `spec`: with `Accept: application/json` a well-formed request is answered 200 all the same (GraphQL over HTTP). */
export interface HttpHint {
  readonly status: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of the GraphQL layer itself: refused before anything was executed. */
export function refusal(code: ErrorCode, message: string, hint: Partial<HttpHint> = {}): GraphQLError {
  return new GraphQLError(message, { extensions: { code, http: { status: httpStatus(code), ...hint } } });
}

/**
 * What clients see of an error that execution met: the codes of the closed table, GraphQL's own findings as BAD_REQUEST, and
 * anything else as a masked INTERNAL with the request id. `unexpected` is told about those.
 */
export function clientError(error: unknown, requestId: string, unexpected: (error: unknown) => void): GraphQLError {
  if (error instanceof GraphQLError && error.originalError instanceof GraphQLError) return clientError(error.originalError, requestId, unexpected);
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  const cause = error instanceof GraphQLError ? error.originalError : error;
  if (error instanceof GraphQLError && cause === undefined) {
    return error.extensions["code"] === undefined ? new GraphQLError(error.message, { ...place, extensions: { ...error.extensions, code: "BAD_REQUEST" } }) : error;
  }
  const { code, message, details } = toSpecStarError(cause);
  if (httpStatus(code) >= httpStatus("INTERNAL")) unexpected(cause);
  return new GraphQLError(message, { ...place, extensions: { code, ...details, ...(code === "INTERNAL" ? { requestId } : {}) } });
}

function placeOf({ nodes, path }: GraphQLError) {
  return { ...(nodes ? { nodes } : {}), ...(path ? { path } : {}) };
}
