import { filterParameters } from "../openapi/filter-components.ts";
import { json, objectOf } from "../openapi/operation.ts";
import { readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { countArgsOf } from "../search-args.ts";

/** `GET /articles/count`: `{ "count": 3 }`. */
export const countRoute: RouteTemplate = {
  name: "count",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/count",
      async ({ manager, query }) => {
        const { where, includeDeleted = false } = countArgsOf(spec, query);
        return readReply(JSON.stringify({ count: await manager.count(where, { includeDeleted }) }));
      },
      {
        describe: () => ({
          summary: `Counts ${spec.names.many}`,
          parameters: filterParameters(spec),
          responses: { 200: json("How many there are", objectOf({ count: { type: "integer", minimum: 0 } })) },
          problems: ["NOT_INDEXED"],
        }),
      },
    ),
};
