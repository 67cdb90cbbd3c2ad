import type { MergePatch, Patch } from "../spec/patch.ts";
import type { ActionInputOf, ActionName, InputOf, ResourceSpec } from "../spec/resource.ts";
import type { CreateOptions } from "./operations/create.ts";
import type { ModifyOptions } from "./operations/modify.ts";
import type { Precondition, WriteOptions } from "./write-options.ts";

type Op<Name extends string, Arguments> = { readonly op: Name } & Arguments;
type OnId<Options> = { readonly id: string } & Options;

/** Which resource an upsert is about: its id where ids are chosen, or the value of one unique field. */
export type UniqueKey<Spec extends ResourceSpec = ResourceSpec> = { readonly id: string } | MergePatch<InputOf<Spec>>;

/** One write as data, for `batch` and `transact`. */
export type ResourceOperation<Spec extends ResourceSpec = ResourceSpec> = BuiltInOperation<Spec> | ActionOperation<Spec>;

/** The operations that every spec has. */
export type BuiltInOperation<Spec extends ResourceSpec = ResourceSpec> =
  | Op<"create", { readonly data: InputOf<Spec> } & CreateOptions & Named>
  | Op<"upsert", { readonly by: UniqueKey<Spec>; readonly data: InputOf<Spec> } & UpsertOptions & Named>
  | Op<"update", { readonly data: InputOf<Spec> } & OnId<WriteOptions>>
  | Op<"patch", Patch<MergePatch<InputOf<Spec>>> & OnId<WriteOptions>>
  | Op<"modify", Patch<MergePatch<InputOf<Spec>>> & OnId<ModifyOptions>>
  | Op<"switch", { readonly revision: number } & OnId<Precondition>>
  | Op<"delete" | "restore" | "purge", OnId<Precondition>>;

/** An action of the spec. */
export type ActionOperation<Spec extends ResourceSpec = ResourceSpec> = {
  readonly [A in ActionName<Spec>]: Op<"action", { readonly action: A } & InputMember<ActionInputOf<Spec, A>> & OnId<ActionOptions>>;
}[ActionName<Spec>];

type InputMember<Input> = Record<never, never> extends Input ? { readonly input?: Input | undefined } : { readonly input: Input };

export interface ActionOptions extends Precondition {
  /** As for `create`. */
  readonly idempotencyKey?: string | undefined;
}

export interface UpsertOptions {
  /** As for `create`. */
  readonly idempotencyKey?: string | undefined;
}

export interface Named {
  /** In `transact`: later operations may write `$` and this name where an id stands. */
  readonly as?: string | undefined;
}

/** An operation of `transact`, which says of which spec its resource is. */
export type Operation<Spec extends ResourceSpec = ResourceSpec> = Spec extends ResourceSpec
  ? { readonly type: Spec["name"] } & ResourceOperation<Spec>
  : never;
