import { refuseCrossSite } from "../media-type.ts";
import { bodilessProblems, json, minimalResponse, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/{id}/restore` */
export const restoreRoute: RouteTemplate = {
  name: "restore",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/:id/restore",
      async ({ request, foreign, manager, id, query }) => {
        query.end();
        refuseCrossSite(request, foreign);
        return writtenReply(await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.restore(id, { ifVersion })));
      },
      {
        describe: () => ({
          summary: `Takes back that a resource of ${spec.name} was deleted`,
          parameters: [parameterRef("Prefer"), parameterRef("If-Match")],
          responses: { 200: json("The resource after it", spec.names.type, "ETag"), ...minimalResponse },
          problems: bodilessProblems,
        }),
      },
    ),
};
