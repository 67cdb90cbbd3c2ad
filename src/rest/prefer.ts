import type { Reply, StreamReply } from "./reply.ts";

/** The header as a list of preferences (RFC 7240): of two for one thing the first counts, and what is not known is passed over. */
function returnPreference(header: string): string | undefined {
  for (const preference of header.split(",")) {
    const [, value] = /^\s*return\s*=\s*"?([a-z-]+)"?\s*(?:;|$)/i.exec(preference) ?? [];
    if (value !== undefined) return value.toLowerCase();
  }
  return undefined;
}

/** What a write answers to who prefers `return=minimal`: headers alone, 204 where it would have been 200. */
export function preferred(request: Request, reply: Reply | StreamReply): Reply | StreamReply {
  const header = request.headers.get("prefer");
  if (header === null || "stream" in reply || reply.written !== true) return reply;
  const preference = returnPreference(header);
  if (preference !== "minimal" && preference !== "representation") return reply;
  const headers: Record<string, string> = { ...reply.headers, "preference-applied": `return=${preference}` };
  if (preference === "representation") return { ...reply, headers };
  const { "content-type": _, ...bare } = headers;
  return { status: reply.status === 201 ? 201 : 204, headers: bare, body: null };
}
