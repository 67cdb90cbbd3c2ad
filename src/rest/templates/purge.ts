import { refuseCrossSite } from "../media-type.ts";
import { bodilessProblems, json, objectOf, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/{id}/purge`: answers the id, which stays reserved. */
export const purgeRoute: RouteTemplate = {
  name: "purge",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/:id/purge",
      async ({ request, foreign, manager, id, query }) => {
        query.end();
        refuseCrossSite(request, foreign);
        const purged = await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.purge(id, { ifVersion }));
        return {
          status: 200,
          headers: { "content-type": "application/json", "cache-control": "no-store" },
          body: JSON.stringify({ id: purged.id }),
        };
      },
      {
        describe: () => ({
          summary: `Removes a resource of ${spec.name} with all its revisions`,
          parameters: [parameterRef("If-Match")],
          responses: { 200: json("Gone for good; the id stays reserved", objectOf({ id: { type: "string" } })) },
          problems: bodilessProblems,
        }),
      },
    ),
};
