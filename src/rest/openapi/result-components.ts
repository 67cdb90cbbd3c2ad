import type { ResourceSpec } from "../../spec/resource.ts";
import { operationSchemas } from "../operation-rows.ts";
import { type Schema, schemaRef } from "./operation.ts";

const closed = (title: string, properties: Record<string, Schema>): Schema => ({
  title,
  type: "object",
  properties,
  required: Object.keys(properties),
  additionalProperties: false,
});

const changed: Schema = { type: "boolean", description: "False where there was nothing to do" };

const resultOf = (resource: Schema): Schema => ({
  oneOf: [
    closed("written", { status: { enum: [200, 201] }, changed, resource }),
    closed("purged", { status: { const: 200 }, changed, id: { type: "string" } }),
    closed("refused", { status: { type: "integer", minimum: 400, maximum: 599 }, problem: schemaRef("Problem") }),
  ],
});

/** Operations of `batch` and `transact`, and their results. */
export const resultSchemas = (specs: readonly ResourceSpec[]): Record<string, Schema> => ({
  Operation: {
    description: "An operation on a resource of any spec",
    oneOf: operationSchemas({ type: { type: "string", enum: specs.map(({ name }) => name) } }),
  },
  OperationResult: resultOf({ anyOf: specs.map(({ names }) => schemaRef(names.type)) }),
  ...Object.fromEntries(
    specs.flatMap(({ names: { type } }) => [
      [
        `${type}Operation`,
        {
          oneOf: operationSchemas(
            {},
            { data: schemaRef(`${type}Input`), merge: schemaRef(`${type}Patch`), operations: schemaRef("JsonPatch") },
          ),
        },
      ],
      [`${type}OperationResult`, resultOf(schemaRef(type))],
    ]),
  ),
});
