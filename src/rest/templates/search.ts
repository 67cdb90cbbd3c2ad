import { pageReply } from "../page-reply.ts";
import { readBody } from "../read-body.ts";
import { Representation } from "../representation.ts";
import type { RouteTemplate } from "../route-template.ts";
import { searchOfBody } from "../search-args.ts";

/** `POST /articles/search`: what the list does, asked for in a body. */
export const searchRoute: RouteTemplate = {
  name: "search",
  apply: (_spec, routes) =>
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
      { reads: true, lines: true },
    ),
};
