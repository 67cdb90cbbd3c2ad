import { fail } from "../errors.ts";

export const jsonPatchType = "application/json-patch+json";
export const patchTypes = [jsonPatchType, "application/merge-patch+json"];

/** A media range of an Accept header that JSON is in, unless its weight is 0. */
const jsonRange = /^\s*(?:\*\/\*|application\/(?:\*|json|problem\+json))\s*(?:;|$)/i;
const zeroWeight = /;\s*q=0(?:\.0{0,3})?\s*(?:;|$)/i;

/** Whether the client asks for server-sent events by name. */
export const takesEvents = (accept: string | null): boolean =>
  accept?.split(",").some((range) => /^\s*text\/event-stream\s*(?:;|$)/i.test(range) && !zeroWeight.test(range)) ?? false;

/** @throws NOT_ACCEPTABLE where the client wants no JSON */
export function checkAccept(accept: string | null): void {
  if (accept === null || accept === "" || accept === "*/*" || accept === "application/json") return;
  if (accept.split(",").some((range) => jsonRange.test(range) && !zeroWeight.test(range))) return;
  throw fail("NOT_ACCEPTABLE", "Answers are application/json, and application/problem+json for errors");
}

/**
 * The media type of a request body, if it is one of `allowed`.
 * @throws UNSUPPORTED_MEDIA_TYPE for another type, a charset other than UTF-8, and compressed bodies
 */
export function bodyType(headers: Headers, allowed: readonly string[]): string {
  const [type = "", ...parameters] = (headers.get("content-type") ?? "").split(";");
  const name = type.trim().toLowerCase();
  if (!allowed.includes(name))
    throw fail("UNSUPPORTED_MEDIA_TYPE", `Send the body as ${allowed.join(" or ")}, with a Content-Type that says so`);
  for (const parameter of parameters) {
    const charset = /^\s*charset\s*=\s*"?([^"]*?)"?\s*$/i.exec(parameter)?.[1]?.toLowerCase();
    if (charset !== undefined && charset !== "utf-8" && charset !== "utf8") throw fail("UNSUPPORTED_MEDIA_TYPE", "The body must be UTF-8");
  }
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity")
    throw fail("UNSUPPORTED_MEDIA_TYPE", "Compressed request bodies are not read: leave out Content-Encoding");
  return name;
}

/**
 * A write without a body is something that a page of another site could send with the user's cookies: forms and scripts are
 * let through only from where they may also send JSON.
 * @throws UNSUPPORTED_MEDIA_TYPE, FORBIDDEN
 */
export function refuseCrossSite(headers: Headers): void {
  if (headers.get("sec-fetch-site") === "cross-site") throw fail("FORBIDDEN", "Pages of other sites may not write");
  if (headers.get("content-type") !== null) bodyType(headers, ["application/json"]);
}
