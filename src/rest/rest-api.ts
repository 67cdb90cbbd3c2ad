import { RegExpRouter } from "hono/router/reg-exp-router";
import { SmartRouter } from "hono/router/smart-router";
import { TrieRouter } from "hono/router/trie-router";
import { fail } from "../errors.ts";
import type { Feed } from "../feed/feed.ts";
import type { Actor } from "../manager/actor.ts";
import type { ArchiveDoor } from "../manager/archive/archive-door.ts";
import type { Blobs } from "../manager/blobs/blobs.ts";
import type { Limits } from "../manager/limits.ts";
import type { Transact } from "../manager/operations/transact.ts";
import type { ResourceManager } from "../manager/resource-manager.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { checkRoute, checkTemplate, notApplied } from "./check-template.ts";
import { beforeDeadline, tooLate } from "./deadline.ts";
import { checkAccept, linesType, patchTypes, takesEvents } from "./media-type.ts";
import { OpenApi, type OpenApiDocument, type OpenApiOptions } from "./openapi/document.ts";
import { doorRoutes } from "./openapi/door-routes.ts";
import { preferred } from "./prefer.ts";
import { QueryParams, revisionNumber } from "./query-params.ts";
import type { Reply, StreamReply } from "./reply.ts";
import type { Call, Method, RootCall, RouteOptions, Template } from "./route-template.ts";

export interface RestOptions {
  readonly managers: readonly ResourceManager[];
  /** @throws BAD_REQUEST where there is no such spec */
  readonly managerOf: (name: string) => ResourceManager;
  readonly templates: readonly Template[];
  readonly transact: Transact;
  readonly feed: Feed;
  readonly limits: Limits;
  readonly blobs: Blobs;
  readonly archives: ArchiveDoor;
  /** Before every path; empty for none. */
  readonly basePath: string;
  /** How long a read may take. */
  readonly deadlineMs: number;
  readonly openapi?: OpenApiOptions | undefined;
}

type Services = Pick<RestOptions, "transact" | "feed" | "blobs" | "archives" | "limits" | "managerOf"> & { readonly openapi: OpenApi };

/** Answers a request; what it throws or rejects with is for the caller to turn into a problem. */
export type RestApi = (request: Request, target: Target, context: Asker) => Reply | Promise<Reply | StreamReply>;

/** Path and query of a URL, as they stand in it. */
export interface Target {
  readonly path: string;
  /** Without the question mark. */
  readonly search: string;
}

interface Route {
  readonly streams: boolean;
  /** Types of answers besides JSON that `Accept` is weighed against. */
  readonly types: readonly string[];
  readonly anyType: boolean;
  readonly answer: (request: Request, target: Target, context: Asker, params: Params) => Promise<Reply | StreamReply>;
}

interface Asker {
  readonly requestId: string;
  readonly actor: Actor;
  readonly foreign: boolean;
  readonly onLapse?: RootCall["onLapse"];
}

type Params = Readonly<Record<string, string>>;

/** Fixed paths by name, the others by Hono's router, where a match costs one regular expression. */
class RouteTable {
  readonly #fixed = new Map<string, Map<string, Route>>();
  readonly #router = new SmartRouter<Route>({ routers: [new RegExpRouter(), new TrieRouter()] });
  readonly #methods = new Set<Method>();

  add(method: Method, path: string, route: Route): void {
    this.#methods.add(method);
    if (path.includes(":")) this.#router.add(method, path, route);
    else this.#fixed.set(method, (this.#fixed.get(method) ?? new Map<string, Route>()).set(path, route));
  }

  match(method: string, path: string): [Route, Params] | undefined {
    const fixed = this.#fixed.get(method)?.get(path);
    if (fixed) return [fixed, {}];
    const [found, stash] = this.#router.match(method, path);
    const first = found[0];
    if (!first) return undefined;
    const [route, params] = first;
    const values: Record<string, string> = {};
    for (const name in params) {
      const value = params[name] ?? "";
      values[name] = typeof value === "number" ? (stash?.[value] ?? "") : value;
    }
    return [route, values];
  }

