import { errorTitle, httpStatus, isFault, retryAfter, type SpecStarError, toSpecStarError } from "../errors.ts";
import { patchTypes } from "./media-type.ts";
import type { Reply } from "./reply.ts";

/** What a problem says of the request that it answers. */
export interface Failed {
  readonly requestId: string;
  readonly method: string;
  readonly path: string;
}

/** A logger that hears of failures which are ours and not the client's. */
export interface FailureLog {
  error(fields: object, message: string): void;
}

/** One line for what is not the client's fault. Of a masked error the cause is what counts. */
export function logFault(log: FailureLog, error: SpecStarError, { requestId, path }: Pick<Failed, "requestId" | "path">): void {
  const { code, cause } = error;
  log.error({ requestId, path, code, err: code === "INTERNAL" ? (cause ?? error) : error }, "request failed");
}

/** The one way from anything thrown to an answer: RFC 9457 problem details with `code`. What is unknown is masked. */
export function problem(thrown: unknown, { requestId, method, path }: Failed, log: FailureLog): Reply {
  const error = toSpecStarError(thrown);
  const { code, details } = error;
  if (isFault(code)) logFault(log, error, { requestId, path });
  const status = httpStatus(code);
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  const seconds = retryAfter(error);
  if (seconds !== undefined) headers["retry-after"] = String(seconds);
  if (code === "RANGE_NOT_SATISFIABLE" && details.size !== undefined) headers["content-range"] = `bytes */${details.size}`;
  if (details.allow) headers.allow = details.allow.join(", ");
  if (code === "UNSUPPORTED_MEDIA_TYPE" && method === "PATCH") headers["accept-patch"] = patchTypes.join(", ");
  if (code === "UNAUTHENTICATED") headers["www-authenticate"] = challenge(details.reason);
  return { status, headers, body: JSON.stringify(problemDetails(error, { requestId, path })) };
}

/** https://www.rfc-editor.org/rfc/rfc6750#section-3: who sent nothing is told of no error. */
const challenge = (reason: string | undefined): string => (reason === "invalid_credentials" ? 'Bearer error="invalid_token"' : "Bearer");

/** The body of a problem. */
export function problemDetails({ code, message, details }: SpecStarError, { requestId, path }: Pick<Failed, "requestId" | "path">): object {
  return {
    type: `urn:specstar:error:${code}`,
    title: errorTitle(code),
    status: httpStatus(code),
    detail: message,
    instance: path.slice(0, 256),
    code,
    requestId,
    ...details,
  };
}
