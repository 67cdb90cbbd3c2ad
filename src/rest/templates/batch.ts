import { resultsReply } from "../operation-results.ts";
import { batchRows } from "../operation-rows.ts";
import { readBody } from "../read-body.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/batch`: up to 200 operations, each by itself; 200 with a status per row. */
export const batchRoute: RouteTemplate = {
  name: "batch",
  apply: (_spec, routes) =>
    routes.add("POST", "/batch", async (call) => {
      call.query.end();
      const rows = batchRows((await readBody(call.request)).value);
      return resultsReply(await call.manager.batch(rows), call);
    }),
};
