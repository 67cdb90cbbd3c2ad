import { fail } from "../src/errors.ts";
import type { BuiltInOperation, ResourceOperation } from "../src/manager/resource-operation.ts";
import type { Patch } from "../src/spec/patch.ts";
import type { RevisionStatus } from "../src/storage/rows.ts";
import { type Arguments, type InputField, type InputType, inputFields, inputListOf } from "./builder.ts";
import { numberOf, textOf } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { inputConverter } from "./input-data.ts";
import { dataInputs } from "./input-types.ts";
import { maker } from "./type-names.ts";
import { uniqueConverter, uniqueInput } from "./unique-input.ts";

export type Verb = BuiltInOperation["op"];

/** One kind of write to the resources of a spec: a mutation of its own, rows of a bulk mutation, part of `transact`. */
export interface OperationDefinition {
  readonly verb: Verb;
  readonly args: Readonly<Record<string, InputField>>;
  /** `args` as an input type; creates and upserts have a name instead of an idempotency key. */
  readonly input: InputType;
  readonly operationOf: (args: Arguments) => ResourceOperation;
}

type Definition = Pick<OperationDefinition, "args" | "operationOf">;

export const idArg: InputField = { type: "ID", required: true, description: "Of the resource" };
export const idempotencyKey: InputField = {
  type: "String",
  description: "A retry under the same key writes nothing and gets the first answer, for 24 hours",
};
export const ifVersion: InputField = { type: "Int", description: "The version that you saw: if it has moved on, nothing is written" };
const name: InputField = { type: "String", description: "In transact: later operations may write $ and this name where an id stands" };

/** `createArticle` … `purgeArticle` by verb. */
export function resourceOperations(derivation: Derivation, types: ResourceTypes): readonly OperationDefinition[] {
  const { builder, names } = derivation;
  const { spec } = types;
  return [...definitionsOf(derivation, types)].map(([verb, { args, operationOf }]) => {
    const { idempotencyKey, ...rest } = args;
    const members = idempotencyKey ? { ...rest, as: name } : rest;
    const type = names.claim(`${verb.charAt(0).toUpperCase()}${verb.slice(1)}${spec.names.type}Operation`, maker(spec.name));
    const input = builder.inputType(type, { fields: (t) => inputFields(t, members) });
    return { verb, args, input, operationOf };
  });
}

function definitionsOf(derivation: Derivation, { spec }: ResourceTypes): ReadonlyMap<Verb, Definition> {
  const inputs = dataInputs(derivation, spec);
  const convert = inputConverter(spec.fields) ?? ((data: unknown) => data);
  const dataOf = (args: Arguments): Record<string, unknown> => Object(convert(args.data));
  const status: InputField = { type: derivation.shared.status, description: "STABLE unless told" };
  const id = idArg;
  const patchArgs = {
    id,
    merge: { type: inputs.patch, description: "Merge patch (RFC 7396): null removes a member. Give this or operations" },
    operations: { type: inputListOf(derivation.shared.patchOperation), description: "JSON Patch (RFC 6902)" },
    status,
  };
  const key: Record<string, InputField> =
    spec.key === true ? { key: { type: "String", description: `What its id is to end with: ${spec.names.prefix}_ and this` } } : {};
  const by = uniqueInput(derivation, spec);
  const uniqueOf = uniqueConverter(spec);
  const definitions: [Verb, Definition | undefined][] = [
    [
      "create",
      {
        args: { data: { type: inputs.create, required: true }, ...key, status, idempotencyKey },
        operationOf: (args) => ({ op: "create", data: dataOf(args), key: textOf(args.key), status: statusOf(args), ...onceOf(args) }),
      },
    ],
    [
      "upsert",
      by && {
        args: {
          by: { type: by, required: true, description: "The data must say the same" },
          data: { type: inputs.create, required: true },
          idempotencyKey,
        },
        operationOf: (args) => ({ op: "upsert", by: uniqueOf(args.by), data: dataOf(args), ...onceOf(args) }),
      },
    ],
    [
      "update",
      {
        args: { id, data: { type: inputs.update, required: true }, status, ifVersion },
        operationOf: (args) => ({ op: "update", ...idOf(args), data: dataOf(args), ...writeOptions(args) }),
      },
    ],
    [
      "patch",
      {
        args: { ...patchArgs, ifVersion },
        operationOf: (args) => ({ op: "patch", ...idOf(args), ...patchOf(args, convert), ...writeOptions(args) }),
      },
    ],
    [
      "modify",
      {
        args: { ...patchArgs, status: { ...status, description: "As it is unless told" }, ifVersion: { ...ifVersion, required: true } },
        operationOf: (args) => ({ op: "modify", ...idOf(args), ...modificationOf(args, convert), ...writeOptions(args) }),
      },
    ],
    [
      "switch",
      {
        args: { id, revision: { type: "Int", required: true, description: "Number of the revision" }, ifVersion },
        operationOf: (args) => ({ op: "switch", ...idOf(args), revision: Number(args.revision), ...precondition(args) }),
      },
    ],
    ...(["delete", "restore", "purge"] as const).map((op): [Verb, Definition] => [
      op,
      { args: { id, ifVersion }, operationOf: (args) => ({ op, ...idOf(args), ...precondition(args) }) },
    ]),
  ];
  return new Map(definitions.flatMap(([verb, definition]) => (definition ? [[verb, definition]] : [])));
}

const idOf = (args: Arguments) => ({ id: String(args.id) });
const onceOf = (args: Arguments) => ({ idempotencyKey: textOf(args.idempotencyKey), as: textOf(args.as) });
const statusOf = ({ status }: Arguments): RevisionStatus | undefined => (status === "draft" || status === "stable" ? status : undefined);
const precondition = (args: Arguments) => ({ ifVersion: numberOf(args.ifVersion) });
/** Which resource is meant, and the version that was seen; with the key of a retry. */
export const onResource = (args: Arguments) => ({ ...idOf(args), ...precondition(args), idempotencyKey: textOf(args.idempotencyKey) });
const writeOptions = (args: Arguments) => ({ status: statusOf(args), ...precondition(args) });

function patchOf({ merge, operations }: Arguments, convert: (data: unknown) => unknown): Patch {
  const given = [merge, operations].filter((each) => each !== undefined && each !== null);
  if (given.length !== 1) throw fail("BAD_REQUEST", "Give merge or operations, one of them", { field: "merge" });
  return Array.isArray(operations) ? { operations } : { merge: convert(merge) };
}

/** A modify may leave the data and change the status only. */
function modificationOf(args: Arguments, convert: (data: unknown) => unknown): Patch {
  const none = (args.merge ?? args.operations ?? undefined) === undefined;
  return none && statusOf(args) !== undefined ? { operations: [] } : patchOf(args, convert);
}
