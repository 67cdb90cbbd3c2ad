import type { FeedEvent, SubscribeArgs } from "../src/feed/feed-event.ts";
import type { Actor } from "../src/manager/actor.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
import type { BlobRow } from "../src/storage/rows.ts";
import { Loaders } from "./loaders.ts";

/** What the schema needs of the platform. */
export interface Services {
  /** The operations of the spec of that name, on behalf of an actor. */
  manager(name: string, actor: Actor): ResourceManager;
  readonly feed: { subscribe(actor: Actor, args: SubscribeArgs): AsyncIterable<FeedEvent> };
  readonly blobs: { stat(ids: readonly string[]): Promise<readonly (BlobRow | undefined)[]> };
}

/** What resolvers see: one per operation. */
export interface GraphQLContext {
  readonly actor: Actor;
  manager(name: string): ResourceManager;
  readonly feed: Services["feed"];
  readonly loaders: Loaders;
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
    return { actor, manager, feed: services.feed, loaders: new Loaders(manager, services.blobs) };
  };
