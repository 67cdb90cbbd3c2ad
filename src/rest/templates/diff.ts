import { fail } from "../../errors.ts";
import { json } from "../openapi/operation.ts";
import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/diff?from=1&to=2`: JSON Patch from one revision to another, by default to the current one. */
export const diffRoute: RouteTemplate = {
  name: "diff",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/:id/diff",
      async ({ manager, id, query }) => {
        const from = query.revision("from");
        const to = query.revision("to");
        query.end();
        if (from === undefined)
          throw fail("BAD_REQUEST", 'Query parameter "from" is missing: the revision to begin with', { field: "from" });
        return readReply(JSON.stringify(await manager.diff(id, from, to)));
      },
      {
        describe: () => ({
          summary: `Compares two revisions of ${spec.name}`,
          parameters: [
            {
              name: "from",
              in: "query",
              required: true,
              description: "Number of the revision to begin with",
              schema: { type: "integer", minimum: 1 },
              example: 1,
            },
            { name: "to", in: "query", description: "The current one unless told", schema: { type: "integer", minimum: 1 } },
          ],
          responses: { 200: json("What makes one of the other", "Diff") },
          problems: ["NOT_FOUND", "GONE"],
        }),
      },
    ),
};
