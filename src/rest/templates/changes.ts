import { changesReply } from "../changes.ts";
import { parseJson } from "../parse-json.ts";
import type { RootCall, RootTemplate, RouteTemplate } from "../route-template.ts";

/** `GET /articles/changes`: what happens to the resources of one spec, to one of them (`id`), or to those that match (`where`). */
export const changesRoute: RouteTemplate = {
  name: "changes",
  apply: (spec, routes) =>
    routes.add(
      "GET",
      "/changes",
      async (call) => changesReply(call, { types: [spec.name], id: call.query.text("id"), where: whereOf(call) }),
      {
        streams: true,
      },
    ),
};

function whereOf({ query }: RootCall): unknown {
  const json = query.text("where");
  return json === undefined ? undefined : parseJson(json, "where");
}

/** `GET /changes`: the same over all specs, or some of them (`types`). */
export const everyChangeRoute: RootTemplate = {
  name: "every-change",
  applyRoot: (routes) =>
    routes.add("GET", "/changes", async (call) => changesReply(call, { types: call.query.list("types") }), { streams: true }),
};
