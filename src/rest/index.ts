import "../version-guard.ts";

export type { OpenApiDocument, OpenApiOptions } from "./openapi/document.ts";
export type {
  MediaType,
  OperationDescription,
  Parameter,
  Reference,
  RequestBody,
  ResponseDescription,
  Schema,
} from "./openapi/operation.ts";
export type { Reply, StreamReply } from "./reply.ts";
export { resourceTemplates } from "./resource-templates.ts";
export type { Call, Handler, Method, RootCall, RootTemplate, RouteOptions, Routes, RouteTemplate, Template } from "./route-template.ts";
