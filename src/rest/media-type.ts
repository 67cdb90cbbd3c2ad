import { parseAccept } from "hono/utils/accept";
import { fail } from "../errors.ts";

export const jsonPatchType = "application/json-patch+json";
export const patchTypes = [jsonPatchType, "application/merge-patch+json"];

const jsonType = "application/json";
/** One JSON text a line. */
export const linesType = "application/x-ndjson";

const zeroWeight = /;\s*q=0(?:\.0{0,3})?\s*(?:;|$)/i;

/** Whether the client asks for server-sent events by name. */
export const takesEvents = (accept: string | null): boolean =>
  accept?.split(",").some((range) => /^\s*text\/event-stream\s*(?:;|$)/i.test(range) && !zeroWeight.test(range)) ?? false;

/** How well a media range fits a type: 3 by name, 2 by its first half, 1 for `*` and `/*`; 0 where it does not. */
function fitOf(range: string, type: string): number {
  const name = range.toLowerCase();
  // Who takes nothing but problems is answered JSON where there is none.
  if (name === type || (name === "application/problem+json" && type === jsonType)) return 3;
  return name === `${type.split("/", 1)[0]}/*` ? 2 : name === "*/*" ? 1 : 0;
}

/**
 * The type that a client likes best (RFC 9110 §12.5.1): the weight of a type is that of the range that names it most closely;
 * of types that weigh the same the one that is named more closely, then JSON.
 *
 * @param others that the route answers besides JSON
 * @returns undefined where it likes none of them
 */
export function preferredType(accept: string | null, others: readonly string[] = []): string | undefined {
  if (accept === null || accept === "" || accept === "*/*" || accept === jsonType) return jsonType;
  const ranges = parseAccept(accept);
  const [best] = [jsonType, ...others]
    .map((type) => {
      const fits = ranges.map((range) => ({ q: range.q, fit: fitOf(range.type, type) })).filter(({ fit }) => fit > 0);
      const [closest] = fits.toSorted((a, b) => b.fit - a.fit);
      return { type, q: closest?.q ?? 0, fit: closest?.fit ?? 0 };
    })
    .filter(({ q }) => q > 0)
    .toSorted((a, b) => b.q - a.q || b.fit - a.fit);
  return best?.type;
}

/** @throws NOT_ACCEPTABLE where the client wants none of what there is */
export function checkAccept(accept: string | null, others: readonly string[]): void {
  if (preferredType(accept, others) === undefined)
    throw fail("NOT_ACCEPTABLE", `Answers are ${[jsonType, ...others].join(" or ")}, and application/problem+json for errors`);
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
 * @param foreign whether a page of another site sent it, and none that `cors` names
 * @throws UNSUPPORTED_MEDIA_TYPE, FORBIDDEN
 */
export function refuseCrossSite({ headers }: Request, foreign: boolean): void {
  if (foreign) throw fail("FORBIDDEN", "Pages of other sites may not write");
  if (headers.get("content-type") !== null) bodyType(headers, ["application/json"]);
}
