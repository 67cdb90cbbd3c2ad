import { fail } from "../../errors.ts";
import type { Patch } from "../../manager/operations/patch.ts";
import { jsonPatchType, patchTypes } from "../media-type.ts";
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

/** `PATCH /articles/{id}`: a new revision from a JSON Patch or a merge patch. */
export const patchRoute: RouteTemplate = {
  name: "patch",
  apply: (_spec, routes) =>
    routes.add("PATCH", "/:id", async ({ request, manager, id, query }) => {
      const status = query.status();
      query.end();
      const patch = await readPatch(request);
      return writtenReply(
        await ifMatch(request.headers.get("if-match"), manager, id, (ifVersion) => manager.patch(id, patch, { ifVersion, status })),
      );
    }),
};
