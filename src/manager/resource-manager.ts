import type { SpecStarError } from "../errors.ts";
import type { Aggregate, AggregateArgs, GroupKey, NumberKey, OrderedKey, ValuesOf } from "../spec/aggregate.ts";
import type { MergePatch, Patch } from "../spec/patch.ts";
import type { Query, SearchArgsOf, WhereOf } from "../spec/query-builder.ts";
import type { DataOf, InputOf, ResourceSpec } from "../spec/resource.ts";
import { type ActionMethods, actionMethods } from "./action-methods.ts";
import type { Actor } from "./actor.ts";
import { aggregate } from "./operations/aggregate.ts";
import { count } from "./operations/count.ts";
import { type CreateOptionsOf, create } from "./operations/create.ts";
import { deleteResource } from "./operations/delete.ts";
import { type DiffKey, diff, diffs, type RevisionDiff } from "./operations/diff.ts";
import { type GetOptions, get, getMany } from "./operations/get.ts";
import { type ModifyOptions, modify } from "./operations/modify.ts";
import { patch } from "./operations/patch.ts";
import { batch, perform } from "./operations/perform.ts";
import { type Purged, purge } from "./operations/purge.ts";
import { referrers } from "./operations/referrers.ts";
import { referring } from "./operations/referring.ts";
import { restore } from "./operations/restore.ts";
import { type RevisionAt, revision, revisionsAt } from "./operations/revision.ts";
import { type RevisionConnection, type RevisionsArgs, revisions, revisionsOfMany } from "./operations/revisions.ts";
import { type SearchPage, search } from "./operations/search.ts";
import { switchRevision } from "./operations/switch.ts";
import { update } from "./operations/update.ts";
import { upsert } from "./operations/upsert.ts";
import { type ReferrerGroup, referrersOfMany } from "./references/referrer-groups.ts";
import type { Resource, RevisionView, Written } from "./resource.ts";
import type { ResourceOperation, UniqueKey, UpsertOptions } from "./resource-operation.ts";
import type { Core, Scope } from "./scope.ts";
import { write } from "./write.ts";
import type { Precondition, WriteOptions } from "./write-options.ts";

/**
 * All operations on the resources of one spec, on behalf of one actor. Both APIs call these and nothing else.
 * Checks come in this order: may the actor, is it there (NOT_FOUND, GONE), precondition, data, no-op.
 */
export class ResourceManager<Spec extends ResourceSpec = ResourceSpec> {
  readonly #scope: Scope;
  #actions: ActionMethods<Spec> | undefined;
  readonly spec: Spec;

  constructor(core: Core, spec: Spec, actor: Actor) {
    this.spec = spec;
    this.#scope = { core, spec, actor };
  }

  /** What the spec declares itself: `articles.actions.publish(id, input, options)`. */
  get actions(): ActionMethods<Spec> {
    this.#actions ??= actionMethods<Spec>(this.#scope);
    return this.#actions;
  }

  get actor(): Actor {
    return this.#scope.actor;
  }

