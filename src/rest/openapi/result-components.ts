import type { Action } from "../../spec/action.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { operationSchemas } from "../operation-rows.ts";
import { actionOperationSchemas, outputMember } from "./action-components.ts";
import { type Schema, schemaRef } from "./operation.ts";

const closed = (title: string, properties: Record<string, Schema>, optional: Record<string, Schema> = {}): Schema => ({
  title,
  type: "object",
  properties: { ...properties, ...optional },
  required: Object.keys(properties),
  additionalProperties: false,
});

const changed: Schema = { type: "boolean", description: "False where there was nothing to do" };

const resultOf = (resource: Schema, actions: readonly Action[]): Schema => ({
  oneOf: [
    closed("written", { status: { enum: [200, 201] }, changed, resource }, outputMember(actions)),
    closed("purged", { status: { const: 200 }, changed, id: { type: "string" } }),
    closed("refused", { status: { type: "integer", minimum: 400, maximum: 599 }, problem: schemaRef("Problem") }),
  ],
});

/** Operations of `batch` and `transact`, and their results. */
export const resultSchemas = (specs: readonly ResourceSpec[]): Record<string, Schema> => ({
  Operation: {
    description: "An operation on a resource of any spec",
    oneOf: [
      ...operationSchemas({ type: { type: "string", enum: specs.map(({ name }) => name) } }),
      ...specs.flatMap((spec) => actionOperationSchemas(spec, { type: { const: spec.name } })),
    ],
  },
  OperationResult: resultOf(
    { anyOf: specs.map(({ names }) => schemaRef(names.type)) },
    specs.flatMap(({ actions }) => actions),
  ),
  ...Object.fromEntries(
    specs.flatMap((spec) => {
      const { type } = spec.names;
      return [
        [
          `${type}Operation`,
          {
            oneOf: [
              ...operationSchemas(
                {},
                { data: schemaRef(`${type}Input`), merge: schemaRef(`${type}Patch`), operations: schemaRef("JsonPatch") },
              ),
              ...actionOperationSchemas(spec, {}),
            ],
          },
        ],
        [`${type}OperationResult`, resultOf(schemaRef(type), spec.actions)],
      ];
    }),
  ),
});
