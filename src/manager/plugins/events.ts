import type { ErrorCode, ErrorDetails, SpecStarError } from "../../errors.ts";
import type { UnitResources } from "../../spec/action-call.ts";
import type { ActionInputOf, ActionName, ActionOutputOf, DataOf, ResourceSpec } from "../../spec/resource.ts";
import type { Context } from "../../storage/context.ts";
import type { ChangeKind } from "../../storage/rows.ts";
import type { Actor } from "../actor.ts";
import type { Transact } from "../operations/transact.ts";
import type { ActionResult, Resource, RevisionView, Written } from "../resource.ts";
import type { ResourceManager } from "../resource-manager.ts";

export const writeOperations = ["create", "update", "patch", "modify", "switch", "delete", "restore", "purge"] as const;
export type WriteOperation = (typeof writeOperations)[number];

export const readOperations = ["get", "search", "count", "revision", "revisions", "diff", "subscribe"] as const;
/** Copying resources with all of their past, from here or to here. */
export const archiveOperations = ["export", "import"] as const;
export type Operation = WriteOperation | (typeof readOperations)[number] | (typeof archiveOperations)[number];

/** An operation, or the name of an action, which no operation has. */
export type OperationName = Operation | (string & Record<never, never>);

export const phases = ["before", "plan", "after", "failure", "feed"] as const;
export type Phase = (typeof phases)[number];

/** What a plugin can do with the platform that it is a part of. */
export interface PluginPlatform {
  /**
   * The operations on the resources of a spec, as the plugin itself: `plugin:{name}`, to whom nothing is forbidden. `.as(actor)` for
   * somebody else, as for whoever an event is about.
   */
  resource<Spec extends ResourceSpec>(spec: Spec): ResourceManager<Spec>;
  /** All or nothing, across resources; as the plugin unless told otherwise. */
  readonly transact: Transact;
}

/** What every handler gets beside what happened. */
export interface HandlerTools {
  readonly platform: PluginPlatform;
  /** Time, ids and randomness. */
  readonly context: Context;
  /** Aborted when the handler has taken too long: `limits.handlerMs`. */
  readonly signal: AbortSignal;
  /** Fails the operation with a code of the error table, in the plugin's name. */
  refuse(code: ErrorCode, message: string, details?: ErrorDetails): never;
}

interface EventBase extends HandlerTools {
  readonly type: string;
  /** Of an action its name. */
  readonly operation: OperationName;
  readonly actor: Actor;
  /** Undefined for a create that failed before it had one. */
  readonly id: string | undefined;
}

/**
 * Before a write is checked for good: `data` may be changed in place, and a throw refuses the write. Runs again when the write is
 * re-applied to a newer state, so it has no effects outside: writes of its own are refused.
 */
export interface BeforeEvent<T = Record<string, unknown>> extends EventBase {
  /** The data to be written; undefined for operations that write none. */
  data: T;
  readonly previous: Resource<T> | undefined;
}

/**
 * When a write is planned, before its transaction: what the handler writes by `resources` is one unit of work with it, all of it or
 * nothing. It writes as the plugin. What it read by id is still so at the commit: otherwise it runs again, so it has no other effects.
 */
export interface PlanEvent<T = Record<string, unknown>> extends EventBase {
  readonly id: string;
  readonly previous: Resource<T> | undefined;
  /** As it will be. */
  readonly result: Resource<T>;
  /** Resources of a spec, as the unit leaves them so far. A write that is refused refuses all of it, caught or not. */
  resources<Spec extends ResourceSpec>(spec: Spec): UnitResources<Spec>;
  resources(spec: string): UnitResources;
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

/**
 * One change of the feed, after its commit, in whichever process: delivered at least once, in order per resource. Where the handler
 * throws it is tried again, and parked after a few attempts.
 */
export interface FeedHandlerEvent<T = Record<string, unknown>> extends HandlerTools {
  readonly type: string;
  readonly kind: ChangeKind;
  readonly id: string;
  readonly version: number;
  /** RFC 3339. */
  readonly at: string;
  /** Id of the actor. */
  readonly by: string;
  /** The same each time that this change is delivered: `{id}.{version}`. */
  readonly key: string;
  /** From 1. */
  readonly attempt: number;
  /** As it is now; undefined where it is missing or purged. */
  resource(): Promise<Resource<T> | undefined>;
  /** What became current with this change; undefined once it was purged. */
  revision(): Promise<RevisionView<T> | undefined>;
  /** What was current before; undefined for the first, for a modified draft, and once it was purged. */
  previous(): Promise<RevisionView<T> | undefined>;
}

/** What happened, as the manager tells it: tools are added for whoever hears it. */
export type Told<E> = Omit<E, keyof HandlerTools>;
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
  readonly plan: PlanEvent<T>;
  readonly after: AfterEvent<T>;
  readonly failure: FailureEvent;
}

export type Handler<E> = (event: E) => void | Promise<void>;

type OperationPhase = keyof EventOf<unknown>;
type ChangeKey = ChangeKind | "*";

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

/**
 * The closed map of events: `{resource}.{operation}.{phase}`, an action's name for its own, and `{resource}.{change}.feed`; `*` for any
 * resource, operation or change.
 */
export type EventHandlers<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> = {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.before`]?: Handler<EventOf<DataOf<S>>["before"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.plan`]?: Handler<EventOf<DataOf<S>>["plan"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.after`]?: Handler<EventOf<DataOf<S>>["after"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.failure`]?: Handler<FailureEvent>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${ChangeKind | "*"}.feed`]?: Handler<FeedHandlerEvent<DataOf<S>>>;
} & {
  readonly [P in OperationPhase as `*.${WriteOperation | "*"}.${P}`]?: Handler<EventOf<Record<string, unknown>>[P]>;
} & {
  readonly [K in ChangeKey as `*.${K}.feed`]?: Handler<FeedHandlerEvent>;
} & ActionHandlers<ActionsOf<Specs[number]>>;
