import { empty, json, parameterRef, shownParameters } from "../openapi/operation.ts";
import { knownTag } from "../precondition.ts";
import { notModified, readReply, resourceTag } from "../reply.ts";
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
        const { request, manager, id, query } = call;
        const options = { includeDeleted: query.flag("includeDeleted"), asOf: query.text("asOf") };
        const shown = new Representation(call, shownOf(query), options.asOf);
        query.end();
        const resource = await manager.get(id, options);
        const etag = shown.tag(resourceTag(resource));
        const known = knownTag(request.headers.get("if-none-match"), etag);
        if (known !== undefined) return notModified(known);
        const [text = ""] = await shown.texts([resource]);
        return readReply(text, etag);
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
