/** An operation of RFC 6902; paths are JSON Pointers (RFC 6901). */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly from: string; readonly path: string };

/** A partial change: a merge patch (RFC 7396) or JSON Patch operations (RFC 6902). */
export type Patch<Merge = unknown> = { readonly merge: Merge } | { readonly operations: readonly JsonPatchOperation[] };

/**
 * A merge patch of data: deeply partial, null where a member may be missing or null. Lists and unions are given whole.
 * What is undefined stays as it is.
 */
export type MergePatch<T> = unknown extends T[keyof T]
  ? unknown
  : {
      readonly [K in keyof T]?: Merged<T[K]> | (string extends K ? null : undefined) | undefined;
    };

type Merged<V> =
  | (NonNullable<V> extends readonly unknown[] | string | number | boolean
      ? NonNullable<V>
      : IsUnion<NonNullable<V>> extends true
        ? NonNullable<V>
        : MergePatch<NonNullable<V>>)
  | (undefined extends V ? null : null extends V ? null : never);

type IsUnion<T, Whole = T> = T extends unknown ? ([Whole] extends [T] ? false : true) : never;
