import { SpecStarError } from "../errors.ts";
import type { FeedEvent, SubscribeArgs } from "../feed/feed-event.ts";
import type { Operation } from "../manager/resource-operation.ts";
import type { DataOf, ResourceSpec } from "../spec/resource.ts";
import { BlobClient } from "./blob-client.ts";
import { readChanges } from "./event-source.ts";
import { type BatchResult, ResourceClient, resultOf } from "./resource-client.ts";
import { Transport, type TransportOptions } from "./transport.ts";

export type ClientOptions = TransportOptions;

type AnySpecs = readonly ResourceSpec[];

/** What stands beside the resources. */
export interface Operations<Specs extends AnySpecs = AnySpecs> {
  /** The operations on the resources of a spec, for names that are not known before, or that stand for something else here. */
  resource<Name extends Specs[number]["name"]>(name: Name): ResourceClient<Extract<Specs[number], { readonly name: Name }>>;
  readonly blobs: BlobClient;
  /** All operations as one unit of work, or none: the error carries the `index` of the one that was refused. */
  transact(
    operations: readonly Operation<Specs[number]>[],
    options?: { readonly idempotencyKey?: string },
  ): Promise<readonly BatchResult<DataOf<Specs[number]>>[]>;
  /** Changes of all resources, or of `types`; otherwise as the `changes` of one resource. */
  changes(args?: Pick<SubscribeArgs, "types" | "kinds" | "after" | "signal">): AsyncGenerator<FeedEvent, void>;
}

/** A client of a platform: a `ResourceClient` under the name of each spec, and what stands beside them. */
export type SpecStarClient<Specs extends AnySpecs> = Operations<Specs> & {
  readonly [Spec in Specs[number] as Exclude<Spec["name"], keyof Operations>]: ResourceClient<Spec>;
};

/**
 * A client over REST with the types of the platform's specs, for browsers and for Node: `createClient<typeof resources>({ url })`.
 * Only types come from the specs, so a page need not load them.
 */
export function createClient<const Specs extends AnySpecs>(options: ClientOptions): SpecStarClient<Specs>;
export function createClient(options: ClientOptions): unknown {
  const transport = new Transport(options);
  const clients = new Map<string, ResourceClient>();
  const resource = (name: string): ResourceClient => {
    const client = clients.get(name) ?? new ResourceClient(transport, name);
    clients.set(name, client);
    return client;
  };
  const operations = {
    resource,
    blobs: new BlobClient(transport),
    transact: async (rows: readonly Operation[], { idempotencyKey }: { readonly idempotencyKey?: string } = {}) => {
      const headers = { "idempotency-key": idempotencyKey };
      const { body } = await transport.send({ method: "POST", path: "/transact", headers, body: rows });
      return (Array.isArray(body) ? body : []).map((row: unknown) => {
        const result = resultOf(row);
        if (result instanceof SpecStarError) throw result;
        return result;
      });
    },
    changes: ({ types, kinds, after, signal }: Pick<SubscribeArgs, "types" | "kinds" | "after" | "signal"> = {}) => {
      const query = { types: types?.join(), kinds: kinds?.join() };
      return readChanges<FeedEvent>(transport, async () => ({ method: "GET", path: "/changes", query }), { after, signal });
    },
  };
  // Names are known to the compiler alone. Nothing is to be taken for a promise: `await client` asks for `then`.
  return new Proxy(operations, {
    get: (target, name) => (typeof name !== "string" || name === "then" || name in target ? Reflect.get(target, name) : resource(name)),
  });
}
