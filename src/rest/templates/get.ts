import { empty, json, parameterRef } from "../openapi/operation.ts";
import { isKnown } from "../precondition.ts";
import { notModified, readReply, resourceTag } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}`: now, or as of an instant; 304 for who has it. */
export const getRoute: RouteTemplate = {
  name: "get",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id",
      async ({ request, manager, id, query }) => {
        const options = { includeDeleted: query.flag("includeDeleted"), asOf: query.text("asOf") };
        query.end();
        const resource = await manager.get(id, options);
        const etag = resourceTag(resource);
        return isKnown(request.headers.get("if-none-match"), etag) ? notModified(etag) : readReply(resource.json, etag);
      },
      {
        describe: () => ({
          summary: `Reads a resource of ${spec.name}`,
          parameters: [parameterRef("includeDeleted"), parameterRef("asOf"), parameterRef("If-None-Match")],
          responses: { 200: json("The resource", spec.names.type, "ETag"), 304: empty("The client has it", "ETag") },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};
