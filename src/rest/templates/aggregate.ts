import { measures } from "../../spec/aggregate.ts";
import { filterParameters } from "../openapi/filter-components.ts";
import { json, objectOf, type Parameter, parameterRef } from "../openapi/operation.ts";
import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { aggregateArgsOf } from "../search-args.ts";

/** What was not asked for is absent, and not empty. */
const asked = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0 ? undefined : value;

const groups = objectOf({
  groups: {
    type: "array",
    items: {
      type: "object",
      properties: {
        group: { type: "object", description: "The values that all of the group have, nested as in the data" },
        count: { type: "integer", minimum: 0 },
        ...Object.fromEntries(measures.map((name) => [name, { type: "object" }])),
      },
      required: ["count"],
    },
  },
});

const fieldsParameter = (name: string): Parameter => ({
  name,
  in: "query",
  description: "Fields with commas between them",
  schema: { type: "string" },
});

/** `GET /articles/aggregate?groupBy=kind&sum=views`: `{ "groups": [{ "group": { "kind" }, "count", "sum": { "views" } }] }`. */
export const aggregateRoute: RouteTemplate = {
  name: "aggregate",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/aggregate",
      async ({ manager, query }) => readReply(JSON.stringify({ groups: await manager.aggregate(aggregateArgsOf(spec, query)) }, asked)),
      {
        describe: () => ({
          summary: `Counts and measures ${spec.names.many}, in groups`,
          parameters: [...["groupBy", ...measures].map(fieldsParameter), parameterRef("first"), ...filterParameters(spec)],
          responses: { 200: json("The groups, the largest first; of measures those that were asked for", groups) },
          problems: ["NOT_INDEXED"],
        }),
      },
    ),
};
