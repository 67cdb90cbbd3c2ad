import type { JsonSchema } from "../../spec/json-schema.ts";
import type { Schema } from "./operation.ts";

/** Shared parts become components beside the schema: `ArticleData.Address`. */
export function hoisted(schema: JsonSchema, name: string): Record<string, Schema> {
  const { $defs = {}, ...root } = schema;
  const renamed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(renamed);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [
        key,
        key === "$ref" && typeof inner === "string" ? inner.replace("#/$defs/", `#/components/schemas/${name}.`) : renamed(inner),
      ]),
    );
  };
  const parts = Object.entries(Object($defs)).map(([id, part]) => [`${name}.${id}`, renamed(part)]);
  return { [name]: Object(renamed(root)), ...Object.fromEntries(parts) };
}
