import { resultsReply } from "../operation-results.ts";
import { transactRows } from "../operation-rows.ts";
import { readBody } from "../read-body.ts";
import type { RootTemplate } from "../route-template.ts";

/** `POST /transact`: operations on any resources, all or nothing. */
export const transactRoute: RootTemplate = {
  name: "transact",
  applyRoot: (routes) =>
    routes.add("POST", "/transact", async (call) => {
      call.query.end();
      const { request, actor } = call;
      const operations = transactRows((await readBody(request)).value);
      const idempotencyKey = request.headers.get("idempotency-key") ?? undefined;
      return resultsReply(await call.transact(operations, { actor, idempotencyKey }), call);
    }),
};
