import { errorTitle, httpStatus, toSpecStarError } from "../errors.ts";
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

/** The one way from anything thrown to an answer: RFC 9457 problem details with `code`. What is unknown is masked and logged. */
export function problem(thrown: unknown, { requestId, method, path }: Failed, log: FailureLog): Reply {
  const error = toSpecStarError(thrown);
  const { code, message, details } = error;
  if (code === "INTERNAL" || code === "DATA_CORRUPTION") log.error({ requestId, path, code, err: error.cause ?? error }, "request failed");
  const status = httpStatus(code);
  const headers: Record<string, string> = { "content-type": "application/problem+json", "cache-control": "no-store" };
  if (details.retryAfter !== undefined) headers["retry-after"] = String(Math.ceil(details.retryAfter));
  if (details.allow) headers.allow = details.allow.join(", ");
  if (code === "UNSUPPORTED_MEDIA_TYPE" && method === "PATCH") headers["accept-patch"] = patchTypes.join(", ");
  if (code === "UNAUTHENTICATED") headers["www-authenticate"] = "Bearer";
  const body = {
    type: `urn:specstar:error:${code}`,
    title: errorTitle(code),
    status,
    detail: message,
    instance: path.slice(0, 256),
    code,
    requestId,
    ...details,
  };
  return { status, headers, body: JSON.stringify(body) };
}
