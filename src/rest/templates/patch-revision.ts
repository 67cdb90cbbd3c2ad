import { ifMatch } from "../precondition.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { readPatch } from "./patch.ts";

/** `PATCH /articles/{id}/revisions/{n}`: changes the current draft in place. */
export const patchRevisionRoute: RouteTemplate = {
  name: "patch-revision",
  apply: (_spec, routes) =>
    routes.add("PATCH", "/:id/revisions/:n", async ({ request, manager, id, revision, query }) => {
      const status = query.status();
      query.end();
      const patch = await readPatch(request);
      const modified = await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) =>
        manager.modify(id, patch, { ifVersion, status, revision }),
      );
      return writtenReply(modified);
    }),
};
