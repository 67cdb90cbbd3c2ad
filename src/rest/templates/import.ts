import { fail } from "../../errors.ts";
import type { ImportOptions } from "../../manager/archive/archive-door.ts";
import { conflictPolicies, type OnConflict } from "../../manager/archive/decide-import.ts";
import { archiveType } from "../../manager/archive/format.ts";
import { bodyType } from "../media-type.ts";
import { json, type OperationDescription, objectOf, type Parameter } from "../openapi/operation.ts";
import type { Reply } from "../reply.ts";
import type { RootCall, RootTemplate, RouteTemplate } from "../route-template.ts";
import { arriving } from "../upload.ts";

/** `POST /articles/import`: an archive that has resources of this spec alone. */
export const importRoute: RouteTemplate = {
  name: "import",
  apply: (spec, routes) =>
    routes.add("POST", "/import", async (call) => importReply(call, [spec]), {
      describe: () => ({ summary: `Imports ${spec.names.many} with all of their past`, ...description }),
    }),
};

/** `POST /import`: an archive that has resources of any specs. */
export const everyImportRoute: RootTemplate = {
  name: "every-import",
  applyRoot: (routes) =>
    routes.add("POST", "/import", async (call) => importReply(call, undefined), {
      describe: () => ({ summary: "Imports resources of all kinds with all of their past", ...description }),
    }),
};

async function importReply({ request, archives, actor, query, foreign }: RootCall, resources: ImportOptions["resources"]): Promise<Reply> {
  if (foreign) throw fail("FORBIDDEN", "Pages of other sites may not import");
  const onConflict = policyOf(query.text("onConflict"));
  query.end();
  bodyType(request.headers, [archiveType]);
  const body = arriving(request.body, request.headers.get("content-length"));
  const result = await archives.import(body, { resources, onConflict, actor });
  return { status: 200, headers: { "content-type": "application/json", "cache-control": "no-store" }, body: JSON.stringify(result) };
}

function policyOf(value: string | undefined): OnConflict | undefined {
  const policy = conflictPolicies.find((each) => each === value);
  if (value === undefined || policy) return policy;
  throw fail("BAD_REQUEST", `onConflict takes ${conflictPolicies.join(", ")}`, { field: "onConflict" });
}

const count = { type: "integer", minimum: 0 } as const;
const onConflict: Parameter = {
  name: "onConflict",
  in: "query",
  description: "Where an id is here with another history: refuse the archive, leave that resource out, or replace it",
  schema: { type: "string", enum: [...conflictPolicies], default: "fail" },
};

const description: Omit<OperationDescription, "summary"> = {
  description:
    "The whole archive is verified before the first resource of it is there. An import that ended half-way goes on when it is sent again.",
  parameters: [onConflict],
  requestBody: {
    required: true,
    content: { [archiveType]: { schema: { type: "string", contentMediaType: "application/octet-stream" } } },
  },
  responses: {
    200: json(
      "How many resources were not here, took the place of others, were here already, and were left out",
      objectOf({ created: count, replaced: count, unchanged: count, skipped: count, revisions: count, blobs: count }),
    ),
  },
  problems: [
    "FORBIDDEN",
    "PAYLOAD_TOO_LARGE",
    "UNSUPPORTED_MEDIA_TYPE",
    "VALIDATION_FAILED",
    "CONFLICT",
    "UNIQUE_VIOLATION",
    "UNAVAILABLE",
  ],
};
