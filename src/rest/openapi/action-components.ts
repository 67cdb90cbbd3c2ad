import { type Action, takesNothing } from "../../spec/action.ts";
import { jsonSchemaOf } from "../../spec/json-schema.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { hoisted } from "./hoisted.ts";
import { jsonBody, objectOf, type RequestBody, type Schema, schemaRef } from "./operation.ts";

/** `PublishArticleInput` and `PublishArticleOutput` of each action. */
export const actionSchemas = ({ actions }: ResourceSpec): Record<string, Schema> =>
  Object.assign(
    {},
    ...actions.map(({ type, input, output }) => ({
      ...(input ? hoisted(jsonSchemaOf(input, "input"), `${type}Input`) : {}),
      ...(output ? hoisted(jsonSchemaOf(output, "output"), `${type}Output`) : {}),
    })),
  );

export const inputBody = (action: Action): RequestBody => ({ ...jsonBody(`${action.type}Input`), required: !takesNothing(action) });

const changed: Schema = { type: "boolean", description: "False where nothing was written, neither to this nor to others" };
const outputOf = ({ type, output }: Action): Record<string, Schema> => (output ? { output: schemaRef(`${type}Output`) } : {});

export const actionResultSchema = ({ names }: ResourceSpec, action: Action): Schema => ({
  allOf: [schemaRef(names.type), objectOf({ changed, ...outputOf(action) })],
});

/** Each action as an operation of `batch`, or with `more` of `transact`. */
export const actionOperationSchemas = ({ actions }: ResourceSpec, more: Readonly<Record<string, Schema>>): readonly Schema[] =>
  actions.map((action) => {
    const { name, type, input } = action;
    const needs = { op: { const: "action" }, ...more, action: { const: name }, id: { type: "string" } };
    return {
      title: `action ${name}`,
      type: "object",
      properties: {
        ...needs,
        ...(input ? { input: schemaRef(`${type}Input`) } : {}),
        ifVersion: { type: "integer" },
        idempotencyKey: { type: "string" },
      },
      required: [...Object.keys(needs), ...(takesNothing(action) ? [] : ["input"])],
      additionalProperties: false,
    };
  });

/** What results of these actions have besides the resource. */
export const outputMember = (actions: readonly Action[]): Record<string, Schema> => {
  const outputs = actions.flatMap((action) => Object.values(outputOf(action)));
  return outputs.length === 0 ? {} : { output: { description: "What an action answered", anyOf: outputs } };
};
