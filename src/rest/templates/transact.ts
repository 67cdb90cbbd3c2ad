import { changeProblems, dataProblems, json, jsonBody, parameterRef, schemaRef } from "../openapi/operation.ts";
import { resultsReply } from "../operation-results.ts";
import { transactRows } from "../operation-rows.ts";
import { readBody } from "../read-body.ts";
import type { RootTemplate } from "../route-template.ts";

/** `POST /transact`: operations on any resources, all or nothing. */
export const transactRoute: RootTemplate = {
  name: "transact",
  applyRoot: (routes) =>
    routes.add(
      "POST",
      "/transact",
      async (call) => {
        call.query.end();
        const { request, actor } = call;
        const operations = transactRows((await readBody(request)).value);
        const idempotencyKey = request.headers.get("idempotency-key") ?? undefined;
        return resultsReply(await call.transact(operations, { actor, idempotencyKey }), call);
      },
      {
        describe: () => ({
          summary: "Writes resources of any kind, all or none",
          parameters: [parameterRef("Idempotency-Key")],
          requestBody: jsonBody({ type: "array", items: schemaRef("Operation") }),
          responses: {
            200: json("A result for each, in order", { type: "array", items: schemaRef("OperationResult") }, "Idempotency-Replayed"),
          },
          problems: [...dataProblems, ...changeProblems, "IDEMPOTENCY_KEY_REUSED"],
        }),
      },
    ),
};
