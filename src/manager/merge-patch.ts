import { fail } from "../errors.ts";
import type { Field } from "../spec/field.ts";

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

/**
 * Applies a merge patch (RFC 7396): objects merge, everything else replaces, null removes the member. Where the schema is
 * nullable and not optional, null becomes the value instead. Lists and unions are replaced whole.
 */
export function mergePatch(fields: readonly Field[], data: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw fail("BAD_REQUEST", "A merge patch is an object");
  return mergeObject(fields, data, patch);
}

function mergeObject(fields: readonly Field[], data: unknown, patch: Record<string, unknown>): Record<string, unknown> {
  // Entries, not assignment: a member named __proto__ stays a member, for validation to refuse.
  const merged = new Map<string, unknown>(isObject(data) ? Object.entries(data) : []);
  for (const [key, value] of Object.entries(patch)) {
    const field = fields.find((each) => each.name === key);
    if (value === undefined) continue;
    if (value === null && !(field?.nullable && !field.optional)) merged.delete(key);
    else merged.set(key, mergeValue(field, merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

function mergeValue(field: Field | undefined, data: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  if (field?.kind === "object") return mergeObject(field.fields, data, patch);
  if (field?.kind === "record") return mergeObject(membersOf(field.item, patch), data, patch);
  return patch;
}

/** A record's members, as fields that may be missing: null removes them, unless null is a value. */
const membersOf = (item: Field, patch: Record<string, unknown>): Field[] =>
  Object.keys(patch).map((name) => ({ ...item, name, optional: !item.nullable }));

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
