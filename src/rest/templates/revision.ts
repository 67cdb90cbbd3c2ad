import { empty, json, parameterRef } from "../openapi/operation.ts";
import { itemReply } from "../page-reply.ts";
import { revisionTag } from "../reply.ts";
import { RevisionRepresentation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/revisions/{n}` */
export const revisionRoute: RouteTemplate = {
  name: "revision",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/revisions/:n",
      async (call) => {
        const { manager, id, revision, query } = call;
        const shown = new RevisionRepresentation(call, { fields: query.list("fields") });
        query.end();
        const found = await manager.revision(id, { number: revision });
        return itemReply(call, shown, found, revisionTag(found));
      },
      {
        describe: () => ({
          summary: `Reads a revision of ${spec.name}`,
          parameters: [parameterRef("fields"), parameterRef("If-None-Match")],
          responses: { 200: json("The revision", `${spec.names.type}Revision`, "ETag"), 304: empty("The client has it", "ETag") },
          problems: ["NOT_FOUND"],
        }),
      },
    ),
};
