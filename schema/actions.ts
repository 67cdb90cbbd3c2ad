import type { ObjectRef } from "@pothos/core";
import type { Action, ActionData } from "../src/spec/action.ts";
import type { Field } from "../src/spec/field.ts";
import { type InputField, type InputType, inputFields, type OutputField, outputFields, type Types } from "./builder.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { inputConverter } from "./input-data.ts";
import { inputObject } from "./input-types.ts";
import { mutation } from "./mutations.ts";
import { idArg, idempotencyKey, ifVersion, type OperationDefinition, onResource } from "./operations.ts";
import { objectOf, plainView } from "./output-types.ts";
import { type FailureTypes, resultType } from "./result-types.ts";
import { type Success, writtenOf } from "./success.ts";

/** `publishArticle` for each action of a spec. */
export function actionMutations(
  derivation: Derivation,
  types: ResourceTypes,
  operations: ReadonlyMap<Action, Pick<OperationDefinition, "args" | "operationOf">>,
  { members }: FailureTypes,
): Record<string, OutputField> {
  const { builder, names } = derivation;
  const fields = [...operations].map(([action, operation]): [string, OutputField] => {
    const madeBy = makerOf(types, action);
    const successName = names.claim(`${action.type}Success`, madeBy);
    const success = successType(derivation, successName, types, action);
    const result = resultType(builder, names.claim(`${action.type}Result`, madeBy), success, successName, members);
    names.claim(`Mutation.${action.mutation}`, madeBy);
    const { description = `The action ${action.name} of ${types.spec.name}` } = action;
    return [action.mutation, mutation(types, { ...operation, description }, result)];
  });
  return Object.fromEntries(fields);
}

/** What they take, as mutations and in `transact`. */
export function actionOperations(
  derivation: Derivation,
  types: ResourceTypes,
): ReadonlyMap<Action, Pick<OperationDefinition, "args" | "input" | "operationOf">> {
  const { builder, names } = derivation;
  return new Map(
    types.spec.actions.map((action) => {
      const convert = (action.input && inputConverter(action.input.fields)) ?? ((data: unknown) => data);
      const data: Record<string, InputField> = action.input ? { input: inputOf(derivation, types, action, action.input) } : {};
      const members = { id: idArg, ...data, ifVersion };
      const type = names.claim(`${action.type}Operation`, makerOf(types, action));
      const input: InputType = builder.inputType(type, { fields: (t) => inputFields(t, members) });
      const operationOf: OperationDefinition["operationOf"] = (args) => ({
        op: "action",
        action: action.name,
        input: Object(convert(args.input) ?? {}),
        ...onResource(args),
      });
      return [action, { args: { ...members, idempotencyKey }, input, operationOf }];
    }),
  );
}

const makerOf = ({ spec }: ResourceTypes, { name }: Action): string => `action ${name} of resource ${spec.name}`;

/** As errors name what holds its fields. */
const partOf = ({ spec }: ResourceTypes, { name }: Action): string => `${spec.name} (action ${name})`;

function inputOf(derivation: Derivation, types: ResourceTypes, action: Action, { fields }: ActionData): InputField {
  const type = inputObject({ derivation, resource: partOf(types, action), prefix: action.type, patch: false }, wholeOf("", fields));
  return { type, required: fields.some(({ optional, nullable, hasDefault }) => !optional && !nullable && !hasDefault) };
}

/** All of it as a field, from whose name comes that of its type. */
const wholeOf = (name: string, fields: readonly Field[]): Field & { readonly kind: "object" } => ({
  kind: "object",
  name,
  path: name,
  fields,
  optional: false,
  nullable: false,
  hasDefault: false,
});

function successType(derivation: Derivation, name: string, types: ResourceTypes, action: Action): ObjectRef<Types, Success> {
  const { one } = types.spec.names;
  const place = { derivation, resource: partOf(types, action), prefix: action.type, pastPrefix: action.type, view: plainView };
  const output: Record<string, OutputField> = action.output
    ? { output: { type: objectOf(place, wholeOf("output", action.output.fields)).type, resolve: (success: Success) => success.output } }
    : {};
  for (const field of ["changed", ...Object.keys(output)]) derivation.names.claim(`${name}.${field}`, "the platform");
  derivation.names.claim(`${name}.${one}`, makerOf(types, action));
  return derivation.builder.objectRef<Success>(name).implement({
    fields: (t) => ({
      [one]: t.field({ type: types.resource, resolve: (success) => writtenOf(success) }),
      changed: t.exposeBoolean("changed", { description: "False where nothing was written, neither to this nor to others" }),
      ...outputFields(t, output),
    }),
  });
}
