import "../version-guard.ts";

export type { Reply, StreamReply } from "./reply.ts";
export { resourceTemplates } from "./resource-templates.ts";
export type { Call, Handler, Method, RootCall, RootTemplate, RouteOptions, Routes, RouteTemplate, Template } from "./route-template.ts";
