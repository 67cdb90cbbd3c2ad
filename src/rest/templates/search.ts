import { json, jsonBody } from "../openapi/operation.ts";
import { readBody } from "../read-body.ts";
import { pageJson, readReply } from "../reply.ts";
import type { RouteTemplate } from "../route-template.ts";
import { searchArgsOfBody } from "../search-args.ts";

/** `POST /articles/search`: what the list does, asked for in a body. */
export const searchRoute: RouteTemplate = {
  name: "search",
  apply: (spec, routes) =>
    routes.add(
      "POST",
      "/search",
      async ({ request, manager, query }) => {
        query.end();
        const page = await manager.search(searchArgsOfBody((await readBody(request)).value));
        return readReply(pageJson(page, page.pageInfo, (item) => item.json));
      },
      {
        reads: true,
        describe: () => ({
          summary: `Lists ${spec.names.many}, asked for in a body`,
          requestBody: jsonBody(`${spec.names.type}Search`),
          responses: { 200: json("A page", `${spec.names.type}Page`) },
          problems: ["NOT_INDEXED", "PAYLOAD_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE"],
        }),
      },
    ),
};
