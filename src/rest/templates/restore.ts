import { refuseCrossSite } from "../media-type.ts";
import { ifMatch } from "../precondition.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/{id}/restore` */
export const restoreRoute: RouteTemplate = {
  name: "restore",
  apply: (_spec, routes) =>
    routes.add("POST", "/:id/restore", async ({ request, foreign, manager, id, query }) => {
      query.end();
      refuseCrossSite(request, foreign);
      return writtenReply(await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.restore(id, { ifVersion })));
    }),
};
