import { empty, json, parameterRef } from "../openapi/operation.ts";
import { isKnown } from "../precondition.ts";
import { notModified, readReply, revisionJson, revisionTag } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/revisions/{n}` */
export const revisionRoute: RouteTemplate = {
  name: "revision",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/revisions/:n",
      async ({ request, manager, id, revision, query }) => {
        query.end();
        const found = await manager.revision(id, { number: revision });
        const etag = revisionTag(found);
        return isKnown(request.headers.get("if-none-match"), etag) ? notModified(etag) : readReply(revisionJson(found), etag);
      },
      {
        describe: () => ({
          summary: `Reads a revision of ${spec.name}`,
          parameters: [parameterRef("If-None-Match")],
          responses: { 200: json("The revision", `${spec.names.type}Revision`, "ETag"), 304: empty("The client has it", "ETag") },
          problems: ["NOT_FOUND"],
        }),
      },
    ),
};
