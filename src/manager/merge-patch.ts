import { fail } from "../errors.ts";
import type { Field } from "../spec/field.ts";

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
