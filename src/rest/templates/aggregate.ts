import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { aggregateArgsOf } from "../search-args.ts";

/** What was not asked for is absent, and not empty. */
const asked = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0 ? undefined : value;

/** `GET /articles/aggregate?groupBy=kind&sum=views`: `{ "groups": [{ "group": { "kind" }, "count", "sum": { "views" } }] }`. */
export const aggregateRoute: RouteTemplate = {
  name: "aggregate",
  apply: (spec, routes) =>
    routes.add("GET", "/aggregate", async ({ manager, query }) =>
      readReply(JSON.stringify({ groups: await manager.aggregate(aggregateArgsOf(spec, query)) }, asked)),
    ),
};
