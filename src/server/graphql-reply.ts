import type { ExecutionResult } from "../../schema/execution/execute.ts";
import { hintOf, refusal, withoutHint } from "../../schema/graphql-error.ts";
import type { Reply } from "../rest/reply.ts";
import { type MediaType, mediaTypes } from "./graphql-media-type.ts";

export const noCache = "private, no-cache";

/** The status of GraphQL over HTTP, as Yoga finds it: hints count where there is no data. */
export function reply(result: ExecutionResult, mediaType: MediaType): Reply {
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

export function refused(method: string): Reply {
  const known = method === "GET" || method === "POST";
  const error = known
    ? refusal("NOT_ACCEPTABLE", `Answers are ${mediaTypes.join(", ")}, or text/event-stream`)
    : refusal("METHOD_NOT_ALLOWED", "GraphQL is asked by GET and POST", { headers: { Allow: "GET, POST" } });
  return reply({ errors: [error] }, "application/json");
}

export const pageReply = (body: string): Reply => ({
  status: 200,
  headers: { "content-type": "text/html; charset=utf-8", "cache-control": noCache, "content-security-policy": "frame-ancestors 'none'" },
  body,
});
