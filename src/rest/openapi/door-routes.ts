import type { DescribedRoute } from "./document.ts";
import { json, type Schema } from "./operation.ts";

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

/** The routes that the door answers itself. GraphQL has a schema of its own. */
export function doorRoutes(basePath: string): readonly DescribedRoute[] {
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
      describe: () => ({ summary: "Whether the process answers", open: true, responses: { 200: json("It does", health) } }),
    },
    {
      method: "GET",
      path: "/health/ready",
      template: "ready",
      describe: () => ({ summary: "Whether the platform can serve", open: true, responses: { 200: json("It can", health) } }),
    },
  ];
}
