import { json, objectOf, schemaRef } from "../openapi/operation.ts";
import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/referrers`: what refers to a resource, in groups by spec and field. */
export const referrersRoute: RouteTemplate = {
  name: "referrers",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/referrers",
      async ({ manager, id, query }) => {
        query.end();
        return readReply(JSON.stringify({ items: await manager.referrers(id) }));
      },
      {
        describe: () => ({
          summary: `Lists what refers to a resource of ${spec.name}`,
          responses: { 200: json("By spec and field", objectOf({ items: { type: "array", items: schemaRef("ReferrerGroup") } })) },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};
