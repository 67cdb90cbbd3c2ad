import { type ASTNode, GraphQLError } from "graphql";
import { type ErrorCode, httpStatus, isFault, retryAfter, type SpecStarError, toSpecStarError } from "../src/errors.ts";

/**
 * For answers over HTTP that hold no data, in `extensions.http`; taken off before anything is sent. `spec`: with
 * `Accept: application/json` a well-formed request is answered 200 all the same.
 */
export interface HttpHint {
  readonly status: number;
  readonly spec?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An error of the GraphQL layer itself: refused before anything was executed. `at`: the part of the document that it is about. */
export function refusal(code: ErrorCode, message: string, hint: Partial<HttpHint> = {}, at?: ASTNode): GraphQLError {
  return new GraphQLError(message, { ...(at ? { nodes: at } : {}), extensions: { code, http: { status: httpStatus(code), ...hint } } });
}

/** The one code outside of our table: clients of Apollo's protocol know it, and answer by sending the document. */
export const persistedQueryNotFound = (): GraphQLError =>
  new GraphQLError("PersistedQueryNotFound", {
    extensions: { code: "PERSISTED_QUERY_NOT_FOUND", http: { status: httpStatus("BAD_REQUEST"), spec: true } },
  });

/** GraphQL's own messages show what they found, however long it is. */
const longestMessage = 1000;

/** What GraphQL itself found in a well-formed request. */
export function finding(error: GraphQLError): GraphQLError {
  const { message } = error;
  return new GraphQLError(message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message, {
    ...placeOf(error),
    extensions: { code: "BAD_REQUEST", http: { status: httpStatus("BAD_REQUEST"), spec: true } },
  });
}

/**
 * What clients see of an error: codes of the closed table as they are, GraphQL's own findings as BAD_REQUEST, anything else
 * as a masked INTERNAL with the request id. `report` hears of what is not the client's fault.
 */
export function clientError(error: unknown, requestId: string, report: (error: SpecStarError) => void): GraphQLError {
  const thrown = rootOf(error);
  // GraphQL's own, such as what is wrong with a variable: only the outermost error names the variable and the place.
  if (thrown instanceof GraphQLError && error instanceof GraphQLError) return isFinding(error) ? finding(error) : error;
  const made = toSpecStarError(thrown);
  const { code, message, details } = made;
  if (isFault(code)) report(made);
  const seconds = retryAfter(made);
  const http = { status: httpStatus(code), ...(seconds === undefined ? {} : { headers: { "Retry-After": String(seconds) } }) };
  const extensions = { code, ...details, ...(code === "INTERNAL" ? { requestId } : {}), http };
  return new GraphQLError(message, { ...(error instanceof GraphQLError ? placeOf(error) : {}), extensions });
}

/** Variables that a subscription cannot take have a code from the executor, others have none. */
const isFinding = ({ extensions: { code } }: GraphQLError): boolean => code === undefined || code === "BAD_USER_INPUT";

/** What was thrown, below all that GraphQL has wrapped around it. */
const rootOf = (error: unknown): unknown => (error instanceof GraphQLError && error.originalError ? rootOf(error.originalError) : error);

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
