import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/referrers`: what refers to a resource, in groups by spec and field. */
export const referrersRoute: RouteTemplate = {
  name: "referrers",
  apply: (_spec, routes) =>
    routes.add("GET", "/:id/referrers", async ({ manager, id, query }) => {
      query.end();
      return readReply(JSON.stringify({ items: await manager.referrers(id) }));
    }),
};
