import type { Field } from "./field.ts";
import { walkData } from "./walk-data.ts";

export type RefField = Extract<Field, { readonly kind: "ref" }>;

/** A ref that is held by data. */
export interface HeldRef {
  readonly field: RefField;
  /** Of a resource, or of a revision where the ref is pinned. */
  readonly id: string;
  readonly path: readonly (string | number)[];
}

/** All refs in data, those in lists, records and unions too. */
export function refsIn(fields: readonly Field[], data: unknown): readonly HeldRef[] {
  const held: HeldRef[] = [];
  walkData(fields, data, {
    value: (field, value, path) => {
      if (field.kind === "ref" && typeof value === "string") held.push({ field, id: value, path });
    },
  });
  return held;
}

/** The fields of all refs of a schema, wherever they are. */
export function refFields(fields: readonly Field[]): readonly RefField[] {
  return fields.flatMap((field): readonly RefField[] => {
    switch (field.kind) {
      case "ref":
        return [field];
      case "object":
        return refFields(field.fields);
      case "array":
      case "record":
        return refFields([field.item]);
      case "union":
        return field.variants.flatMap((variant) => refFields(variant.fields));
      default:
        return [];
    }
  });
}
