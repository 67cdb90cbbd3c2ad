import type { Field, Variant } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type InputField, type InputType, inputFields, inputListOf } from "./builder.ts";
import { type Derivation, onceOf } from "./derivation.ts";
import { leafType } from "./leaf-types.ts";
import { legalName, maker, typeNamePart } from "./type-names.ts";

/** Where fields become members of an input type. */
export interface InputPlace {
  readonly derivation: Derivation;
  readonly resource: string;
  /** `Article`, `ArticleAddress`: `ArticleAddressInput` and `PatchArticleAddressInput` come from it. */
  readonly prefix: string;
  /** Every member may be left out, in nested objects too. Lists and unions are whole. */
  readonly patch: boolean;
}

export interface DataInputs {
  readonly create: InputType;
  readonly update: InputType;
  readonly patch: InputType;
}

export function dataInputs(derivation: Derivation, spec: ResourceSpec): DataInputs {
  const { type } = spec.names;
  const made = (name: string, patch: boolean) =>
    objectType({ derivation, resource: spec.name, prefix: type, patch }, name, spec.fields, maker(spec.name));
  return { create: made(`Create${type}Input`, false), update: made(`Update${type}Input`, false), patch: made(`Patch${type}Input`, true) };
}

function objectType(place: InputPlace, name: string, fields: readonly Field[], madeBy: string, isOneOf = false): InputType {
  const { derivation } = place;
  return onceOf(derivation.inputs, derivation, name, madeBy, () => {
    const members = Object.fromEntries(fields.map((field) => [field.name, member(place, field)]));
    return derivation.builder.inputType(name, { isOneOf, fields: (t) => inputFields(t, members) });
  });
}

function member(place: InputPlace, field: Field): InputField {
  const required = !place.patch && !field.optional && !field.nullable && !field.hasDefault;
  return {
    type: inputType(place, field),
    required,
    description: field.description,
    ...(field.deprecated && !required ? { deprecationReason: field.deprecated } : {}),
    ...exampleOf(field),
  };
}

/** GraphQL lets every nullable field be left out; the spec wants null where the field is not optional. */
function exampleOf({ kind, example, nullable, optional, hasDefault }: Field): Pick<InputField, "extensions"> {
  if (example !== undefined && writtenAlike.has(kind)) return { extensions: { example } };
  return nullable && !optional && !hasDefault ? { extensions: { example: null } } : {};
}

/** Their values are the same in GraphQL as in the data. */
const writtenAlike: ReadonlySet<Field["kind"]> = new Set(["string", "int", "float", "boolean", "date", "datetime", "record"]);

/** The type of an object field. */
export const inputObject = (place: InputPlace, field: Field & { readonly kind: "object" }): InputType => inputType(place, field);

function inputType(place: InputPlace, field: Field): InputType {
  switch (field.kind) {
    case "array":
      return inputListOf(inputType({ ...place, patch: false }, field.item), !field.item.nullable);
    case "object": {
      if (field.fields.length === 0) return "JSON";
      const prefix = place.prefix + upperFirst(field.name);
      return objectType(
        { ...place, prefix },
        place.patch ? `Patch${prefix}Input` : `${prefix}Input`,
        field.fields,
        maker(place.resource, field.path),
      );
    }
    case "union":
      return unionType(place, field);
    default:
      return leafType(place, field);
  }
}

/** `@oneOf` with a member per variant; the discriminator follows from the member's name. */
function unionType(place: InputPlace, field: Field & { readonly kind: "union" }): InputType {
  const { derivation, resource } = place;
  const prefix = place.prefix + upperFirst(field.name);
  return onceOf(derivation.inputs, derivation, `${prefix}Input`, maker(resource, field.path), () => {
    const members = Object.fromEntries(
      field.variants.map((variant): [string, InputField] => {
        const inner = { ...place, patch: false, prefix: prefix + typeNamePart(variant.tag) };
        const rest = restOf(field.discriminator, variant);
        const madeBy = maker(resource, `${field.path} (${variant.tag})`);
        return [
          legalName(variant.tag),
          rest.length === 0
            ? { type: "Boolean", description: "true: this variant has no fields" }
            : { type: objectType(inner, `${inner.prefix}Input`, rest, madeBy), description: variant.description },
        ];
      }),
    );
    return derivation.builder.inputType(`${prefix}Input`, { isOneOf: true, fields: (t) => inputFields(t, members) });
  });
}

const restOf = (discriminator: string, { fields }: Variant): readonly Field[] => fields.filter((each) => each.name !== discriminator);
