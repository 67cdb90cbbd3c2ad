import { fail } from "../../errors.ts";
import { changeProblems, dataProblems, json, jsonBody, minimalResponse, parameterRef } from "../openapi/operation.ts";
import { readData } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { uniqueKey, uniqueParameters, uniqueWays } from "../unique-params.ts";

/** `PUT /articles?slug=a`: replaces the one with this value of a unique field, or creates it: 201. */
export const upsertRoute: RouteTemplate = {
  name: "upsert",
  apply: (spec, routes) => {
    if (spec.key === false && spec.uniques.length === 0) return;
    routes.add(
      "PUT",
      "",
      async ({ request, manager, path, query }) => {
        const by = uniqueKey(spec, query);
        if (request.headers.get("if-match") !== null)
          throw fail("BAD_REQUEST", `If-Match is for one resource: ${path}/{id}`, { field: "If-Match" });
        const idempotencyKey = request.headers.get("idempotency-key") ?? undefined;
        const written = await manager.upsert(by, await readData(request), { idempotencyKey });
        const replayed: Record<string, string> = written.replayed ? { "idempotency-replayed": "true" } : {};
        return written.created
          ? writtenReply(written, 201, { location: `${path}/${written.id}`, ...replayed })
          : writtenReply(written, 200, replayed);
      },
      {
        describe: () => ({
          summary: `Replaces or creates a resource of ${spec.name}, by a unique field`,
          description: `Takes the parameters of what is unique, with the values that the data has too: ${uniqueWays(spec)
            .map((names) => names.join(" with "))
            .join(", or ")}.`,
          parameters: [parameterRef("Prefer"), ...uniqueParameters(spec), parameterRef("Idempotency-Key")],
          requestBody: jsonBody(`${spec.names.type}Input`),
          responses: {
            ...minimalResponse,
            200: json("Replaced", spec.names.type, "ETag", "Idempotency-Replayed"),
            201: json("Created", spec.names.type, "ETag", "Location", "Idempotency-Replayed"),
          },
          problems: [...dataProblems, ...changeProblems, "IDEMPOTENCY_KEY_REUSED"],
        }),
      },
    );
  },
};
