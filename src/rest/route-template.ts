import type { Actor } from "../manager/actor.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { QueryParams } from "./query-params.ts";
import type { Reply } from "./reply.ts";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/** One request as a route sees it. */
export interface Call {
  readonly request: Request;
  readonly requestId: string;
  readonly actor: Actor;
  /** All operations on the route's resources, on behalf of the actor. */
  readonly manager: ResourceManager;
  /** As it stands in the request, without query. */
  readonly path: string;
  /** The query string without its question mark. */
  readonly search: string;
  readonly query: QueryParams;
  /** The path parameter `id`. BAD_REQUEST for what cannot be one. */
  readonly id: string;
  /** The path parameter `n`: a revision number. */
  readonly revision: number;
}

export type Handler = (call: Call) => Promise<Reply>;

/** Where a template puts its routes. GET answers HEAD too; OPTIONS and wrong methods are answered for every path. */
export interface Routes {
  /** @param path below the resource's own: "", "/:id", "/:id/revisions/:n" */
  add(method: Method, path: string, handler: Handler): void;
}

/** One route family, applied to every resource: parse → one manager call → reply. */
export interface RouteTemplate {
  readonly name: string;
  apply(spec: ResourceSpec, routes: Routes): void;
}
