import { fail } from "../src/errors.ts";
import type { Field } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import { type Derivation, type EnumType, onceOf } from "./derivation.ts";
import { legalName, maker } from "./type-names.ts";

/** What stands at the bottom of (lists of) lists. */
export const leafOf = (field: Field): Field => (field.kind === "array" ? leafOf(field.item) : field);

export type ScalarName = "String" | "Int" | "SafeInt" | "Float" | "Boolean" | "ID" | "Date" | "DateTime" | "JSON";

const leafTypes: Partial<Record<Field["kind"], ScalarName>> = {
  string: "String",
  float: "Float",
  boolean: "Boolean",
  date: "Date",
  datetime: "DateTime",
  ref: "ID",
  blob: "ID",
};

interface LeafPlace {
  readonly derivation: Derivation;
  readonly resource: string;
  /** What the names of enums begin with. */
  readonly prefix: string;
}

/** The type of a field that holds no other fields: the same in answers and inputs. */
export function leafType({ derivation, resource, prefix }: LeafPlace, field: Field): ScalarName | EnumType {
  const values = enumValues(field);
  if (values) return enumType(derivation, prefix + upperFirst(field.name), values, maker(resource, field.path), field.description);
  if (field.kind === "int") return field.safe ? "SafeInt" : "Int";
  if (field.kind === "literal") return literalType(field);
  return leafTypes[field.kind] ?? "JSON";
}

function literalType({ scalar, values }: Field & { readonly kind: "literal" }): ScalarName {
  if (scalar === "boolean") return "Boolean";
  if (scalar === "float") return "Float";
  return values.every((value) => Math.abs(Number(value)) < 2 ** 31) ? "Int" : "SafeInt";
}

export const described = (description: string | undefined) => (description === undefined ? {} : { description });

/** The values of a field that becomes an enum: enums, and literals that are strings. */
function enumValues(field: Field): readonly string[] | undefined {
  if (field.kind === "enum") return field.values;
  return field.kind === "literal" && field.scalar === "string" ? field.values.map(String) : undefined;
}

/** The enum of that name. Values that are no GraphQL names get a legal one, which stands for them. */
export function enumType(derivation: Derivation, name: string, values: readonly string[], madeBy: string, description?: string): EnumType {
  return onceOf(derivation.enums, derivation, name, madeBy, () => {
    const byName = new Map<string, string>();
    for (const value of values) {
      const legal = legalName(value);
      const other = byName.get(legal);
      if (other !== undefined)
        throw fail(
          "BAD_REQUEST",
          `The values ${JSON.stringify(other)} and ${JSON.stringify(value)} of ${madeBy} would both be ${legal} in the GraphQL enum ${name}. Rename one`,
        );
      byName.set(legal, value);
    }
    return derivation.builder.enumType(name, {
      ...described(description),
      values: Object.fromEntries([...byName].map(([legal, value]) => [legal, { value }])),
    });
  });
}
