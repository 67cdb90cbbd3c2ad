import type { z } from "zod";
import type { Actor } from "./actor.ts";
import type { MergePatch, Patch } from "./patch.ts";
import type { Query, SearchArgsOf } from "./query-builder.ts";
import type { DataOf, InputOf, ResourceSpec } from "./resource.ts";
import type { ResourceState } from "./resource-state.ts";

/** A resource after a write of the unit. `changed` is false where there was nothing to do. */
export interface WrittenState<T = unknown> extends ResourceState<T> {
  readonly changed: boolean;
}

interface StatusOption {
  /** `stable` unless told `draft`. */
  readonly status?: "draft" | "stable" | undefined;
}

interface VersionOption {
  /** Refuses the action unless the resource is at this version. */
  readonly ifVersion?: number | undefined;
}

type Change<Input> = Patch<MergePatch<Input>>;

/** The resource that an action is about: as the action found it, with the writes to it. Each answers the state after it. */
export interface ActionResource<Schema extends z.ZodObject = z.ZodObject> extends ResourceState<z.output<Schema>> {
  update(data: z.input<Schema>, options?: StatusOption): Promise<WrittenState<z.output<Schema>>>;
  patch(change: Change<z.input<Schema>>, options?: StatusOption): Promise<WrittenState<z.output<Schema>>>;
  /** Replaces the current revision in place while it is a draft, and may turn it stable or back. */
  modify(change: Change<z.input<Schema>>, options?: StatusOption): Promise<WrittenState<z.output<Schema>>>;
  /** Makes another revision the current one. */
  switch(number: number): Promise<WrittenState<z.output<Schema>>>;
  delete(): Promise<WrittenState<z.output<Schema>>>;
}

/**
 * Any resources of one spec. Every call asks `authorize` whether the actor may, with the action's name in the request, and
 * throws what the operation of that name throws.
 */
export interface UnitResources<Spec extends ResourceSpec = ResourceSpec> {
  /** As the unit has left it so far. The unit commits only while it is still so. NOT_FOUND, or GONE while it is deleted. */
  get(id: string): Promise<ResourceState<DataOf<Spec>>>;
  /** What is committed: the unit's own writes are not found yet, and what is found may have moved on when it commits. */
  search(args?: SearchArgsOf<Spec> | Query<Spec>): Promise<{
    readonly items: readonly ResourceState<DataOf<Spec>>[];
    readonly totalCount?: number | undefined;
  }>;
  create(data: InputOf<Spec>, options?: StatusOption & { readonly key?: string | undefined }): Promise<WrittenState<DataOf<Spec>>>;
  upsert(by: { readonly id: string } | MergePatch<InputOf<Spec>>, data: InputOf<Spec>): Promise<WrittenState<DataOf<Spec>>>;
  update(id: string, data: InputOf<Spec>, options?: StatusOption & VersionOption): Promise<WrittenState<DataOf<Spec>>>;
  patch(id: string, change: Change<InputOf<Spec>>, options?: StatusOption & VersionOption): Promise<WrittenState<DataOf<Spec>>>;
  switch(id: string, number: number, options?: VersionOption): Promise<WrittenState<DataOf<Spec>>>;
  delete(id: string, options?: VersionOption): Promise<WrittenState<DataOf<Spec>>>;
  restore(id: string, options?: VersionOption): Promise<WrittenState<DataOf<Spec>>>;
}

/**
 * What the handler of an action is given. The laws:
 *
 * - It runs before the transaction and never inside of one. When somebody else was faster, it runs again on the newer state: it has
 *   no effects but those that it asks for here.
 * - What it writes here is one unit of work with the action, and with the other operations of a `transact`: all of it or nothing.
 *   It waits for every write; one that is refused refuses the action, caught or not.
 * - The right to the action is the right to write the resource that it is about. What it does to others asks `authorize`.
 * - What it throws refuses the action: a SpecStarError as it is, anything else as INTERNAL.
 */
export interface ActionCall<Schema extends z.ZodObject = z.ZodObject, Input = Readonly<Record<string, unknown>>> {
  /** As its schema has read it, defaults applied. */
  readonly input: Input;
  readonly resource: ActionResource<Schema>;
  readonly actor: Actor;
  /** The platform's clock, RFC 3339 in UTC. */
  readonly now: string;
  /** Resources of a spec of the platform; of one that is defined later, or in a file that imports this one, by its name. */
  resources<Spec extends ResourceSpec>(spec: Spec): UnitResources<Spec>;
  resources(spec: string): UnitResources;
}
