import { refuseCrossSite } from "../media-type.ts";
import { bodilessProblems, json, minimalResponse, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/{id}/switch/{n}`: makes revision n the current one. */
export const switchRoute: RouteTemplate = {
  name: "switch",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/:id/switch/:n",
      async ({ request, foreign, manager, id, revision, query }) => {
        query.end();
        refuseCrossSite(request, foreign);
        return writtenReply(
          await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.switch(id, revision, { ifVersion })),
        );
      },
      {
        describe: () => ({
          summary: `Makes another revision of ${spec.name} the current one`,
          parameters: [parameterRef("Prefer"), parameterRef("If-Match")],
          responses: { 200: json("The resource after it", spec.names.type, "ETag"), ...minimalResponse },
          problems: bodilessProblems,
        }),
      },
    ),
};
