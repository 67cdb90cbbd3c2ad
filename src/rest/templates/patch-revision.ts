import { changeProblems, dataProblems, json, minimalResponse, parameterRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { patchBody, readPatch } from "./patch.ts";

/** `PATCH /articles/{id}/revisions/{n}`: changes the current draft in place. */
export const patchRevisionRoute: RouteTemplate = {
  name: "patch-revision",
  apply: (spec, routes) =>
    routes.add(
      "PATCH",
      "/:id/revisions/:n",
      async ({ request, manager, id, revision, query }) => {
        const status = query.status();
        query.end();
        const patch = await readPatch(request);
        const modified = await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) =>
          manager.modify(id, patch, { ifVersion, status, revision }),
        );
        return writtenReply(modified);
      },
      {
        describe: () => ({
          summary: `Changes the draft of ${spec.name} in place`,
          parameters: [parameterRef("Prefer"), parameterRef("status"), parameterRef("If-Match")],
          requestBody: patchBody(spec),
          responses: { 200: json("The resource after it", spec.names.type, "ETag"), ...minimalResponse },
          problems: [...dataProblems, ...changeProblems],
        }),
      },
    ),
};
