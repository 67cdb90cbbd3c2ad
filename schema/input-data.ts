import { fail } from "../src/errors.ts";
import type { Field } from "../src/spec/field.ts";
import { legalName } from "./type-names.ts";

type Convert = (value: unknown) => unknown;

/**
 * From a GraphQL input to the data that the spec describes: `{ image: { url } }` of a union becomes `{ kind: "image", url }`.
 * Undefined where nothing differs, as in specs without unions.
 */
export function inputConverter(fields: readonly Field[]): Convert | undefined {
  const converts = fields.flatMap((field): [string, Convert][] => {
    const convert = converterOf(field);
    return convert ? [[field.name, convert]] : [];
  });
  if (converts.length === 0) return undefined;
  return ifPresent((value) => {
    const data: Record<string, unknown> = { ...Object(value) };
    for (const [name, convert] of converts) if (Object.hasOwn(data, name)) data[name] = convert(data[name]);
    return data;
  });
}

const ifPresent =
  (convert: Convert): Convert =>
  (value) =>
    value === undefined || value === null ? value : convert(value);

function converterOf(field: Field): Convert | undefined {
  if (field.kind === "object") return inputConverter(field.fields);
  if (field.kind === "array") {
    const convert = converterOf(field.item);
    return convert && ifPresent((values) => (Array.isArray(values) ? values.map(convert) : values));
  }
  return field.kind === "union" ? unionConverter(field) : undefined;
}

function unionConverter({ discriminator, variants, path }: Field & { readonly kind: "union" }): Convert {
  const byMember = new Map(variants.map(({ tag, fields }) => [legalName(tag), { tag, convert: inputConverter(fields) }]));
  return ifPresent((value) => {
    // `@oneOf`: GraphQL has seen to it that there is exactly one member, which is not null.
    const [member, content] = Object.entries(Object(value))[0] ?? [];
    const variant = byMember.get(member ?? "");
    if (!variant || content === false)
      throw fail("BAD_REQUEST", `${path} takes one of ${[...byMember.keys()].join(", ")}`, { field: path });
    const data = variant.convert ? variant.convert(content) : content;
    return { ...(typeof data === "object" ? data : {}), [discriminator]: variant.tag };
  });
}
