import { z } from "zod";
import { defineResource, type JsonPatchOperation, ref, SpecStarError } from "../../src/index.ts";

export const Note = defineResource("note", {
  schema: z.object({
    title: z.string().max(20),
    n: z.int().default(0),
    tags: z.array(z.string()).default([]),
    extra: z.string().nullable().optional(),
    kind: z.enum(["plain", "loud"]).default("plain"),
    place: z.object({ city: z.string() }).optional(),
    unindexed: z.string().optional(),
    code: z.string().optional(),
    above: ref("note", { inverse: "below", onDelete: "dangling" }).optional(),
    others: z.array(ref("note", { inverse: "otherOf", onDelete: "dangling" })).optional(),
    maker: ref("note", { inverse: "makes" }).optional(),
    owner: ref("note", { inverse: "owns", onDelete: "cascade" }).optional(),
    hint: ref("note", { inverse: "hinted", onDelete: "set_null" }).optional(),
  }),
  key: true,
  index: ["n", "tags", "extra", "kind", "place.city"],
  unique: ["title", ["n", "code"]],
  actions: {
    bump: {
      input: z.object({ by: z.int32().min(0), also: ref("note").optional() }),
      output: z.object({ from: z.int32(), to: z.int32() }),
      handler: async ({ input: { by, also }, resource, resources }) => {
        const from = resource.data.n;
        if (by === 99) throw new SpecStarError("CONFLICT", "99 is too much");
        await resource.patch({ merge: { n: from + by } });
        if (also !== undefined) await resources("note").patch(also, { merge: { n: by } });
        return { from, to: from + by };
      },
    },
  },
});

type Status = "draft" | "stable";
type PatchStep = { readonly merge?: Record<string, unknown>; readonly operations?: readonly JsonPatchOperation[] };
interface PageStep {
  readonly first?: number;
  readonly last?: number;
  readonly after?: string;
  readonly before?: string;
}

/** One operation, said once for every door. Ids are chosen keys, so that they are the same behind each. */
export type Step =
  | {
      readonly op: "create";
      readonly key: string;
      readonly data: Record<string, unknown>;
      readonly status?: Status;
      readonly idempotencyKey?: string;
    }
  | {
      readonly op: "upsert";
      readonly by: Record<string, unknown>;
      readonly data: Record<string, unknown>;
      readonly idempotencyKey?: string;
    }
  | {
      readonly op: "batch";
      readonly verb: "create" | "update" | "patch" | "delete" | "restore" | "purge";
      readonly rows: readonly Record<string, unknown>[];
    }
  | {
      readonly op: "transact";
      /** Each with its `op`. */
      readonly rows: readonly Record<string, unknown>[];
      readonly idempotencyKey?: string;
    }
  | {
      readonly op: "update";
      readonly id: string;
      readonly data: Record<string, unknown>;
      readonly status?: Status;
      readonly ifVersion?: number;
    }
  | ({ readonly op: "patch"; readonly id: string; readonly status?: Status; readonly ifVersion?: number } & PatchStep)
  | ({ readonly op: "modify"; readonly id: string; readonly status?: Status; readonly ifVersion: number } & PatchStep)
  | { readonly op: "switch"; readonly id: string; readonly revision: number; readonly ifVersion?: number }
  | {
      readonly op: "bump";
      readonly id: string;
      readonly input: { readonly by: number; readonly also?: string; readonly more?: number };
      readonly ifVersion?: number;
      readonly idempotencyKey?: string;
    }
  | { readonly op: "delete" | "restore" | "purge"; readonly id: string; readonly ifVersion?: number }
  | { readonly op: "get"; readonly id: string; readonly includeDeleted?: boolean }
  | { readonly op: "revision"; readonly id: string; readonly number: number }
  | ({ readonly op: "revisions"; readonly id: string } & PageStep)
  | { readonly op: "diff"; readonly id: string; readonly from: number; readonly to?: number }
  | ({
      readonly op: "search";
      readonly where?: Record<string, unknown>;
      readonly orderBy?: readonly string[];
      readonly includeDeleted?: boolean;
    } & PageStep)
  | { readonly op: "count"; readonly where?: Record<string, unknown> }
  | AggregateStep;

/** Fields by the names that TypeScript and REST know them by. */
export type AggregateStep = {
  readonly op: "aggregate";
  readonly where?: Record<string, unknown>;
  readonly groupBy?: readonly string[];
  readonly first?: number;
  readonly includeDeleted?: boolean;
} & { readonly [M in Measure]?: readonly string[] };

export const measures = ["sum", "avg", "min", "max", "countDistinct"] as const;
type Measure = (typeof measures)[number];

/** What every door must agree on. */
export type Outcome =
  | {
      readonly code: string;
      readonly issues?: readonly string[];
      readonly expected?: number;
      readonly actual?: number;
      readonly field?: string;
      readonly index?: number;
      /** Of a broken reference. */
      readonly id?: string;
      readonly referrers?: unknown;
    }
  | { readonly resource: ResourceOutcome; readonly created?: boolean; readonly changed?: boolean; readonly output?: unknown }
  | { readonly rows: readonly unknown[] }
  | { readonly revision: RevisionOutcome }
  | {
      readonly items: readonly (ResourceOutcome | RevisionOutcome)[];
      readonly total: number;
      readonly next: boolean;
      readonly previous: boolean;
    }
  | { readonly diff: { readonly operations: unknown; readonly paths: unknown } }
  | { readonly count: number }
  | { readonly groups: readonly unknown[] }
  | { readonly done: true };

export interface ResourceOutcome {
  readonly id: string;
  readonly data: unknown;
  readonly version: number;
  readonly number: number;
  readonly status: string;
  readonly deleted: boolean;
  readonly count: number;
}

export interface RevisionOutcome {
  readonly id: string;
  readonly data: unknown;
  readonly parent: number | null;
  readonly status: string;
}

/** One way into the platform. */
export interface Door {
  readonly name: "manager" | "graphql" | "rest" | "client";
  run(step: Step): Promise<Outcome>;
}

/** Of a group what was asked for, with null where a value is: said as an answer without empty members. */
export const groupOutcome = (group: unknown): unknown =>
  JSON.parse(JSON.stringify(group, (_, value: unknown) => (JSON.stringify(value) === "{}" ? undefined : value)));

/** Null members say the same as missing ones in GraphQL's answers. */
export const withoutNulls = (data: unknown): unknown =>
  JSON.parse(JSON.stringify(data, (_, value: unknown) => (value === null ? undefined : value)));
