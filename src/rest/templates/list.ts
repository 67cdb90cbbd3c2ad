import { linkHeader } from "../link-header.ts";
import { filterParameters } from "../openapi/filter-components.ts";
import { json, pageParameters, parameterRef } from "../openapi/operation.ts";
import { pageJson, readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { searchArgsOf } from "../search-args.ts";

/** `GET /articles`: a page, with `Link` to the ones around it. */
export const listRoute: RouteTemplate = {
  name: "list",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "",
      async ({ manager, path, search, query }) => {
        const args = searchArgsOf(spec, query);
        const page = await manager.search(args);
        const { pageInfo } = page;
        const reply = readReply(pageJson(page, pageInfo, (item) => item.json));
        const link = linkHeader(path, search, args, pageInfo);
        if (link !== undefined) reply.headers.link = link;
        return reply;
      },
      {
        describe: () => ({
          summary: `Lists ${spec.names.many}`,
          parameters: [
            ...["orderBy", "count", ...(spec.history ? ["asOf"] : [])].map(parameterRef),
            ...pageParameters,
            ...filterParameters(spec),
          ],
          responses: { 200: json("A page", `${spec.names.type}Page`, "Link") },
          problems: ["NOT_INDEXED"],
        }),
      },
    ),
};
