import { fail, validationFailed } from "../../errors.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { changeProblems, dataProblems, json, jsonBody, minimalResponse, type Parameter, parameterRef } from "../openapi/operation.ts";
import { ifMatch, mustCreate } from "../precondition.ts";
import { readData } from "../read-body.ts";
import { type Reply, writtenReply } from "../reply.ts";
import type { Call, RouteTemplate } from "../route-template.ts";

const createOnly: Parameter = {
  name: "If-None-Match",
  in: "header",
  description: "`*`: create it, and refuse what is there",
  schema: { type: "string", enum: ["*"] },
};

/** `PUT /articles/{id}`: full replacement; with `If-None-Match: *` it creates instead, where keys are chosen. */
export const putRoute: RouteTemplate = {
  name: "put",
  apply: (spec, routes) =>
    routes.add(
      "PUT",
      "/:id",
      async (call) => {
        const { request, manager, id, query } = call;
        const status = query.status();
        query.end();
        if (mustCreate(request.headers)) return create(spec, call, status);
        const data = await readData(request);
        return writtenReply(
          await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.update(id, data, { ifVersion, status })),
        );
      },
      {
        describe: () => ({
          summary: `Replaces a resource of ${spec.name}`,
          parameters: [
            parameterRef("Prefer"),
            parameterRef("status"),
            parameterRef("If-Match"),
            ...(spec.key === false ? [] : [createOnly]),
          ],
          requestBody: jsonBody(`${spec.names.type}Input`),
          responses: {
            ...minimalResponse,
            200: json("The resource after it", spec.names.type, "ETag"),
            ...(spec.key === false ? {} : { 201: json("Created", spec.names.type, "ETag", "Location") }),
          },
          problems: [...dataProblems, ...changeProblems],
        }),
      },
    ),
};

async function create(spec: ResourceSpec, { request, manager, path, id }: Call, status: "draft" | "stable" | undefined): Promise<Reply> {
  if (spec.key === false)
    throw fail("BAD_REQUEST", `Ids of ${spec.name} are made by the server: create with POST`, { resource: spec.name });
  const prefix = `${spec.names.prefix}_`;
  if (!id.startsWith(prefix)) throw fail("BAD_REQUEST", `Ids of ${spec.name} begin with ${prefix}`, { resource: spec.name, id });
  const key = id.slice(prefix.length);
  const data = await readData(request);
  if (spec.key !== true && Object(data)[spec.key] !== key) {
    throw validationFailed(spec.name, [
      { path: [spec.key], message: `${spec.key} must be ${JSON.stringify(key)}, as the path says`, code: "custom" },
    ]);
  }
  return writtenReply(await manager.create(data, { status, key: spec.key === true ? key : undefined }), 201, { location: path });
}
