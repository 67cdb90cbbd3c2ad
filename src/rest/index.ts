import "../version-guard.ts";

export type { Reply } from "./reply.ts";
export { resourceTemplates } from "./resource-templates.ts";
export type { Call, Handler, Method, Routes, RouteTemplate } from "./route-template.ts";
