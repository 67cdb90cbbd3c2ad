import { fail } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { changeProblems, dataProblems, json, jsonBody, minimalResponse, type Parameter, parameterRef } from "../openapi/operation.ts";
import { type QueryParams, unknownParameter } from "../query-params.ts";
import { readData } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { typed } from "../short-forms.ts";

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
          description: "Takes one of the parameters, with the value that the data has too.",
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

const uniqueNames = (spec: ResourceSpec): readonly string[] => [
  ...(spec.key === false ? [] : ["id"]),
  ...spec.uniques.map(({ path }) => path.join(".")),
];

const uniqueParameters = (spec: ResourceSpec): readonly Parameter[] =>
  uniqueNames(spec).map((name) => ({ name, in: "query", description: "Which one is meant", schema: { type: "string" } }));

/** The one parameter says which field is meant, and its value. */
function uniqueKey(spec: ResourceSpec, query: QueryParams) {
  const [given, ...others] = query.rest();
  const [name = "", values = []] = given ?? [];
  const column = spec.uniques.find(({ path }) => path.join(".") === name);
  if (given && !column && !(name === "id" && spec.key !== false)) throw unknownParameter(name);
  const [value, ...more] = values;
  if (value === undefined || more.length > 0 || others.length > 0) {
    throw fail(
      "BAD_REQUEST",
      `Say which one is meant by one parameter: ${uniqueNames(spec)
        .map((each) => `?${each}=`)
        .join(" or ")}`,
    );
  }
  if (!column) return { id: value };
  return column.path.reduceRight<unknown>((inner, key) => ({ [key]: inner }), typed(column.type, value));
}
