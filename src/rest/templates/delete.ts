import { bodilessProblems, empty, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { resourceTag } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `DELETE /articles/{id}`: marks as deleted; 204 with the tag that a restore can name. */
export const deleteRoute: RouteTemplate = {
  name: "delete",
  apply: (spec, routes) =>
    routes.add(
      "DELETE",
      "/:id",
      async ({ request, manager, id, query }) => {
        query.end();
        const deleted = await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.delete(id, { ifVersion }));
        return { status: 204, headers: { etag: resourceTag(deleted) }, body: null };
      },
      {
        describe: () => ({
          summary: `Deletes a resource of ${spec.name}, until it is restored`,
          parameters: [parameterRef("If-Match")],
          responses: { 204: empty("Deleted: the tag is what a restore may name", "ETag") },
          problems: bodilessProblems,
        }),
      },
    ),
};
