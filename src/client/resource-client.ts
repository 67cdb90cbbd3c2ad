import { SpecStarError } from "../errors.ts";
import type { FeedEvent, SubscribeArgs } from "../feed/feed-event.ts";
import type { ActionMethod } from "../manager/action-methods.ts";
import type { CreateOptionsOf } from "../manager/operations/create.ts";
import type { RevisionDiff } from "../manager/operations/diff.ts";
import type { GetOptions } from "../manager/operations/get.ts";
import type { ModifyOptions } from "../manager/operations/modify.ts";
import type { Purged } from "../manager/operations/purge.ts";
import type { PageArgs, PageInfo } from "../manager/page.ts";
import type { ReferrerGroup } from "../manager/references/referrer-groups.ts";
import type { RevisionInfo } from "../manager/resource.ts";
import type { ActionOptions, ResourceOperation, UniqueKey, UpsertOptions } from "../manager/resource-operation.ts";
import type { Precondition, WriteOptions } from "../manager/write-options.ts";
import type { Aggregate, AggregateArgs, GroupKey, NumberKey, OrderedKey, ValuesOf } from "../spec/aggregate.ts";
import { kebabCase } from "../spec/letter-case.ts";
import type { MergePatch, Patch } from "../spec/patch.ts";
import type { Query, SearchArgsOf, WhereOf } from "../spec/query-builder.ts";
import type { ActionInputOf, ActionName, ActionOutputOf, DataOf, InputOf, ResourceSpec } from "../spec/resource.ts";
import type { ResourceMeta } from "../spec/resource-state.ts";
import { readChanges } from "./event-source.ts";
import { type Answer, type Call, errorIn, isRecord, type Transport, typed } from "./transport.ts";

/** A resource as JSON. Instants are RFC 3339 in UTC. */
export interface ResourceJson<T = unknown> {
  readonly id: string;
  readonly data: T;
  readonly meta: ResourceMeta;
  readonly revision: RevisionInfo;
}

export type RevisionJson<T = unknown> = RevisionInfo & { readonly data: T };

/** What a write answers. */
export interface WrittenJson<T = unknown> extends ResourceJson<T> {
  /** True where this write made the resource. */
  readonly created: boolean;
  /** True where an idempotency key gave the answer of an earlier call. */
  readonly replayed: boolean;
}

/** What an action answers. */
export interface ActionJson<T = unknown, Output = unknown> extends ResourceJson<T> {
  /** False where nothing was written, neither to this nor to others. */
  readonly changed: boolean;
  readonly output: Output;
  /** True where an idempotency key gave the answer of an earlier call. */
  readonly replayed: boolean;
}

type ClientActions<Spec extends ResourceSpec> = {
  readonly [A in ActionName<Spec>]: ActionMethod<ActionInputOf<Spec, A>, ActionJson<DataOf<Spec>, ActionOutputOf<Spec, A>>>;
};

export interface PageJson<Item> {
  readonly items: readonly Item[];
  readonly pageInfo: PageInfo;
  /** Only where it was asked for with `total`; of a history always. */
  readonly totalCount?: number;
}

/** Of one row of a batch or of a unit of work: the resource after it, of an action with its output, or the id of what was purged. */
export type BatchResult<T = unknown> = (ResourceJson<T> & { readonly changed: boolean; readonly output?: unknown }) | Purged;

/** All operations on the resources of one spec over REST, as the platform's `ResourceManager` has them. @throws SpecStarError */
export class ResourceClient<Spec extends ResourceSpec = ResourceSpec> {
  readonly #transport: Transport;
  readonly #name: string;
  /** What the spec declares itself: `client.article.actions.publish(id, input, options)`. */
  readonly actions: ClientActions<Spec>;

  constructor(transport: Transport, name: string) {
    this.#transport = transport;
    this.#name = name;
    const actions = new Proxy(
      {},
      {
        // Names are known to the compiler alone. Nothing is to be taken for a promise.
        get: (_, action) =>
          typeof action === "string" && action !== "then"
            ? (id: string, input?: object, options?: ActionOptions) => this.#act(action, id, input, options)
            : undefined,
      },
    );
    this.actions = typed(actions);
  }

