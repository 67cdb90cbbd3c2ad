import { docsFiles } from "../docs-files.ts";
import { empty, parameterRef } from "../openapi/operation.ts";
import { knownTag } from "../precondition.ts";
import { notModified, readReply } from "../reply.ts";
import type { RootTemplate } from "../route-template.ts";

/** `GET /docs`: a page for people that shows the document of `/openapi.json` and calls its routes; all that it loads is here. */
export const docsRoute: RootTemplate = {
  name: "docs",
  applyRoot: (routes) => {
    for (const [name, { path, type, read, description }] of Object.entries(docsFiles)) {
      routes.add(
        "GET",
        path,
        async ({ request, query, openapi }) => {
          query.end();
          const { body, etag } = await read();
          const known = knownTag(request.headers.get("if-none-match"), etag);
          if (known !== undefined) return notModified(known);
          const reply = readReply(body, etag);
          reply.headers["content-type"] = type;
          if (type.startsWith("text/html")) reply.headers["content-security-policy"] = policy(openapi.document.servers);
          return reply;
        },
        {
          anyType: true,
          describe: () => ({
            operationId: name,
            summary: description,
            parameters: [parameterRef("If-None-Match")],
            responses: {
              200: { ...empty(description, "ETag"), content: { [type]: { schema: { type: "string" } } } },
              304: empty("The client has it", "ETag"),
            },
          }),
        },
      );
    }
  },
};

/** Programs are ours alone; what the page may call are the servers of the document. */
function policy(servers: unknown): string {
  const urls = Array.isArray(servers) ? servers.map((server: unknown) => String(Object(server).url)) : [];
  const origins = urls.filter((url) => /^https?:\/\/[\w.:[\]-]+(\/|$)/i.test(url)).map((url) => new URL(url).origin);
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    ["connect-src 'self'", ...new Set(origins)].join(" "),
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}
