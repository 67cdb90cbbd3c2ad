import type { GraphQLSchema } from "graphql";
import { buildSchema } from "../schema/build-schema.ts";
import { createContext } from "../schema/context.ts";
import { checkPlatformOptions } from "./check-platform-options.ts";
import { fail } from "./errors.ts";
import { Feed } from "./feed/feed.ts";
import { FeedHandlers, feedSpecs, keepingPlaces, withoutFeedSpecs } from "./feed/feed-handlers.ts";
import { type Actor, anonymous } from "./manager/actor.ts";
import { ArchiveDoor } from "./manager/archive/archive-door.ts";
import { allowAll, withOwners } from "./manager/authorize.ts";
import { Blobs } from "./manager/blobs/blobs.ts";
import { createCore } from "./manager/create-core.ts";
import { transactOn } from "./manager/operations/transact.ts";
import { withPluginResources } from "./manager/plugins/plugin.ts";
import { ResourceManager } from "./manager/resource-manager.ts";
import type { PlatformOptions } from "./platform-options.ts";
import { defaultDeadlineMs } from "./rest/deadline.ts";
import { resourceTemplates } from "./rest/resource-templates.ts";
import { createRestApi } from "./rest/rest-api.ts";
import { schemaHandlers } from "./schema-changes.ts";
import { createFetch } from "./server/fetch.ts";
import { createGraphQLServer } from "./server/graphql.ts";
import { Identification, ownersOf, withSecurity } from "./server/identify.ts";
import { openLog } from "./server/log.ts";
import { type Listening, type ListenOptions, listen } from "./server/node.ts";
import { requestIds } from "./server/request-context.ts";
import type { ResourceSpec } from "./spec/resource.ts";
import { specSet } from "./spec/spec-set.ts";
import { systemContext } from "./storage/context.ts";

export type { PlatformOptions } from "./platform-options.ts";
export type Platform = ReturnType<typeof createPlatform>;

/** The architecture in flow order: specs → storage → operations → feed → GraphQL and REST → doors. */
export function createPlatform<const Specs extends readonly ResourceSpec[]>(options: PlatformOptions<Specs>) {
  checkPlatformOptions(options);
  const { storage, plugins = [], context = systemContext, schemaChanges = "apply", deadlineMs = defaultDeadlineMs } = options;
  const log = openLog(() => context.now(), options.log);
  // What clients see; the platform keeps a few things of its own beside it.
  const resources = withPluginResources(options.resources, plugins);
  const specs = specSet(resources);

  const { core, open, ready, close } = createCore({
    ...{ storage, plugins, context, limits: options.limits ?? {} },
    authorize: keepingPlaces(withOwners(options.authorize ?? allowAll, ownersOf(options.actor))),
    ...{ specs: resources, internal: feedSpecs(plugins, specs) },
    onCommit: () => feed.wake(),
    ...schemaHandlers(schemaChanges, storage, log),
    onStarted: () => feedHandlers.start(),
    onHandlerError: (event, err) => log.error({ event, err }, "a handler failed"),
  });
  const transact = transactOn<Specs[number]>(core, specs);
  const managers = new Map(resources.map((spec) => [spec.name, new ResourceManager(core, spec, anonymous)]));
  const managerOf = (name: string): ResourceManager => managers.get(name) ?? noResource(name);
  const feed = new Feed(core, specs, options.feed);
  const feedHandlers = new FeedHandlers(core, plugins, feed);
  const [blobs, archives] = [new Blobs(core, open, options.presignedUrls), new ArchiveDoor(core, withoutFeedSpecs(specs))];

  const { path = "/graphql", limits = {}, extend, ...shown } = options.graphql ?? {};
  const schema: GraphQLSchema = buildSchema(resources, extend);
  const { basePath = "", templates = resourceTemplates } = options.rest ?? {};
  const blobUrl = (id: string) => `${basePath}/blobs/${id}`;
  const services = { manager: (name: string, actor: Actor) => managerOf(name).as(actor), transact, feed, blobs, blobUrl };
  const graphql = createGraphQLServer({ ...shown, schema, path, limits, deadlineMs, context: createContext(services), log });
  const routed = { managers: [...managers.values()], managerOf, templates, limits: core.limits, openapi: withSecurity(options) };
  const rest = createRestApi({ ...routed, transact, feed, blobs, archives, basePath, deadlineMs });

  const door = createFetch({
    rest: rest.answer,
    graphql,
    basePath,
    http: options,
    identification: new Identification(options.actor ?? (() => anonymous), { now: () => context.now(), managerOf }, log),
    log,
    requestId: requestIds(context),
    ready,
    index: Object.fromEntries(resources.map(({ name, names }) => [name, `${basePath}/${names.path}`])),
  });
  const servers = new Set<Listening>();

  return {
    schema,
    feed,
    blobs,
    /** Every route, parameter, body and answer as OpenAPI 3.1: what `GET /openapi.json` serves. */
    openapi: rest.document,
    /** The operations on the resources of a spec, typed by it, on behalf of `anonymous`; `.as(actor)` for somebody else. */
    // The manager was made from this very spec.
    resource: <Spec extends Specs[number]>(spec: Spec): ResourceManager<Spec> => managerOf(spec.name) as unknown as ResourceManager<Spec>,
    transact,
    /** Resources with all of their past as bytes, and back from them, on any storage. */
    ...archives.operations,
    fetch: door.fetch,
    /** Opens the storage now rather than at the first operation, and says what is wrong with it. */
    ready: open,
    /** Fields that cannot be asked about yet, because they are being indexed or cannot be; empty where all are ready. */
    schemaProgress: () => storage.schema.progress(),
    /** Resolves when there is nothing left to index, to the fields that are not ready even so. */
    schemaFilled: () => storage.schema.filled(),
    async listen(listenOptions: ListenOptions = {}): Promise<Listening> {
      await open();
      const server = await listen({ door, graphql, log }, listenOptions);
      servers.add(server);
      return server;
    },
    /** Finishes requests and writes that are under way, then lets go of everything. */
    async close(): Promise<void> {
      // Connections first: to a client a stream that ended by itself would be complete, and not one to resume.
      const stopped = Promise.all([...servers].map((server) => server.close()));
      feed.close();
      await Promise.all([stopped, feedHandlers.close()]).then(close);
      log.flush();
    },
  };
}

function noResource(name: string): never {
  throw fail("BAD_REQUEST", `${name.slice(0, 100)} is not among the resources of this platform`, { resource: name });
}
