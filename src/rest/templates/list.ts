import { filterParameters } from "../openapi/filter-components.ts";
import { orLines, pageParameters, parameterRef, shownParameters } from "../openapi/operation.ts";
import { pageReply } from "../page-reply.ts";
import { Representation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";
import { searchArgsOf, shownOf } from "../search-args.ts";

/** `GET /articles`: a page, with `Link` to the ones around it; or a line each. */
export const listRoute: RouteTemplate = {
  name: "list",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "",
      async (call) => {
        const paths = shownOf(call.query);
        const args = searchArgsOf(spec, call.query);
        const shown = new Representation(call, paths, args.asOf);
        const read = (page: typeof args) => call.manager.search({ ...args, ...page });
        return pageReply(call, { args, read, texts: (items) => shown.texts(items) });
      },
      {
        lines: true,
        describe: () => ({
          summary: `Lists ${spec.names.many}`,
          parameters: [
            ...["orderBy", "count", ...(spec.history ? ["asOf"] : [])].map(parameterRef),
            ...shownParameters,
            ...pageParameters,
            ...filterParameters(spec),
          ],
          responses: { 200: orLines("A page", `${spec.names.type}Page`, "Link") },
          problems: ["NOT_INDEXED"],
        }),
      },
    ),
};
