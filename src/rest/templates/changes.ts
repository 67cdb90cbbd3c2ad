import { changesReply } from "../changes.ts";
import { type OperationDescription, type Parameter, parameterRef, schemaRef } from "../openapi/operation.ts";
import { parseJson } from "../parse-json.ts";
import type { RootCall, RootTemplate, RouteTemplate } from "../route-template.ts";

const changesDescription = {
  description: "A page, or a stream of server-sent events by `Accept: text/event-stream`.",
  parameters: ["kinds", "after", "limit", "wait", "Last-Event-ID"].map(parameterRef),
  responses: {
    200: {
      description: "Changes in order",
      content: {
        "application/json": { schema: schemaRef("ChangePage") },
        "text/event-stream": { schema: { type: "string", description: "`data` of each event is a ChangeEvent" } },
      },
    },
  },
  problems: ["GONE", "NOT_INDEXED"],
} as const satisfies Omit<OperationDescription, "summary">;

const idParameter: Parameter = { name: "id", in: "query", description: "Of this resource only", schema: { type: "string" } };
const typesParameter: Parameter = {
  name: "types",
  in: "query",
  description: "Names of specs with commas between them",
  schema: { type: "string" },
};

/** `GET /articles/changes`: what happens to the resources of one spec, to one of them (`id`), or to those that match (`where`). */
export const changesRoute: RouteTemplate = {
  name: "changes",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/changes",
      async (call) => changesReply(call, { types: [spec.name], id: call.query.text("id"), where: whereOf(call) }),
      {
        streams: true,
        describe: () => ({
          summary: `Tells what happens to ${spec.names.many}`,
          ...changesDescription,
          parameters: [idParameter, parameterRef("where"), ...changesDescription.parameters],
        }),
      },
    ),
};

function whereOf({ query }: RootCall): unknown {
  const json = query.text("where");
  return json === undefined ? undefined : parseJson(json, "where");
}

/** `GET /changes`: the same over all specs, or some of them (`types`). */
export const everyChangeRoute: RootTemplate = {
  name: "every-change",
  applyRoot: (routes) =>
    routes.add("GET", "/changes", async (call) => changesReply(call, { types: call.query.list("types") }), {
      streams: true,
      describe: () => ({
        summary: "Tells what happens to all resources",
        ...changesDescription,
        parameters: [typesParameter, ...changesDescription.parameters],
      }),
    }),
};
