import { linkHeader } from "../link-header.ts";
import { json, pageParameters } from "../openapi/operation.ts";
import { pageJson, readReply, revisionJson } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { pageArgsOf } from "../search-args.ts";

/** `GET /articles/{id}/revisions`: a page of the history, oldest first; also of deleted resources. */
export const revisionsRoute: RouteTemplate = {
  name: "revisions",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/revisions",
      async ({ manager, path, search, id, query }) => {
        const args = pageArgsOf(query);
        query.end();
        const page = await manager.revisions(id, args);
        const { pageInfo } = page;
        const reply = readReply(pageJson(page, pageInfo, revisionJson));
        const link = linkHeader(path, search, args, pageInfo);
        if (link !== undefined) reply.headers.link = link;
        return reply;
      },
      {
        describe: () => ({
          summary: `Lists the revisions of a resource of ${spec.name}`,
          description: "Oldest first; also of what is deleted.",
          parameters: pageParameters,
          responses: { 200: json("A page", `${spec.names.type}RevisionPage`, "Link") },
          problems: ["NOT_FOUND"],
        }),
      },
    ),
};
