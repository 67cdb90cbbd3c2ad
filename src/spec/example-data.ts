import type { Field } from "./field.ts";
import { snakeCase } from "./letter-case.ts";
import type { ResourceSpec } from "./resource.ts";

/** A suffix that TypeIDs may have. */
const suffix = "01h455vb4pex5vsknk084sn02q";

/** Data that fits a spec, to show to who has none yet: made of zod's `examples` and defaults. Undefined where none was found. */
export function exampleData(spec: ResourceSpec): Readonly<Record<string, unknown>> | undefined {
  if (spec.rules) return undefined;
  const data = objectOf(spec.fields);
  return spec.schema.safeParse(data).success ? data : undefined;
}

/** An id of a spec, by its prefix. */
export const exampleId = (prefix: string): string => `${prefix}_${suffix}`;

const objectOf = (fields: readonly Field[]): Record<string, unknown> =>
  Object.fromEntries(
    fields.filter(({ optional, example }) => !optional || example !== undefined).map((field) => [field.name, exampleOf(field)]),
  );

function exampleOf(field: Field): unknown {
  if (field.example !== undefined) return field.example;
  if (field.defaultValue !== undefined) return field.defaultValue;
  if (field.nullable && (field.kind === "ref" || field.kind === "blob")) return null;
  return ofKind(field);
}

function ofKind(field: Field): unknown {
  switch (field.kind) {
    case "string":
      return field.max === undefined ? "example" : "example".slice(0, field.max);
    case "int":
    case "float":
      return 1;
    case "boolean":
      return true;
    case "date":
      return "2026-01-01";
    case "datetime":
      return "2026-01-01T00:00:00Z";
    case "blob":
      return exampleId("blob");
    case "enum":
    case "literal":
      return field.values[0];
    case "array":
      return [];
    case "record":
      return {};
    case "object":
      return objectOf(field.fields);
    case "union":
      return objectOf(field.variants[0]?.fields ?? []);
    case "ref": {
      const id = exampleId(snakeCase(field.target));
      return field.pin ? `${id}:1` : id;
    }
  }
}
