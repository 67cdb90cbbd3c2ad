import { dataProblems, json, jsonBody, type Parameter, parameterRef } from "../openapi/operation.ts";
import { readData } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

const keyParameter: Parameter = {
  name: "key",
  in: "query",
  description: "What the id ends in",
  required: true,
  schema: { type: "string" },
};

/** `POST /articles`: 201 with `Location` and `ETag`. */
export const createRoute: RouteTemplate = {
  name: "create",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "",
      async ({ request, manager, path, query }) => {
        const options = {
          key: query.text("key"),
          status: query.status(),
          idempotencyKey: request.headers.get("idempotency-key") ?? undefined,
        };
        query.end();
        const created = await manager.create(await readData(request), options);
        const replayed: Record<string, string> = created.replayed ? { "idempotency-replayed": "true" } : {};
        return writtenReply(created, 201, { location: `${path}/${created.id}`, ...replayed });
      },
      {
        describe: () => ({
          summary: `Creates a resource of ${spec.name}`,
          parameters: [
            parameterRef("Prefer"),
            parameterRef("status"),
            ...(spec.key === true ? [keyParameter] : []),
            parameterRef("Idempotency-Key"),
          ],
          requestBody: jsonBody(`${spec.names.type}Input`),
          responses: { 201: json("Created", spec.names.type, "ETag", "Location", "Idempotency-Replayed") },
          problems: [...dataProblems, "IDEMPOTENCY_KEY_REUSED"],
        }),
      },
    ),
};
