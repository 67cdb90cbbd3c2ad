import type { JsonPatchOperation } from "../../../src/index.ts";

type Status = "draft" | "stable";
type Data = Readonly<Record<string, unknown>>;
interface OnType {
  /** Name of the spec. */
  readonly type: string;
}
interface OnId extends OnType {
  readonly id: string;
}
interface Guarded extends OnId {
  readonly ifVersion?: number;
}
export interface PatchOf {
  readonly merge?: Data;
  readonly operations?: readonly JsonPatchOperation[];
}
export interface PageOf {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string;
  readonly before?: string;
}
type Named<Op extends string, Arguments> = { readonly op: Op } & Arguments;
interface Once {
  readonly idempotencyKey?: string;
}

/** One operation with all its values, said once for every door. */
export type Step =
  | Named<"create", OnType & Once & { readonly data: Data; readonly key?: string; readonly status?: Status }>
  | Named<"upsert", OnType & Once & { readonly by: Data; readonly data: Data }>
  | Named<"update", Guarded & { readonly data: Data; readonly status?: Status }>
  | Named<"patch", Guarded & PatchOf & { readonly status?: Status }>
  /** The route of a draft names its number. */
  | Named<"modify", Guarded & PatchOf & { readonly status?: Status; readonly current: number }>
  | Named<"switch", Guarded & { readonly revision: number }>
  | Named<"delete" | "restore" | "purge", Guarded>
  | Named<"action", Guarded & Once & { readonly action: string; readonly input?: Data }>
  /** All rows are of one `verb`: GraphQL has a mutation for each. */
  | Named<"batch", OnType & { readonly verb: string; readonly status?: Status; readonly rows: readonly Data[] }>
  /** Each row says its `type` and its `op`. */
  | Named<"transact", Once & { readonly rows: readonly Data[] }>
  | Named<"get", OnId & { readonly includeDeleted?: boolean; readonly asOf?: string }>
  | Named<"revision", OnId & { readonly number: number }>
  | Named<"revisions", OnId & PageOf>
  | Named<"diff", OnId & { readonly from: number; readonly to?: number }>
  | Named<"referrers", OnId>
  | Named<
      "search",
      OnType &
        PageOf & {
          readonly where?: Data;
          readonly orderBy?: readonly string[];
          readonly includeDeleted?: boolean;
          readonly asOf?: string;
        }
    >
  | Named<"count", OnType & { readonly where?: Data }>
  | Named<"aggregate", OnType & AggregateOf>
  /** Without `type` those of all resources. `expect`: as many are read from doors that stream. */
  | Named<
      "changes",
      { readonly type?: string; readonly where?: Data; readonly kinds?: readonly string[]; readonly after: string; readonly expect: number }
    >;

export type AggregateOf = {
  readonly where?: Data;
  readonly groupBy?: readonly string[];
  readonly first?: number;
  readonly includeDeleted?: boolean;
} & { readonly [M in Measure]?: readonly string[] };

export const measures = ["sum", "avg", "min", "max", "countDistinct"] as const;
export type Measure = (typeof measures)[number];

export type StepOf<Op extends Step["op"]> = Extract<Step, { readonly op: Op }>;

/** What a door answers, as plain JSON; a refusal is `{ code, message, … }`. */
export type Outcome = Readonly<Record<string, unknown>>;

export interface Door {
  readonly name: DoorName;
  run(step: Step): Promise<Outcome>;
}

export const doorNames = ["manager", "graphql", "rest", "client"] as const;
export type DoorName = (typeof doorNames)[number];

/** As it would be read from JSON. */
export const plain = <T>(value: unknown): T => JSON.parse(JSON.stringify(value));
