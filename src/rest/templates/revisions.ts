import { linkHeader } from "../link-header.ts";
import { pageJson, readReply, revisionJson } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { pageArgsOf } from "../search-args.ts";

/** `GET /articles/{id}/revisions`: a page of the history, oldest first; also of deleted resources. */
export const revisionsRoute: RouteTemplate = {
  name: "revisions",
  apply: (_spec, routes) =>
    routes.add("GET", "/:id/revisions", async ({ manager, path, search, id, query }) => {
      const args = pageArgsOf(query);
      query.end();
      const page = await manager.revisions(id, args);
      const { pageInfo } = page;
      const reply = readReply(pageJson(page, pageInfo, revisionJson));
      const link = linkHeader(path, search, args, pageInfo);
      if (link !== undefined) reply.headers.link = link;
      return reply;
    }),
};
