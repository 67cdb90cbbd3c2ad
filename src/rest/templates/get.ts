import { empty, json, parameterRef, shownParameters } from "../openapi/operation.ts";
import { itemReply } from "../page-reply.ts";
import { resourceTag } from "../reply.ts";
import { Representation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";
import { shownOf } from "../search-args.ts";

/** `GET /articles/{id}`: now, or as of an instant; 304 for who has it. */
export const getRoute: RouteTemplate = {
  name: "get",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id",
      async (call) => {
        const { manager, id, query } = call;
        const options = { includeDeleted: query.flag("includeDeleted"), asOf: query.text("asOf") };
        const shown = new Representation(call, shownOf(query), options.asOf);
        query.end();
        const resource = await manager.get(id, options);
        return itemReply(call, shown, resource, resourceTag(resource));
      },
      {
        describe: () => ({
          summary: `Reads a resource of ${spec.name}`,
          parameters: [...shownParameters, ...["includeDeleted", "asOf", "If-None-Match"].map(parameterRef)],
          responses: { 200: json("The resource", spec.names.type, "ETag"), 304: empty("The client has it", "ETag") },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};
