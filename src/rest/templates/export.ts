import { archiveType } from "../../manager/archive/format.ts";
import { exportReply } from "../export-reply.ts";
import type { OperationDescription, Parameter } from "../openapi/operation.ts";
import type { RootTemplate, RouteTemplate } from "../route-template.ts";

/** `GET /articles/export`: the resources of one spec with all of their past, or one of them (`id`), or what has changed (`since`). */
export const exportRoute: RouteTemplate = {
  name: "export",
  apply: (spec, routes) =>
    routes.add("GET", "/export", async (call) => exportReply(call, spec.names.path, [spec], call.query.text("id")), {
      anyType: true,
      describe: () => ({ summary: `Exports ${spec.names.many} with all of their past`, parameters: [idParameter, since], ...description }),
    }),
};

/** `GET /export`: the same of all specs, or some of them (`types`). */
export const everyExportRoute: RootTemplate = {
  name: "every-export",
  applyRoot: (routes) =>
    routes.add(
      "GET",
      "/export",
      async (call) =>
        exportReply(
          call,
          "export",
          call.query.list("types")?.map((name) => ({ name })),
          undefined,
        ),
      {
        anyType: true,
        describe: () => ({ summary: "Exports resources of all kinds with all of their past", parameters: [types, since], ...description }),
      },
    ),
};

const text = { type: "string" } as const;
const idParameter: Parameter = { name: "id", in: "query", description: "This resource only", schema: text };
const types: Parameter = { name: "types", in: "query", description: "Names of specs with commas between them", schema: text };
const since: Parameter = {
  name: "since",
  in: "query",
  description: "The `Archive-Cursor` of an earlier export of the same: only what has changed since",
  schema: text,
};

const description: Pick<OperationDescription, "description" | "responses" | "problems"> = {
  description: "An archive with a checksum at its end: one that was cut off is refused by an import.",
  responses: {
    200: {
      description: "The archive",
      headers: { "Archive-Cursor": { description: "For `since` of the next export", schema: text } },
      content: { [archiveType]: { schema: { type: "string", contentMediaType: "application/octet-stream" } } },
    },
  },
  problems: ["FORBIDDEN", "GONE"],
};
