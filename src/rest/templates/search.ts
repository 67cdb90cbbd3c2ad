import { jsonBody, orLines } from "../openapi/operation.ts";
import { pageReply } from "../page-reply.ts";
import { readBody } from "../read-body.ts";
import { Representation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";
import { searchOfBody } from "../search-args.ts";

/** `POST /articles/search`: what the list does, asked for in a body. */
export const searchRoute: RouteTemplate = {
  name: "search",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/search",
      async (call) => {
        call.query.end();
        const { args, shown: paths } = searchOfBody((await readBody(call.request)).value);
        const shown = new Representation(call, paths, args.asOf);
        const read = (page: typeof args) => call.manager.search({ ...args, ...page });
        return pageReply(call, { args, read, texts: (items) => shown.texts(items), links: false });
      },
      {
        reads: true,
        lines: true,
        describe: () => ({
          summary: `Lists ${spec.names.many}, asked for in a body`,
          requestBody: jsonBody(`${spec.names.type}Search`),
          responses: { 200: orLines("A page", `${spec.names.type}Page`) },
          problems: ["NOT_INDEXED", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
        }),
      },
    ),
};
