import type { SpecStarError } from "../errors.ts";
import type { ActionInputOf, ActionName, ActionOutputOf, DataOf, ResourceSpec } from "../spec/resource.ts";
import type { Actor } from "./actor.ts";
import type { ActionResult, Resource, Written } from "./resource.ts";

export const writeOperations = ["create", "update", "patch", "modify", "switch", "delete", "restore", "purge"] as const;
export type WriteOperation = (typeof writeOperations)[number];

export const readOperations = ["get", "search", "count", "revision", "revisions", "diff", "subscribe"] as const;
export type Operation = WriteOperation | (typeof readOperations)[number];

/** An operation, or the name of an action, which no operation has. */
export type OperationName = Operation | (string & Record<never, never>);

export const phases = ["before", "after", "failure"] as const;
export type Phase = (typeof phases)[number];

interface EventBase {
  readonly type: string;
  /** Of an action its name. */
  readonly operation: OperationName;
  readonly actor: Actor;
  /** Undefined for a create that failed before it had one. */
  readonly id: string | undefined;
}

/** Before a write is checked for good: `data` may be changed in place, and a throw refuses the write. Runs again when the write is re-applied to a newer state, so it has no effects outside. */
export interface BeforeEvent<T = Record<string, unknown>> extends EventBase {
  /** The data to be written; undefined for operations that write none. */
  data: T;
  readonly previous: Resource<T> | undefined;
}

/** After the commit; best effort, in this process. */
export interface AfterEvent<T = Record<string, unknown>> extends EventBase {
  readonly result: Written<T> | undefined;
  readonly previous: Resource<T> | undefined;
}

/** After an operation failed; nothing was written. */
export interface FailureEvent extends EventBase {
  readonly error: SpecStarError;
}

/** Before the handler of an action: `data` is that of the resource, for looking at. */
export interface ActionBeforeEvent<T = Record<string, unknown>, Input = unknown> extends BeforeEvent<T> {
  readonly input: Input;
}

/** After the commit of an action, where it wrote anything; what it wrote has events of its own. */
export interface ActionAfterEvent<T = Record<string, unknown>, Input = unknown, Output = unknown> extends AfterEvent<T> {
  readonly input: Input;
  readonly result: ActionResult<T, Output> | undefined;
}

interface EventOf<T> {
  readonly before: BeforeEvent<T>;
  readonly after: AfterEvent<T>;
  readonly failure: FailureEvent;
}

type Handler<E> = (event: E) => void | Promise<void>;

/** Each action of these specs, with its spec. */
type ActionsOf<Spec extends ResourceSpec> = Spec extends ResourceSpec ? { [A in ActionName<Spec>]: [Spec, A] }[ActionName<Spec>] : never;

type ActionHandlers<Action extends [ResourceSpec, string]> = {
  readonly [A in Action as `${A[0]["name"]}.${A[1]}.before`]?: Handler<ActionBeforeEvent<DataOf<A[0]>, ActionInputOf<A[0], A[1]>>>;
} & {
  readonly [A in Action as `${A[0]["name"]}.${A[1]}.after`]?: Handler<
    ActionAfterEvent<DataOf<A[0]>, ActionInputOf<A[0], A[1]>, ActionOutputOf<A[0], A[1]>>
  >;
} & {
  readonly [A in Action as `${A[0]["name"]}.${A[1]}.failure`]?: Handler<FailureEvent>;
};

/** The closed map of events: `{resource}.{operation}.{phase}`, an action's name for its own; `*` for any resource or operation. */
export type EventHandlers<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> = {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.before`]?: Handler<EventOf<DataOf<S>>["before"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.after`]?: Handler<EventOf<DataOf<S>>["after"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.failure`]?: Handler<FailureEvent>;
} & {
  readonly [P in Phase as `*.${WriteOperation | "*"}.${P}`]?: Handler<EventOf<Record<string, unknown>>[P]>;
} & ActionHandlers<ActionsOf<Specs[number]>>;

/** A plain object with event handlers; taking it out of the list takes its behaviour away. */
export interface Plugin<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> {
  readonly name: string;
  readonly on: EventHandlers<Specs>;
}
