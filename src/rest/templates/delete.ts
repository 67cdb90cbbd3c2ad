import { ifMatch } from "../precondition.ts";
import { resourceTag } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `DELETE /articles/{id}`: marks as deleted; 204 with the tag that a restore can name. */
export const deleteRoute: RouteTemplate = {
  name: "delete",
  apply: (_spec, routes) =>
    routes.add("DELETE", "/:id", async ({ request, manager, id, query }) => {
      query.end();
      const deleted = await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.delete(id, { ifVersion }));
      return { status: 204, headers: { etag: resourceTag(deleted) }, body: null };
    }),
};
