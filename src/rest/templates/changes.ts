import { changesReply } from "../changes.ts";
import type { RootTemplate, RouteTemplate } from "../route-template.ts";

/** `GET /articles/changes`: what happens to the resources of one spec, or to one of them (`id`). */
export const changesRoute: RouteTemplate = {
  name: "changes",
  apply: (spec, routes) =>
    routes.add("GET", "/changes", async (call) => changesReply(call, { types: [spec.name], id: call.query.text("id") }), {
      streams: true,
    }),
};

/** `GET /changes`: the same over all specs, or some of them (`types`). */
export const everyChangeRoute: RootTemplate = {
  name: "every-change",
  applyRoot: (routes) =>
    routes.add("GET", "/changes", async (call) => changesReply(call, { types: call.query.list("types") }), { streams: true }),
};
