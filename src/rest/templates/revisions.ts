import { orLines, pageParameters, parameterRef } from "../openapi/operation.ts";
import { pageReply } from "../page-reply.ts";
import { RevisionRepresentation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";
import { pageArgsOf } from "../search-args.ts";

/** `GET /articles/{id}/revisions`: a page of the history, oldest first; also of deleted resources. */
export const revisionsRoute: RouteTemplate = {
  name: "revisions",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/revisions",
      async (call) => {
        const { manager, id, query } = call;
        const args = pageArgsOf(query);
        const shown = new RevisionRepresentation(call, { fields: query.list("fields") });
        query.end();
        return pageReply(call, { args, read: (page) => manager.revisions(id, page), texts: (items) => shown.texts(items) });
      },
      {
        lines: true,
        describe: () => ({
          summary: `Lists the revisions of a resource of ${spec.name}`,
          description: "Oldest first; also of what is deleted.",
          parameters: [parameterRef("fields"), ...pageParameters],
          responses: { 200: orLines("A page", `${spec.names.type}RevisionPage`, "Link") },
          problems: ["NOT_FOUND"],
        }),
      },
    ),
};
