import { empty, json, objectOf, parameterRef } from "../openapi/operation.ts";
import { knownTag } from "../precondition.ts";
import { notModified, readReply } from "../reply.ts";
import type { RootTemplate } from "../route-template.ts";

const openApiSchema = objectOf({
  openapi: { type: "string" },
  info: { type: "object" },
  paths: { type: "object" },
  components: { type: "object" },
});

/** `GET /openapi.json`: all routes as OpenAPI 3.1. */
export const openapiRoute: RootTemplate = {
  name: "openapi",
  applyRoot: (routes) =>
    routes.add(
      "GET",
      "/openapi.json",
      async ({ request, query, openapi }) => {
        query.end();
        const { body, etag } = openapi.text;
        const known = knownTag(request.headers.get("if-none-match"), etag);
        return known === undefined ? readReply(body, etag) : notModified(known);
      },
      {
        describe: () => ({
          summary: "This document",
          parameters: [parameterRef("If-None-Match")],
          responses: {
            200: json("OpenAPI 3.1", openApiSchema, "ETag"),
            304: empty("The client has it", "ETag"),
          },
        }),
      },
    ),
};
