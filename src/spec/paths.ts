import type { z } from "zod";

/** Types that say, from a schema, what can be indexed, filtered and sorted by. Kept shallow: three levels of nesting. */

type Leaf = string | number | boolean | readonly unknown[];

/** Dotted paths into plain objects of the data. */
export type Path<T, Depth extends readonly unknown[] = [1, 1]> = {
  [K in keyof T & string]: NonNullable<T[K]> extends Leaf
    ? K
    : Depth extends readonly [unknown, ...infer Rest]
      ? `${K}.${Path<NonNullable<T[K]>, Rest>}`
      : never;
}[keyof T & string];

/** The same without lists: only single values can be unique. */
export type SinglePath<T, Depth extends readonly unknown[] = [1, 1]> = {
  [K in keyof T & string]: NonNullable<T[K]> extends readonly unknown[]
    ? never
    : NonNullable<T[K]> extends Leaf
      ? K
      : Depth extends readonly [unknown, ...infer Rest]
        ? `${K}.${SinglePath<NonNullable<T[K]>, Rest>}`
        : never;
}[keyof T & string];

/** Fields that an id can be made of: always there, and any string. */
export type KeyField<T> = { [K in keyof T & string]: string extends T[K] ? ([T[K]] extends [string] ? K : never) : never }[keyof T &
  string];

type IsRef<T> = T extends { readonly "~ref": string }
  ? true
  : T extends z.ZodOptional<infer U> | z.ZodNullable<infer U> | z.ZodDefault<infer U>
    ? IsRef<U>
    : T extends z.ZodArray<infer U>
      ? IsRef<U>
      : false;

/** Top-level refs, which are indexed by themselves. */
export type RefKeys<Schema extends z.ZodObject> = {
  [K in keyof Schema["shape"] & string]: IsRef<Schema["shape"][K]> extends true ? K : never;
}[keyof Schema["shape"] & string];

/** The spec that a top-level ref leads to; unknown where the ref only names it. */
export type TargetOf<T> = T extends { readonly "~spec": infer Spec }
  ? Spec
  : T extends z.ZodOptional<infer U> | z.ZodNullable<infer U> | z.ZodDefault<infer U>
    ? TargetOf<U>
    : T extends z.ZodArray<infer U>
      ? TargetOf<U>
      : never;

type Flat<Entry> = Entry extends readonly (infer P)[] ? P : Entry extends { readonly fields: readonly (infer P)[] } ? P : Entry;

/** All paths that a spec indexes, refs by the name of their raw id. */
export type IndexedPaths<Schema extends z.ZodObject, Index extends readonly unknown[], Unique extends readonly unknown[]> = QueryKey<
  Schema,
  (Flat<Index[number]> | Flat<Unique[number]> | RefKeys<Schema>) & string
>;

type QueryKey<Schema extends z.ZodObject, P extends string> =
  P extends RefKeys<Schema> ? (z.output<Schema>[P] extends readonly unknown[] | undefined | null ? `${string}Ids` : `${P}Id`) : P;

interface Equality<V> {
  readonly eq?: V;
  readonly ne?: V;
  readonly in?: readonly V[];
  readonly notIn?: readonly V[];
  readonly isNull?: boolean;
}

interface Ordering<V> extends Equality<V> {
  readonly gt?: V;
  readonly gte?: V;
  readonly lt?: V;
  readonly lte?: V;
}

export interface TextOperators extends Ordering<string> {
  readonly contains?: string;
  readonly startsWith?: string;
  readonly endsWith?: string;
  readonly iEq?: string;
  readonly iContains?: string;
  readonly iStartsWith?: string;
  readonly iEndsWith?: string;
}

export interface ListOperators<V> {
  readonly has?: V;
  readonly hasAny?: readonly V[];
  readonly hasAll?: readonly V[];
  readonly isEmpty?: boolean;
  readonly length?: Ordering<number>;
  readonly isNull?: boolean;
}

/** The operators of a value: strings with a closed set of values (enums) compare only for equality. */
export type Operators<V> = [V] extends [readonly (infer Item)[]]
  ? ListOperators<Item>
  : [V] extends [string]
    ? string extends V
      ? TextOperators
      : Equality<V>
    : [V] extends [number]
      ? Ordering<V>
      : Equality<V>;

export type At<T, P extends string> = P extends keyof T
  ? NonNullable<T[P]>
  : P extends `${infer Head}.${infer Rest}`
    ? Head extends keyof T
      ? At<NonNullable<T[Head]>, Rest>
      : never
    : P extends `${string}Ids`
      ? readonly string[]
      : string;
export type Heads<P extends string> = P extends `${infer Head}.${string}` ? Head : P;
export type Tails<P extends string, Head extends string> = P extends `${Head}.${infer Rest}` ? Rest : never;

type FieldFilters<T, P extends string> = {
  readonly [K in Heads<P>]?: K extends P ? Operators<At<T, K>> : FieldFilters<K extends keyof T ? NonNullable<T[K]> : never, Tails<P, K>>;
};

interface MetaFilters {
  readonly version?: Ordering<number>;
  readonly createdAt?: Ordering<string>;
  readonly createdBy?: TextOperators;
  readonly updatedAt?: Ordering<string>;
  readonly updatedBy?: TextOperators;
  readonly deletedAt?: Ordering<string>;
  readonly revisionCount?: Ordering<number>;
  readonly schemaVersion?: Ordering<number>;
  readonly status?: Equality<"draft" | "stable">;
}

/** A filter as plain data; the same JSON over GraphQL and REST. `R`: what can be asked of those that refs lead to. */
export type Where<T, P extends string, R = unknown> = FieldFilters<T, P> &
  R & {
    readonly id?: Equality<string>;
    readonly meta?: MetaFilters;
    readonly and?: readonly Where<T, P, R>[];
    readonly or?: readonly Where<T, P, R>[];
    readonly not?: Where<T, P, R>;
  };

export type MetaKey = `meta.${keyof MetaFilters}`;

/** A key to sort by: ascending, or descending with `-` before it. */
export type OrderKey<P extends string> = P | `-${P}` | "id" | "-id" | MetaKey | `-${MetaKey}`;
