import { fail } from "../../errors.ts";
import type { Patch } from "../../spec/patch.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { jsonPatchType, patchTypes } from "../media-type.ts";
import { changeProblems, dataProblems, json, minimalResponse, parameterRef, type RequestBody, schemaRef } from "../openapi/operation.ts";
import { ifMatch } from "../precondition.ts";
import { readBody } from "../read-body.ts";
import { writtenReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";

/** The change that a PATCH body asks for, by its content type. */
export async function readPatch(request: Request): Promise<Patch> {
  const { type, value } = await readBody(request, patchTypes);
  if (type !== jsonPatchType) return { merge: value };
  if (!Array.isArray(value)) throw fail("BAD_REQUEST", "A JSON Patch is a list of operations");
  // Each operation is checked where it is applied.
  return { operations: value };
}

export const patchBody = ({ names }: ResourceSpec): RequestBody => ({
  required: true,
  content: Object.fromEntries(
    patchTypes.map((type) => [type, { schema: schemaRef(type === jsonPatchType ? "JsonPatch" : `${names.type}Patch`) }]),
  ),
});

/** `PATCH /articles/{id}`: a new revision from a JSON Patch or a merge patch. */
export const patchRoute: RouteTemplate = {
  name: "patch",
  apply: (spec, routes) =>
    routes.add(
      "PATCH",
      "/:id",
      async ({ request, manager, id, query }) => {
        const status = query.status();
        query.end();
        const patch = await readPatch(request);
        return writtenReply(
          await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.patch(id, patch, { ifVersion, status })),
        );
      },
      {
        describe: () => ({
          summary: `Changes part of a resource of ${spec.name}`,
          parameters: [parameterRef("Prefer"), parameterRef("status"), parameterRef("If-Match")],
          requestBody: patchBody(spec),
          responses: { 200: json("The resource after it", spec.names.type, "ETag"), ...minimalResponse },
          problems: [...dataProblems, ...changeProblems],
        }),
      },
    ),
};
