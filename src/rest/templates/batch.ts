import { exampleId } from "../../spec/example-data.ts";
import { json, jsonBody, schemaRef } from "../openapi/operation.ts";
import { resultsReply } from "../operation-results.ts";
import { batchRows } from "../operation-rows.ts";
import { readBody } from "../read-body.ts";
import type { RouteTemplate } from "../route-template.ts";

/** `POST /articles/batch`: up to 200 operations, each by itself; 200 with a status per row. */
export const batchRoute: RouteTemplate = {
  name: "batch",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/batch",
      async (call) => {
        call.query.end();
        const rows = batchRows((await readBody(call.request)).value);
        return resultsReply(await call.manager.batch(rows), call);
      },
      {
        describe: () => ({
          summary: `Writes many ${spec.names.many}, each by itself`,
          requestBody: jsonBody({ type: "array", items: schemaRef(`${spec.names.type}Operation`) }, [
            { op: "delete", id: exampleId(spec.names.prefix) },
          ]),
          responses: {
            200: json(
              "A result for each, in order",
              { type: "array", items: schemaRef(`${spec.names.type}OperationResult`) },
              "Idempotency-Replayed",
            ),
          },
          problems: ["PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
        }),
      },
    ),
};
