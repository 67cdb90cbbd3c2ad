import type { Relations } from "../spec/relations.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Context } from "../storage/context.ts";
import type { IStorage } from "../storage/storage.ts";
import type { Actor } from "./actor.ts";
import type { Authorize } from "./authorize.ts";
import type { CursorSeal } from "./cursor-seal.ts";
import type { Limits } from "./limits.ts";
import type { Dispatch } from "./plugins/dispatch.ts";
import type { KeptRefs } from "./references/kept-refs.ts";
import type { InFlight } from "./unit/in-flight.ts";
import type { PlanAlong } from "./unit/plan-along.ts";
import type { SerialQueue } from "./unit/serial-queue.ts";

/** What all operations share; made once by the platform. */
export interface Core {
  readonly storage: IStorage;
  readonly context: Context;
  readonly specs: ReadonlyMap<string, ResourceSpec>;
  readonly relations: Relations;
  readonly keptRefs: (type: string) => KeptRefs;
  readonly authorize: Authorize;
  readonly dispatch: Dispatch;
  readonly planAlong: PlanAlong;
  readonly cursors: CursorSeal;
  readonly queue: SerialQueue;
  readonly inFlight: InFlight;
  readonly limits: Limits;
  /** How long a write without a precondition is re-applied under contention, in milliseconds. */
  readonly contentionMs: number;
}

/** Where one operation runs: on which spec, for whom. */
export interface Scope {
  readonly core: Core;
  readonly spec: ResourceSpec;
  readonly actor: Actor;
}
