import { z } from "zod";
import { markOf } from "./field.ts";
import type { ResourceSpec } from "./resource.ts";
import { steadyDefault } from "./steady-default.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * The data of a spec, or what an action takes or answers, as JSON Schema (draft 2020-12), as it is read (`output`) or written (`input`). A ref has `x-ref` with the
 * name of the spec it leads to, a blob `x-blob`. Schemas that have an id in zod's registry stand in `$defs`.
 */
export function jsonSchemaOf({ schema }: Pick<ResourceSpec, "schema">, io: "input" | "output"): JsonSchema {
  const { $schema: _, ...made } = z.toJSONSchema(schema, {
    io,
    target: "draft-2020-12",
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      const { ref, blob } = markOf(zodSchema) ?? {};
      if (ref) {
        const { target, onDelete, pin } = ref;
        Object.assign(jsonSchema, { "x-ref": { resource: target, onDelete, ...(pin ? { pin } : {}) } });
      }
      if (blob) Object.assign(jsonSchema, { "x-blob": true });
      // Zod's registry takes a reason; JSON Schema knows only that it is so.
      if (typeof jsonSchema.deprecated === "string") jsonSchema.deprecated = true;
      // A default that is made anew each time would be another document each time.
      if (zodSchema instanceof z.ZodDefault && steadyDefault(() => zodSchema.def.defaultValue) === undefined) delete jsonSchema.default;
    },
  });
  return made;
}
