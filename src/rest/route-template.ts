import type { Feed } from "../feed/feed.ts";
import type { Actor } from "../manager/actor.ts";
import type { ArchiveDoor } from "../manager/archive/archive-door.ts";
import type { Blobs } from "../manager/blobs/blobs.ts";
import type { Limits } from "../manager/limits.ts";
import type { Transact } from "../manager/operations/transact.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { OpenApi } from "./openapi/document.ts";
import type { OperationDescription } from "./openapi/operation.ts";
import type { QueryParams } from "./query-params.ts";
import type { Reply, StreamReply } from "./reply.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request as a route sees it that stands beside the resources. */
export interface RootCall {
  readonly request: Request;
  readonly requestId: string;
  readonly actor: Actor;
  readonly transact: Transact;
  readonly feed: Feed;
  readonly limits: Limits;
  /** A page of another site sent it, and none of an origin that `cors` names. */
  readonly foreign: boolean;
  /** Calls back when the credentials of the request no longer count; undefined where they count for ever. Streams of events end by themselves. */
  readonly onLapse: ((listener: () => void) => () => void) | undefined;
  /** The document of all routes. */
  readonly openapi: OpenApi;
  readonly blobs: Blobs;
  readonly archives: ArchiveDoor;
  /** As it stands in the request, without query. */
  readonly path: string;
  /** The query string without its question mark. */
  readonly search: string;
  readonly query: QueryParams;
  /** All operations on the resources of the spec of that name, on behalf of the actor. BAD_REQUEST where there is no such spec. */
  resource(name: string): ResourceManager;
}

/** One request as a route of a resource sees it. */
export interface Call extends RootCall {
  /** All operations on the route's resources, on behalf of the actor. */
  readonly manager: ResourceManager;
  /** The path parameter `id`. BAD_REQUEST for what cannot be one. */
  readonly id: string;
  /** The path parameter `n`: a revision number. */
  readonly revision: number;
}

export type Handler<C = Call> = (call: C) => Promise<Reply | StreamReply>;

export interface RouteOptions {
  /** What the route is, for the OpenAPI document: asked for when that is made. */
  readonly describe: () => OperationDescription;
  /** Also answers `Accept: text/event-stream`. */
  readonly streams?: boolean;
  /** Also answers `Accept: application/x-ndjson`: a list, one resource a line. */
  readonly lines?: boolean;
  /** Answers in the type of what is asked for, whatever `Accept` says. */
  readonly anyType?: boolean;
  /** Changes nothing, so that it may be given up when it takes too long: true of GET unless told. */
  readonly reads?: boolean;
}

/** Where a template puts its routes. GET answers HEAD too; OPTIONS and wrong methods are answered for every path. */
export interface Routes<C = Call> {
  /** @param path below the resource's own: "", "/:id", "/:id/revisions/:n"; of a root template below the base path */
  add(method: Method, path: string, handler: Handler<C>, options: RouteOptions): void;
}

/** One route family, applied to every resource: parse → one manager call → reply. */
export interface RouteTemplate {
  readonly name: string;
  apply(spec: ResourceSpec, routes: Routes): void;
}

/** Routes that stand once, beside the resources. */
export interface RootTemplate {
  readonly name: string;
  applyRoot(routes: Routes<RootCall>): void;
}

export type Template = RouteTemplate | RootTemplate;
