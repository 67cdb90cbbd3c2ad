import { isKnown } from "../precondition.ts";
import { notModified, readReply, revisionJson, revisionTag } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/revisions/{n}` */
export const revisionRoute: RouteTemplate = {
  name: "revision",
  apply: (_spec, routes) =>
    routes.add("GET", "/:id/revisions/:n", async ({ request, manager, id, revision, query }) => {
      query.end();
      const found = await manager.revision(id, { number: revision });
      const etag = revisionTag(found);
      return isKnown(request.headers.get("if-none-match"), etag) ? notModified(etag) : readReply(revisionJson(found), etag);
    }),
};
