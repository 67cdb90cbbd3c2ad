import type { Field } from "./field.ts";

export interface DataVisitor {
  /** A value that is present and not null, with the field that describes it. */
  readonly value?: (field: Field, value: unknown, path: readonly (string | number)[]) => void;
  /** A member that no field describes, or that no record may hold. */
  readonly unknown?: (key: string, path: readonly (string | number)[]) => void;
}

/** Keys that alter objects instead of being stored in them. */
export const hostileKeys: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

type PathTo = readonly (string | number)[];

/** Walks data beside the fields that describe it. Values of the wrong shape are left for zod to name. */
export function walkData(fields: readonly Field[], data: unknown, visitor: DataVisitor, path: PathTo = []): void {
  if (!isObject(data)) return;
  for (const key of Object.keys(data)) {
    const field = fields.find((each) => each.name === key);
    if (field) walkValue(field, data[key], visitor, [...path, key]);
    else visitor.unknown?.(key, path);
  }
}

function walkValue(field: Field, value: unknown, visitor: DataVisitor, path: PathTo): void {
  if (value === undefined || value === null) return;
  visitor.value?.(field, value, path);
  if (field.kind === "object") walkData(field.fields, value, visitor, path);
  else if (field.kind === "array") {
    if (isNested(field.item) && Array.isArray(value))
      for (const [i, item] of value.entries()) walkValue(field.item, item, visitor, [...path, i]);
  } else if (field.kind === "record") {
    if (isObject(value)) for (const [key, item] of Object.entries(value)) walkMember(field.item, key, item, visitor, path);
  } else if (field.kind === "union") {
    const tag = isObject(value) ? value[field.discriminator] : undefined;
    const variant = field.variants.find((each) => each.tag === tag);
    if (variant) walkData(variant.fields, value, visitor, path);
  }
}

function walkMember(item: Field, key: string, value: unknown, visitor: DataVisitor, path: PathTo): void {
  if (hostileKeys.has(key)) visitor.unknown?.(key, path);
  else if (isNested(item)) walkValue(item, value, visitor, [...path, key]);
}

/** Items whose inside a visitor could want to see. */
const isNested = (item: Field): boolean =>
  item.kind === "object" ||
  item.kind === "array" ||
  item.kind === "record" ||
  item.kind === "union" ||
  item.kind === "ref" ||
  item.kind === "blob";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