  async create(data: InputOf<Spec>, options?: CreateOptionsOf<Spec>): Promise<WrittenJson<DataOf<Spec>>> {
    const { key, status, idempotencyKey } = options ?? {};
    const headers = { "idempotency-key": idempotencyKey };
    return written(await this.#send({ method: "POST", path: "", query: { key, status }, headers, body: data }));
  }

  /** Replaces the resource that has a value in a unique field, or creates it: `created` says which. */
  async upsert(by: UniqueKey<Spec>, data: InputOf<Spec>, { idempotencyKey }: UpsertOptions = {}): Promise<WrittenJson<DataOf<Spec>>> {
    const headers = { "idempotency-key": idempotencyKey };
    return written(await this.#send({ method: "PUT", path: "", query: parameterOf(by), headers, body: data }));
  }

  /** Each by itself: its result or the error in its place, in order. */
  async batch(operations: readonly ResourceOperation<Spec>[]): Promise<readonly (BatchResult<DataOf<Spec>> | SpecStarError)[]> {
    const { body } = await this.#send({ method: "POST", path: "/batch", body: operations });
    return listOf(body).map((row) => resultOf<DataOf<Spec>>(row));
  }

  async update(id: string, data: InputOf<Spec>, { ifVersion, status }: WriteOptions = {}): Promise<WrittenJson<DataOf<Spec>>> {
    return written(await this.#send({ method: "PUT", path: pathOf(id), query: { status }, headers: ifMatch(id, ifVersion), body: data }));
  }

  /** Changes part of the data by a merge patch (RFC 7396) or JSON Patch (RFC 6902). */
  async patch(
    id: string,
    change: Patch<MergePatch<InputOf<Spec>>>,
    { ifVersion, status }: WriteOptions = {},
  ): Promise<WrittenJson<DataOf<Spec>>> {
    const [type, body] =
      "merge" in change ? ["application/merge-patch+json", change.merge] : ["application/json-patch+json", change.operations];
    const headers = { ...ifMatch(id, ifVersion), "content-type": type };
    return written(await this.#send({ method: "PATCH", path: pathOf(id), query: { status }, headers, body }));
  }

  /** Replaces the current revision in place while it is a draft. Needs `ifVersion`. */
  async modify(id: string, change: Patch<MergePatch<InputOf<Spec>>>, options: ModifyOptions): Promise<WrittenJson<DataOf<Spec>>> {
    // Its own route wants the number of the revision, which only the row of a batch may leave out.
    const { body } = await this.#send({ method: "POST", path: "/batch", body: [{ op: "modify", id, ...change, ...options }] });
    const [row] = listOf(body);
    const result = resultOf<DataOf<Spec>>(row);
    if (result instanceof SpecStarError) throw result;
    // A row says whether it changed anything; no other answer of one resource does.
    const { changed: _, ...resource } = typed<ResourceJson<DataOf<Spec>> & { readonly changed: boolean }>(result);
    return { ...resource, created: false, replayed: false };
  }

  /** Makes another revision the current one. */
  async switch(id: string, number: number, { ifVersion }: Precondition = {}): Promise<WrittenJson<DataOf<Spec>>> {
    return written(await this.#send({ method: "POST", path: `${pathOf(id)}/switch/${number}`, headers: ifMatch(id, ifVersion) }));
  }

  /** Marks as deleted; `restore` takes it back. */
  async delete(id: string, { ifVersion }: Precondition = {}): Promise<void> {
    await this.#send({ method: "DELETE", path: pathOf(id), headers: ifMatch(id, ifVersion) });
  }

  async restore(id: string, { ifVersion }: Precondition = {}): Promise<WrittenJson<DataOf<Spec>>> {
    return written(await this.#send({ method: "POST", path: `${pathOf(id)}/restore`, headers: ifMatch(id, ifVersion) }));
  }

  /** Removes the resource with all its revisions, for good. */
  async purge(id: string, { ifVersion }: Precondition = {}): Promise<void> {
    await this.#send({ method: "POST", path: `${pathOf(id)}/purge`, headers: ifMatch(id, ifVersion) });
  }

  get(id: string, { asOf, includeDeleted }: GetOptions = {}): Promise<ResourceJson<DataOf<Spec>>> {
    return this.#read(pathOf(id), { asOf, includeDeleted });
  }

  revision(id: string, number: number): Promise<RevisionJson<DataOf<Spec>>> {
    return this.#read(`${pathOf(id)}/revisions/${number}`);
  }

  /** A page of the history, oldest first. */
  revisions(id: string, { first, after, last, before }: PageArgs = {}): Promise<PageJson<RevisionJson<DataOf<Spec>>>> {
    return this.#read(`${pathOf(id)}/revisions`, { first, after, last, before });
  }

  /** JSON Patch from one revision to another (default: the current one), with the paths that change. */
  diff(id: string, from: number, to?: number): Promise<RevisionDiff> {
    return this.#read(`${pathOf(id)}/diff`, { from, to });
  }

  /** A page of resources by indexed fields, now or `asOf` an instant. */
  async search(args: SearchArgsOf<Spec> | Query<Spec> = {}): Promise<PageJson<ResourceJson<DataOf<Spec>>>> {
    const { total, ...search } = "args" in args ? args.args : args;
    const { body } = await this.#send({ method: "POST", path: "/search", body: { ...search, count: total } });
    return typed(body);
  }

  async count(where?: WhereOf<Spec>, { includeDeleted }: { readonly includeDeleted?: boolean } = {}): Promise<number> {
    const { count } = await this.#read<{ readonly count: number }>("/count", { where: jsonOf(where), includeDeleted });
    return count;
  }

  async aggregate<
    Group extends GroupKey<Spec> = never,
    Sum extends NumberKey<Spec> = never,
    Avg extends NumberKey<Spec> = never,
    Min extends OrderedKey<Spec> = never,
    Max extends OrderedKey<Spec> = never,
    Distinct extends GroupKey<Spec> = never,
  >(
    args: AggregateArgs<WhereOf<Spec>, Group, Sum, Avg, Min, Max, Distinct>,
  ): Promise<readonly Aggregate<ValuesOf<Spec>, Group, Sum, Avg, Min, Max, Distinct>[]> {
    const { where, first, includeDeleted, ...fields } = args;
    const lists = Object.fromEntries(Object.entries(fields).map(([name, keys]) => [name, listOf(keys).join() || undefined]));
    const { groups } = await this.#read<{ readonly groups: readonly Aggregate<ValuesOf<Spec>, Group, Sum, Avg, Min, Max, Distinct>[] }>(
      "/aggregate",
      { ...lists, where: jsonOf(where), first, includeDeleted },
    );
    return groups;
  }

  /** What refers to a resource, in groups by spec and field. */
  async referrers(id: string): Promise<readonly ReferrerGroup[]> {
    const { items } = await this.#read<{ readonly items: readonly ReferrerGroup[] }>(`${pathOf(id)}/referrers`);
    return items;
  }

  /**
   * Changes from now on, or behind a cursor; begins with `ready`. Reconnects by cursor, without gap or repeat. Ends with
   * `signal`, or when the loop over it is left.
   */
  changes({
    id,
    where,
    kinds,
    after,
    signal,
  }: Omit<SubscribeArgs, "types" | "where"> & { readonly where?: WhereOf<Spec> } = {}): AsyncGenerator<FeedEvent, void> {
    const query = { id, where: jsonOf(where), kinds: kinds?.join() };
    const call = async (): Promise<Call> => ({ method: "GET", path: `${await this.#transport.pathOf(this.#name)}/changes`, query });
    return readChanges<FeedEvent>(this.#transport, call, { after, signal });
  }

  async #act(action: string, id: string, input: object | undefined, { ifVersion, idempotencyKey }: ActionOptions = {}) {
    const headers = { ...ifMatch(id, ifVersion), "idempotency-key": idempotencyKey };
    const answer = await this.#send({ method: "POST", path: `${pathOf(id)}/${kebabCase(action)}`, headers, body: input });
    return { ...typed<ActionJson>(answer.body), replayed: isReplay(answer) };
  }

  async #send(call: Call): Promise<Answer> {
    return this.#transport.send({ ...call, path: (await this.#transport.pathOf(this.#name)) + call.path });
  }

  async #read<T>(path: string, query: NonNullable<Call["query"]> = {}): Promise<T> {
    return typed((await this.#send({ method: "GET", path, query })).body);
  }
}

const pathOf = (id: string): string => `/${encodeURIComponent(id)}`;
const jsonOf = (value: unknown): string | undefined => (value === undefined ? undefined : JSON.stringify(value));
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const ifMatch = (id: string, version: number | undefined): Record<string, string> =>
  version === undefined ? {} : { "if-match": `"${id}.${version}"` };

/** A unique field and its value as a parameter; a nested one by its path. */
function parameterOf(by: unknown, path = ""): Record<string, string | number | boolean> {
  if (!isRecord(by)) return { [path]: typeof by === "number" || typeof by === "boolean" ? by : String(by) };
  return Object.assign({}, ...Object.entries(by).map(([name, value]) => parameterOf(value, path === "" ? name : `${path}.${name}`)));
}

const written = <T>({ status, headers, body }: Answer): WrittenJson<T> => ({
  ...typed<ResourceJson<T>>(body),
  created: status === 201,
  replayed: isReplay({ headers }),
});

const isReplay = ({ headers }: Pick<Answer, "headers">): boolean => headers.get("idempotency-replayed") === "true";

/** One row of a batch. */
export function resultOf<T>(row: unknown): BatchResult<T> | SpecStarError {
  const { problem, resource, id, ...rest } = typed<{
    problem?: unknown;
    resource?: ResourceJson<T>;
    changed: boolean;
    output?: unknown;
    id: string;
  }>(row);
  const { changed, output } = rest;
  const more = output === undefined ? { changed } : { changed, output };
  return errorIn(problem) ?? (resource ? { ...resource, ...more } : { id, changed });
}
