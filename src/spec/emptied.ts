import type { Field } from "./field.ts";
import type { RefField } from "./refs-in.ts";

/** Whether a ref has to go. */
type Goes = (field: RefField, id: string) => boolean;

/** Stands for a value that is taken out. */
const out = Symbol("out");

/** Data without some of its refs: null where they may be null, else left out; in lists and records their place goes too. */
export const emptied = (fields: readonly Field[], data: unknown, goes: Goes): unknown => inObject(fields, data, goes);

function inObject(fields: readonly Field[], data: unknown, goes: Goes): unknown {
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).flatMap(([key, value]) => {
      const field = fields.find((each) => each.name === key);
      const kept = field ? inValue(field, value, goes) : value;
      return kept === out ? [] : [[key, kept]];
    }),
  );
}

function inValue(field: Field, value: unknown, goes: Goes): unknown {
  switch (field.kind) {
    case "ref":
      return typeof value === "string" && goes(field, value) ? (field.nullable ? null : out) : value;
    case "object":
      return inObject(field.fields, value, goes);
    case "union":
      return inObject(
        isObject(value) ? (field.variants.find(({ tag }) => tag === value[field.discriminator])?.fields ?? []) : [],
        value,
        goes,
      );
    case "array":
      return Array.isArray(value) ? value.flatMap((item: unknown) => inItem(field.item, item, goes)) : value;
    case "record":
      return isObject(value)
        ? Object.fromEntries(Object.entries(value).flatMap(([key, item]) => inItem(field.item, item, goes).map((kept) => [key, kept])))
        : value;
    default:
      return value;
  }
}

/** None where it goes. */
function inItem(item: Field, value: unknown, goes: Goes): readonly unknown[] {
  if (item.kind === "ref") return typeof value === "string" && goes(item, value) ? [] : [value];
  return [inValue(item, value, goes)];
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
