import { fail } from "../errors.ts";
import type { Column, ColumnType } from "./column.ts";
import { notIndexed } from "./not-indexed.ts";
import type { At, Heads, MetaKey, RefKeys, Tails } from "./paths.ts";
import { queryColumns } from "./query.ts";
import type { IndexedOf } from "./query-builder.ts";
import type { DataOf, ResourceSpec } from "./resource.ts";

export const measures = ["sum", "avg", "min", "max", "countDistinct"] as const;
export type Measure = (typeof measures)[number];

/** An aggregate as plain data: which resources, in which groups, and what is to be known of each group beside their count. */
export interface AggregateArgs<
  W = unknown,
  Group extends string = string,
  Sum extends string = string,
  Avg extends string = string,
  Min extends string = string,
  Max extends string = string,
  Distinct extends string = string,
> {
  readonly where?: W | undefined;
  /** One group for all unless told. */
  readonly groupBy?: readonly Group[] | undefined;
  readonly sum?: readonly Sum[] | undefined;
  readonly avg?: readonly Avg[] | undefined;
  readonly min?: readonly Min[] | undefined;
  readonly max?: readonly Max[] | undefined;
  readonly countDistinct?: readonly Distinct[] | undefined;
  /** At most 200 groups, the largest; 20 unless told. */
  readonly first?: number | undefined;
  readonly includeDeleted?: boolean | undefined;
}

/** What is answered of a group: by field, nested as in the data. */
export interface Aggregate<
  T = unknown,
  Group extends string = string,
  Sum extends string = string,
  Avg extends string = string,
  Min extends string = string,
  Max extends string = string,
  Distinct extends string = string,
> {
  /** The values that all of the group have; null for missing and null. Instants are RFC 3339 in UTC, here and below. */
  readonly group: Picked<T, Group>;
  /** How many resources are in it. */
  readonly count: number;
  /** 0 of nothing. */
  readonly sum: Each<Sum, number>;
  readonly avg: Each<Avg, number | null>;
  readonly min: Picked<T, Min>;
  readonly max: Picked<T, Max>;
  /** Without missing and null. */
  readonly countDistinct: Each<Distinct, number>;
}

interface MetaValues {
  readonly version: number;
  readonly createdAt: string;
  readonly createdBy: string;
  readonly updatedAt: string;
  readonly updatedBy: string;
  readonly deletedAt: string;
  readonly revisionCount: number;
  readonly schemaVersion: number;
  readonly status: "draft" | "stable";
}

export type ValuesOf<Spec extends ResourceSpec> = DataOf<Spec> & { readonly meta: MetaValues };

type Picked<T, P extends string> = {
  readonly [K in Heads<P>]: K extends P ? At<T, K> | null : Picked<K extends keyof T ? NonNullable<T[K]> : never, Tails<P, K>>;
};
type Each<P extends string, V> = { readonly [K in Heads<P>]: K extends P ? V : Each<Tails<P, K>, V> };

/** Of some keys those whose values are of a type; all where a spec is not known before it runs. */
type KeysWith<T, P extends string, V> = P extends string ? (string extends P ? P : At<T, P> extends V ? P : never) : never;

type KeyOf<Spec extends ResourceSpec> = IndexedOf<Spec> | MetaKey;
/** Single values can be grouped by, and their distinct ones counted. */
export type GroupKey<Spec extends ResourceSpec> = KeysWith<ValuesOf<Spec>, KeyOf<Spec>, string | number | boolean>;
export type NumberKey<Spec extends ResourceSpec> = KeysWith<ValuesOf<Spec>, KeyOf<Spec>, number>;
/** Ids are text, but their order says nothing. */
export type OrderedKey<Spec extends ResourceSpec> = KeysWith<
  ValuesOf<Spec>,
  Exclude<KeyOf<Spec>, `${RefKeys<Spec["schema"]>}Id`>,
  string | number
>;

const numbers: readonly ColumnType[] = ["int", "float"];
const ordered: readonly ColumnType[] = [...numbers, "string", "enum", "date", "datetime"];
const single: readonly ColumnType[] = [...ordered, "boolean", "id"];

const taken: Record<Measure | "groupBy", { readonly types: readonly ColumnType[]; readonly inWords: string }> = {
  groupBy: { types: single, inWords: "single values" },
  sum: { types: numbers, inWords: "numbers" },
  avg: { types: numbers, inWords: "numbers" },
  min: { types: ordered, inWords: "numbers, text, dates and instants" },
  max: { types: ordered, inWords: "numbers, text, dates and instants" },
  countDistinct: { types: single, inWords: "single values" },
};

/** Whether a measure, or `groupBy`, takes a column. Each resource has an id of its own, which is neither grouped by nor counted. */
export const takes = (what: Measure | "groupBy", { type, array, name }: Column): boolean =>
  !array && name !== "_id" && taken[what].types.includes(type);

export interface Aggregation extends Readonly<Record<Measure, readonly Column[]>> {
  readonly groupBy: readonly Column[];
}

/**
 * The columns that an aggregate is about.
 * @throws BAD_REQUEST for unknown fields, fields that are named twice, and values that a measure does not take; NOT_INDEXED for
 * fields that exist and are not indexed
 */
export function parseAggregate(spec: ResourceSpec, args: AggregateArgs): Aggregation {
  const columns = (what: Measure | "groupBy") => columnsOf(spec, what, args[what] ?? []);
  return {
    groupBy: columns("groupBy"),
    sum: columns("sum"),
    avg: columns("avg"),
    min: columns("min"),
    max: columns("max"),
    countDistinct: columns("countDistinct"),
  };
}

function columnsOf(spec: ResourceSpec, what: Measure | "groupBy", keys: unknown): readonly Column[] {
  const bad = (message: string, field: string = what) => fail("BAD_REQUEST", message, { resource: spec.name, field });
  if (!Array.isArray(keys)) throw bad(`${what} takes a list of fields`);
  if (new Set(keys).size !== keys.length) throw bad(`${what} names a field twice`);
  return keys.map((key: unknown) => {
    const name = String(key);
    const column = queryColumns(spec).get(name);
    if (!column) throw notIndexed(spec, name);
    if (takes(what, column)) return column;
    const { array, type } = column;
    throw bad(`${what} takes ${taken[what].inWords}: ${name} of ${spec.name} is ${array ? "a list" : `of type ${type}`}`, name);
  });
}
