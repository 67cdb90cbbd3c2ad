import { Pointer } from "rfc6902";
import type { Field } from "../../spec/field.ts";
import type { JsonPatchOperation } from "../../spec/patch.ts";
import type { ActionOperation, BuiltInOperation } from "../resource-operation.ts";

/** The id that an operation of the same unit stands for, by its name. */
export type IdOf = (name: string) => string;

/**
 * The operation with ids in place of references: `$` and a name, where an id or a ref stands. No id begins with `$`, and
 * text is left alone.
 */
export function withIds(fields: readonly Field[], operation: BuiltInOperation, idOf: IdOf): BuiltInOperation {
  const resolve = (data: Record<string, unknown>) => inObject(fields, data, idOf);
  const resolvePart = (part: unknown) => (isObject(part) ? resolve(part) : part);
  switch (operation.op) {
    case "create":
      return { ...operation, data: resolve(operation.data) };
    case "update":
      return { ...operation, id: inId(operation.id, idOf), data: resolve(operation.data) };
    case "upsert":
      return { ...operation, data: resolve(operation.data), by: resolvePart(operation.by) };
    case "patch":
    case "modify": {
      const id = inId(operation.id, idOf);
      return "merge" in operation
        ? { ...operation, id, merge: resolvePart(operation.merge) }
        : { ...operation, id, operations: operation.operations.map((each) => inPatch(fields, each, idOf)) };
    }
    default:
      return { ...operation, id: inId(operation.id, idOf) };
  }
}

/** The same for an action, whose input these fields describe. */
export function actionWithIds(fields: readonly Field[], { input, ...operation }: ActionOperation, idOf: IdOf): ActionOperation {
  const given = isObject(input) ? inObject(fields, input, idOf) : input;
  return { ...operation, id: inId(operation.id, idOf), ...(given === undefined ? {} : { input: given }) };
}

const inId = (value: string, idOf: IdOf): string => (value.startsWith("$") ? idOf(value.slice(1)) : value);

/** What is no object is left for zod to name. */
function inObject(fields: readonly Field[], data: Record<string, unknown>, idOf: IdOf): Record<string, unknown> {
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const field = fields.find((each) => each.name === key);
      return [key, field ? inValue(field, value, idOf) : value];
    }),
  );
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

function inValue(field: Field, value: unknown, idOf: IdOf): unknown {
  if (field.kind === "ref") return typeof value === "string" ? inId(value, idOf) : value;
  if (field.kind === "array") return Array.isArray(value) ? value.map((item) => inValue(field.item, item, idOf)) : value;
  return isObject(value) ? inObject(fieldsIn(field, value), value, idOf) : value;
}

/** The fields that describe the members of an object. */
function fieldsIn(field: Field, value: Record<string, unknown>): readonly Field[] {
  switch (field.kind) {
    case "object":
      return field.fields;
    case "record":
      return Object.keys(value).map((name) => ({ ...field.item, name }));
    case "union":
      return field.variants.find(({ tag }) => tag === value[field.discriminator])?.fields ?? [];
    default:
      return [];
  }
}

function inPatch(fields: readonly Field[], operation: JsonPatchOperation, idOf: IdOf): JsonPatchOperation {
  // What is malformed is left for the patch to name.
  if (!isObject(operation) || !("value" in operation) || typeof operation.path !== "string" || !operation.path.startsWith("/"))
    return operation;
  const [name = "", ...rest] = Pointer.fromJSON(operation.path).tokens.slice(1);
  const field = rest.reduce<Field | undefined>(
    memberOf,
    fields.find((each) => each.name === name),
  );
  return field ? { ...operation, value: inValue(field, operation.value, idOf) } : operation;
}

/** What a step of a JSON Pointer leads to. In a union the first variant that has it. */
function memberOf(field: Field | undefined, token: string): Field | undefined {
  if (field?.kind === "array" || field?.kind === "record") return field.item;
  if (field?.kind === "object") return field.fields.find(({ name }) => name === token);
  if (field?.kind === "union") return field.variants.flatMap(({ fields }) => fields).find(({ name }) => name === token);
  return undefined;
}
