import type { DescribedRoute } from "./document.ts";
import { json, jsonBody, type Schema } from "./operation.ts";

const health: Schema = {
  type: "object",
  properties: {
    status: { const: "ok" },
    indexing: {
      type: "array",
      description: "Fields that are being filled, and cannot be asked about yet",
      items: {
        type: "object",
        properties: { resource: { type: "string" }, field: { type: "string" }, done: { type: "integer" }, total: { type: "integer" } },
      },
    },
  },
  required: ["status"],
};

const index: Schema = {
  type: "object",
  properties: {
    graphql: { type: "string", description: "Path" },
    resources: { type: "object", description: "Paths by the names of specs", additionalProperties: { type: "string" } },
    health: { type: "object", properties: { live: { type: "string" }, ready: { type: "string" } } },
  },
  required: ["resources", "health"],
};

const question: Schema = {
  type: "object",
  properties: {
    query: { type: "string" },
    variables: { type: ["object", "null"] },
    operationName: { type: ["string", "null"] },
    extensions: { type: ["object", "null"] },
  },
};

const answer: Schema = {
  type: "object",
  properties: { data: { type: ["object", "null"] }, errors: { type: "array", items: { type: "object" } }, extensions: { type: "object" } },
};

/** The routes that the door answers itself. */
export function doorRoutes(basePath: string, graphqlPath: string): readonly DescribedRoute[] {
  return [
    {
      method: "GET",
      path: `${basePath}/`,
      template: "index",
      describe: () => ({ summary: "Links to what there is", responses: { 200: json("Paths", index) } }),
    },
    {
      method: "GET",
      path: "/health/live",
      template: "live",
      describe: () => ({ summary: "Whether the process answers", responses: { 200: json("It does", health) } }),
    },
    {
      method: "GET",
      path: "/health/ready",
      template: "ready",
      describe: () => ({ summary: "Whether the platform can serve", responses: { 200: json("It can", health) } }),
    },
    {
      method: "POST",
      path: graphqlPath,
      template: "graphql",
      describe: () => ({
        summary: "GraphQL over HTTP",
        description: "The same resources, and subscriptions. What is refused is answered in `errors`, with `extensions.code`.",
        requestBody: jsonBody(question, { query: "{ __typename }" }),
        responses: { 200: json("Data and errors", answer) },
        problems: ["PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
      }),
    },
  ];
}
