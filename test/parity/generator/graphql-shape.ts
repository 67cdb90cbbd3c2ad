import { type GraphQLObjectType, type GraphQLOutputType, getNamedType, isObjectType, isUnionType } from "graphql";
import { legalName, typeNamePart } from "../../../schema/type-names.ts";
import type { Field } from "../../../src/index.ts";
import { refIdName } from "../../../src/spec/names.ts";
import type { Json } from "../../support/json.ts";

/** How data looks in GraphQL: what to select, what answers mean, and what inputs are made of. */

const leafOf = (field: Field): Field => (field.kind === "array" ? leafOf(field.item) : field);
const nameOf = (field: Field): string => (leafOf(field).kind === "ref" ? refIdName(field.name, field.kind === "array") : field.name);

/** All fields, each under an alias that begins with `prefix`: variants of a union may have fields of one name and other types. */
export function selectionOf(type: GraphQLObjectType, fields: readonly Field[], prefix = ""): string {
  return fields
    .map((field) => {
      const name = nameOf(field);
      const found = type.getFields()[name];
      const inner = found ? innerOf(found.type, leafOf(field)) : "";
      return `${prefix}${field.name}: ${name} ${inner}`;
    })
    .join(" ");
}

function innerOf(type: GraphQLOutputType, field: Field): string {
  const named = getNamedType(type);
  if (field.kind === "blob") return "{ id }";
  if (field.kind === "object" && isObjectType(named)) return `{ ${selectionOf(named, field.fields)} }`;
  if (field.kind !== "union" || !isUnionType(named)) return "";
  const variants = field.variants.flatMap(({ tag, fields }) => {
    const variant = named.getTypes().find(({ name }) => name.endsWith(typeNamePart(tag)));
    const rest = fields.filter(({ name }) => name !== field.discriminator);
    return variant && rest.length > 0 ? [`... on ${variant.name} { ${selectionOf(variant, rest, `${typeNamePart(tag)}_`)} }`] : [];
  });
  return `{ __typename ${variants.join(" ")} }`;
}

/** What an answer says in terms of the data; null also where something is missing. */
export const decoded = (fields: readonly Field[], source: Json, prefix = ""): Json =>
  Object.fromEntries(fields.map((field) => [field.name, decodedValue(field, source[prefix + field.name])]));

function decodedValue(field: Field, value: Json): Json {
  if (value === null || value === undefined) return null;
  switch (field.kind) {
    case "array":
      return value.map((each: Json) => decodedValue(field.item, each));
    case "enum":
      return field.values.find((each) => legalName(each) === value) ?? value;
    case "literal":
      return field.values.find((each) => each === value || legalName(String(each)) === value) ?? value;
    case "blob":
      return value.id;
    case "object":
      return decoded(field.fields, value);
    case "union": {
      const variant = field.variants.find(({ tag }) => value.__typename.endsWith(typeNamePart(tag)));
      const rest = variant?.fields.filter(({ name }) => name !== field.discriminator) ?? [];
      return { [field.discriminator]: variant?.tag, ...decoded(rest, value, `${typeNamePart(variant?.tag ?? "")}_`) };
    }
    default:
      return value;
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What does not look like the data that the fields are of stays as it is: GraphQL's types are to refuse it. */
export const encoded = (fields: readonly Field[], data: unknown): unknown =>
  isObject(data)
    ? Object.fromEntries(
        Object.entries(data).map(([name, value]) => {
          const field = fields.find((each) => each.name === name);
          return [name, field ? encodedValue(field, value) : value];
        }),
      )
    : data;

function encodedValue(field: Field, value: unknown): unknown {
  if (field.kind === "array") return Array.isArray(value) ? value.map((each) => encodedValue(field.item, each)) : value;
  if (typeof value === "string" && (field.kind === "enum" || (field.kind === "literal" && field.scalar === "string")))
    return legalName(value);
  if (field.kind === "object") return encoded(field.fields, value);
  if (field.kind !== "union" || !isObject(value)) return value;
  const { [field.discriminator]: tag, ...rest } = value;
  const variant = field.variants.find((each) => each.tag === tag);
  if (!variant) return value;
  const hasFields = variant.fields.some(({ name }) => name !== field.discriminator);
  return { [legalName(variant.tag)]: hasFields || Object.keys(rest).length > 0 ? encoded(variant.fields, rest) : true };
}