  /** The same operations on behalf of somebody else. */
  as(actor: Actor): ResourceManager<Spec> {
    return new ResourceManager(this.#scope.core, this.spec, actor);
  }

  /** Writes revision 1 of a new resource. CONFLICT if a chosen id was ever used. */
  create(data: InputOf<Spec>, options?: CreateOptionsOf<Spec>): Promise<Written<DataOf<Spec>>> {
    return create(this.#scope, data, options ?? {});
  }

  /**
   * Replaces the resource that has a value in a unique field, or creates it: `created` says which. `by` holds one unique field
   * and its value, or `id` where ids are chosen; the data must say the same. The actor needs the rights to create and to update.
   */
  upsert(by: UniqueKey<Spec>, data: InputOf<Spec>, options: UpsertOptions = {}): Promise<Written<DataOf<Spec>>> {
    return upsert(this.#scope, by, data, options);
  }

  /** Up to `limits.operations`, each by itself: its result or the error in its place, in order. */
  batch(operations: readonly ResourceOperation<Spec>[]): Promise<readonly (Written<DataOf<Spec>> | Purged | SpecStarError)[]> {
    return batch(this.#scope, operations);
  }

  /** One operation that is given as data. */
  perform(operation: ResourceOperation<Spec>): Promise<Written<DataOf<Spec>> | Purged> {
    return perform(this.#scope, operation);
  }

  /** Replaces the data as a whole: a new revision, unless nothing changes. */
  update(id: string, data: InputOf<Spec>, options: WriteOptions = {}): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, update(this.#scope, id, data, options));
  }

  /** Changes part of the data by a merge patch (RFC 7396) or JSON Patch (RFC 6902), then as `update`. */
  patch(id: string, change: Patch<MergePatch<InputOf<Spec>>>, options: WriteOptions = {}): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, patch(this.#scope, id, change, options));
  }

  /** Replaces the current revision in place while it is a draft, and may turn it stable or back. Needs `ifVersion`. */
  modify(id: string, change: Patch<MergePatch<InputOf<Spec>>>, options: ModifyOptions): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, modify(this.#scope, id, change, options));
  }

  /** Makes another revision the current one. */
  switch(id: string, number: number, options: Precondition = {}): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, switchRevision(this.#scope, id, number, options));
  }

  /** Marks as deleted; `restore` takes it back. */
  delete(id: string, options: Precondition = {}): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, deleteResource(this.#scope, id, options));
  }

  restore(id: string, options: Precondition = {}): Promise<Written<DataOf<Spec>>> {
    return write(this.#scope, restore(this.#scope, id, options));
  }

  /** Removes the resource with all its revisions, for good. Its id stays reserved. */
  async purge(id: string, options: Precondition = {}): Promise<Purged> {
    const { changed } = await write(this.#scope, purge(this.#scope, id, options));
    return { id, changed };
  }

  /** The resource now, or as it was at an instant. NOT_FOUND, or GONE while it is deleted. */
  get(id: string, options: GetOptions = {}): Promise<Resource<DataOf<Spec>>> {
    return get(this.#scope, id, options);
  }

  /** One answer per id, in order; undefined for those that are missing, deleted, or not the actor's to read. One storage call. */
  getMany(
    ids: readonly string[],
    options: Pick<GetOptions, "includeDeleted"> = {},
  ): Promise<readonly (Resource<DataOf<Spec>> | undefined)[]> {
    return getMany(this.#scope, ids, options);
  }

  /** A revision by number, or the one that was current at an instant. */
  revision(id: string, at: RevisionAt): Promise<RevisionView<DataOf<Spec>>> {
    return revision(this.#scope, id, at);
  }

  /** One answer per key, in order, in one storage call: what `revision` would give, undefined instead of an error. */
  revisionsAt(keys: readonly ({ readonly id: string } & RevisionAt)[]): Promise<readonly (RevisionView<DataOf<Spec>> | undefined)[]> {
    return revisionsAt(this.#scope, keys);
  }

  /** A page of the history, oldest first. */
  revisions(id: string, args: RevisionsArgs = {}): Promise<RevisionConnection<DataOf<Spec>>> {
    return revisions(this.#scope, id, args);
  }

  /** One answer per id, in order, in two storage calls: what `revisions` would give, or the error in its place. */
  revisionsOfMany(
    ids: readonly string[],
    args: RevisionsArgs = {},
  ): Promise<readonly (RevisionConnection<DataOf<Spec>> | SpecStarError)[]> {
    return revisionsOfMany(this.#scope, ids, args);
  }

  /** JSON Patch from one revision to another (default: the current one), with the paths that change. */
  diff(id: string, from: number, to?: number): Promise<RevisionDiff> {
    return diff(this.#scope, { id, from, to });
  }

  /** One answer per key, in order, in two storage calls: what `diff` would give, or the error in its place. */
  diffs(keys: readonly DiffKey[]): Promise<readonly (RevisionDiff | SpecStarError)[]> {
    return diffs(this.#scope, keys);
  }

  /** A page of resources by indexed fields, now or `asOf` an instant; one call to the meta store, with or without total. */
  search(args: SearchArgsOf<Spec> | Query<Spec> = {}): Promise<SearchPage<DataOf<Spec>>> {
    return search(this.#scope, "args" in args ? args.args : args);
  }

  /**
   * For each of these ids, in order, a page of the resources whose `ref` holds it, as `search` would find them; one call to the
   * meta store. A cursor of one page is a place in the order, for every page.
   * @param ref a ref of this spec by its path: `author`, `credit.by`; in a list of refs the id must be a member
   */
  referring(
    ref: string,
    ids: readonly string[],
    args: SearchArgsOf<Spec> | Query<Spec> = {},
  ): Promise<readonly SearchPage<DataOf<Spec>>[]> {
    return referring(this.#scope, ref, ids, "args" in args ? args.args : args);
  }

  /** What refers to a resource, in groups by spec and field. */
  referrers(id: string): Promise<readonly ReferrerGroup[]> {
    return referrers(this.#scope, id);
  }

  /** One answer per id, in order, also for those that are deleted or unknown; as many storage calls as fields refer to this spec. */
  referrersOfMany(ids: readonly string[]): Promise<readonly (readonly ReferrerGroup[])[]> {
    return referrersOfMany(this.#scope, ids);
  }

  /**
   * How many resources a filter finds, in groups by the values of some fields: the largest groups first; and of each group sums,
   * averages, extremes and numbers of distinct values of indexed fields and meta. One call to the meta store.
   * BAD_REQUEST where a sum is no exact number any more.
   */
  aggregate<
    Group extends GroupKey<Spec> = never,
    Sum extends NumberKey<Spec> = never,
    Avg extends NumberKey<Spec> = never,
    Min extends OrderedKey<Spec> = never,
    Max extends OrderedKey<Spec> = never,
    Distinct extends GroupKey<Spec> = never,
  >(
    args: AggregateArgs<WhereOf<Spec>, Group, Sum, Avg, Min, Max, Distinct>,
  ): Promise<readonly Aggregate<ValuesOf<Spec>, Group, Sum, Avg, Min, Max, Distinct>[]> {
    return aggregate(this.#scope, args);
  }

  count(where?: WhereOf<Spec>, options: { readonly includeDeleted?: boolean } = {}): Promise<number> {
    return count(this.#scope, where, options);
  }
}
