import type { SpecStarError } from "../errors.ts";
import type { DataOf, ResourceSpec } from "../spec/resource.ts";
import type { Actor } from "./actor.ts";
import type { Resource, Written } from "./resource.ts";

export const writeOperations = ["create", "update", "patch", "modify", "switch", "delete", "restore", "purge"] as const;
export type WriteOperation = (typeof writeOperations)[number];

export const readOperations = ["get", "search", "count", "revision", "revisions", "diff", "subscribe"] as const;
/** Copying resources with all of their past, from here or to here. */
export const archiveOperations = ["export", "import"] as const;
export type Operation = WriteOperation | (typeof readOperations)[number] | (typeof archiveOperations)[number];

export const phases = ["before", "after", "failure"] as const;
export type Phase = (typeof phases)[number];

interface EventBase {
  readonly type: string;
  readonly operation: WriteOperation;
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

interface EventOf<T> {
  readonly before: BeforeEvent<T>;
  readonly after: AfterEvent<T>;
  readonly failure: FailureEvent;
}

type Handler<E> = (event: E) => void | Promise<void>;

/** The closed map of events: `{resource}.{operation}.{phase}`, `*` for any resource or operation. */
export type EventHandlers<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> = {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.before`]?: Handler<EventOf<DataOf<S>>["before"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.after`]?: Handler<EventOf<DataOf<S>>["after"]>;
} & {
  readonly [S in Specs[number] as `${S["name"]}.${WriteOperation | "*"}.failure`]?: Handler<FailureEvent>;
} & {
  readonly [P in Phase as `*.${WriteOperation | "*"}.${P}`]?: Handler<EventOf<Record<string, unknown>>[P]>;
};

/** A plain object with event handlers; taking it out of the list takes its behaviour away. */
export interface Plugin<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> {
  readonly name: string;
  readonly on: EventHandlers<Specs>;
}