  allowed(path: string): readonly Method[] {
    return [...this.#methods].filter((method) => this.match(method, path));
  }
}

/** Every template on every resource. Answers are plain data. */
export function createRestApi(options: RestOptions): { readonly answer: RestApi; readonly document: () => OpenApiDocument } {
  const { managers, templates, transact, feed, blobs, archives, limits, managerOf, basePath, deadlineMs } = options;
  const routes = new RouteTable();
  const told = [...doorRoutes(basePath)];
  const specs = managers.map(({ spec }) => spec);
  const openapi = new OpenApi(told, specs, options.openapi ?? {});
  const services: Services = { transact, feed, blobs, archives, limits, openapi, managerOf };
  const late = async (): Promise<Reply> => {
    throw tooLate(deadlineMs);
  };
  const add = (
    method: Method,
    path: string,
    template: Template,
    spec: ResourceSpec | undefined,
    options: RouteOptions,
    answer: Route["answer"],
  ) => {
    const { streams = false, lines = false, anyType = false, reads = method === "GET", describe } = options ?? {};
    if (typeof describe !== "function") throw fail("BAD_REQUEST", `${method} ${path} needs { describe: () => ({ summary, responses }) }`);
    told.push({ method, path: basePath + path, template: template.name, spec, describe });
    const timed: Route["answer"] = (...call) => beforeDeadline(answer(...call), deadlineMs, late);
    const types = lines ? [linesType] : [];
    routes.add(method, basePath + path, { streams, anyType, types, answer: reads && !streams ? timed : answer });
  };
  const applied = new Set<string>();
  for (const template of templates) {
    checkTemplate(template, applied);
    try {
      apply(template);
    } catch (thrown) {
      throw notApplied(template.name, thrown);
    }
  }
  function apply(template: Template): void {
    if ("applyRoot" in template) {
      template.applyRoot({
        add: (method, path, handler, options) => {
          checkRoute(method, path, handler);
          add(method, path, template, undefined, options, (request, target, asker) =>
            handler(new RootRouteCall(request, target, asker, services)),
          );
        },
      });
      return;
    }
    for (const manager of managers) {
      template.apply(manager.spec, {
        add: (method, path, handler, options) => {
          checkRoute(method, path, handler);
          add(method, `/${manager.spec.names.path}${path}`, template, manager.spec, options, (request, target, asker, params) =>
            handler(new RouteCall(request, target, asker, services, manager, params)),
          );
        },
      });
    }
  }
  const answer: RestApi = (request, target, context) => {
    const { method } = request;
    const found = routes.match(method === "HEAD" ? "GET" : method, target.path);
    if (!found) return otherMethod(routes.allowed(target.path), method, basePath);
    const [route, params] = found;
    const accept = request.headers.get("accept");
    if (!(route.anyType || (route.streams && takesEvents(accept)))) checkAccept(accept, route.types);
    const answer = route.answer(request, target, context, params);
    return isRead(method) ? answer : answer.then((reply) => preferred(request, reply));
  };
  return { answer, document: () => openapi.document };
}

const isRead = (method: string): boolean => method === "GET" || method === "HEAD";

/** What a path says to methods that it has no route for. */
function otherMethod(known: readonly Method[], method: string, basePath: string): Reply {
  if (known.length === 0) throw fail("NOT_FOUND", `There is no such route. GET ${basePath}/ lists what there is`);
  const allow = [...known.flatMap((each) => (each === "GET" ? ["GET", "HEAD"] : [each])), "OPTIONS"];
  const patch: Record<string, string> = known.includes("PATCH") ? { "accept-patch": patchTypes.join(", ") } : {};
  if (method === "OPTIONS") return { status: 204, headers: { allow: allow.join(", "), ...patch }, body: null };
  throw fail("METHOD_NOT_ALLOWED", `${method.slice(0, 20)} is not for this path: ${allow.join(", ")}`, { allow });
}

class RootRouteCall implements RootCall {
  readonly request: Request;
  readonly requestId: string;
  readonly actor: Actor;
  readonly transact: Transact;
  readonly feed: Feed;
  readonly limits: Limits;
  readonly foreign: boolean;
  readonly openapi: OpenApi;
  readonly blobs: Blobs;
  readonly onLapse: RootCall["onLapse"];
  readonly archives: ArchiveDoor;
  readonly #target: Target;
  readonly #manager: Services["managerOf"];
  #query: QueryParams | undefined;

  constructor(request: Request, target: Target, { requestId, actor, foreign, onLapse }: Asker, services: Services) {
    const { transact, feed, blobs, archives, limits, openapi, managerOf } = services;
    this.request = request;
    this.requestId = requestId;
    this.actor = actor;
    this.transact = transact;
    this.feed = feed;
    this.limits = limits;
    this.foreign = foreign;
    this.openapi = openapi;
    this.blobs = blobs;
    this.onLapse = onLapse;
    this.archives = archives;
    this.#target = target;
    this.#manager = managerOf;
  }

  resource(name: string): ResourceManager {
    return this.#manager(name).as(this.actor);
  }

  get path(): string {
    return this.#target.path;
  }

  get search(): string {
    return this.#target.search;
  }

  get query(): QueryParams {
    this.#query ??= QueryParams.of(this.#target.search);
    return this.#query;
  }
}

class RouteCall extends RootRouteCall implements Call {
  readonly manager: ResourceManager;
  readonly #params: Params;

  constructor(request: Request, target: Target, asker: Asker, services: Services, manager: ResourceManager, params: Params) {
    super(request, target, asker, services);
    this.manager = manager.actor === asker.actor ? manager : manager.as(asker.actor);
    this.#params = params;
  }

  get id(): string {
    // Text that can be no id is one that does not exist, as on every door: the manager says so.
    try {
      return decodeURIComponent(this.#params.id ?? "");
    } catch (thrown) {
      throw fail("BAD_REQUEST", "The id in the path is percent-encoded, and not as UTF-8", { field: "id" }, thrown);
    }
  }

  get revision(): number {
    return revisionNumber(this.#params.n ?? "");
  }
}
