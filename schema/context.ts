import type { FeedEvent, SubscribeArgs } from "../src/feed/feed-event.ts";
import type { Actor } from "../src/manager/actor.ts";
import type { Transact } from "../src/manager/operations/transact.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import type { BlobRow } from "../src/storage/rows.ts";
import { Loaders } from "./loaders.ts";

/** What the schema needs of the platform. */
export interface Services {
  /** The operations of the spec of that name, on behalf of an actor. */
  manager(name: string, actor: Actor): ResourceManager;
  readonly transact: Transact;
  readonly feed: { subscribe(actor: Actor, args: SubscribeArgs): AsyncGenerator<FeedEvent, void> };
  readonly blobs: { stat(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> };
  /** Where a blob is served. */
  blobUrl(id: string): string;
}

/** What resolvers see: one per operation. */
export interface GraphQLContext {
  readonly actor: Actor;
  manager(name: string): ResourceManager;
  /** The operations of a spec on behalf of the actor, typed by it. */
  resource<Spec extends ResourceSpec>(spec: Spec): ResourceManager<Spec>;
  readonly transact: Transact;
  readonly feed: Services["feed"];
  readonly loaders: Loaders;
  blobUrl(id: string): string;
}

/** Makes the context of an operation from who asks. */
export const createContext =
  (services: Services) =>
  ({ actor }: { readonly actor: Actor }): GraphQLContext => {
    const managers = new Map<string, ResourceManager>();
    const manager = (name: string): ResourceManager => {
      const known = managers.get(name) ?? services.manager(name, actor);
      managers.set(name, known);
      return known;
    };
    // The manager of that name was made from that spec.
    const resource = <Spec extends ResourceSpec>({ name }: Spec) => manager(name) as unknown as ResourceManager<Spec>;
    const { transact, feed, blobs, blobUrl } = services;
    return { actor, manager, resource, transact, feed, blobUrl, loaders: new Loaders(manager, blobs) };
  };
