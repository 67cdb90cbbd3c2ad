import { fail } from "../../errors.ts";
import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `GET /articles/{id}/diff?from=1&to=2`: JSON Patch from one revision to another, by default to the current one. */
export const diffRoute: RouteTemplate = {
  name: "diff",
  apply: (_spec, routes) =>
    routes.add("GET", "/:id/diff", async ({ manager, id, query }) => {
      const from = query.revision("from");
      const to = query.revision("to");
      query.end();
      if (from === undefined) throw fail("BAD_REQUEST", 'Query parameter "from" is missing: the revision to begin with', { field: "from" });
      return readReply(JSON.stringify(await manager.diff(id, from, to)));
    }),
};
