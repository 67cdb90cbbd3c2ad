import type { ObjectRef } from "@pothos/core";
import { fail } from "../src/errors.ts";
import type { Patch } from "../src/manager/operations/patch.ts";
import type { Purged } from "../src/manager/operations/purge.ts";
import type { Written } from "../src/manager/resource.ts";
import type { ResourceManager } from "../src/manager/resource-manager.ts";
import type { RevisionStatus } from "../src/storage/rows.ts";
import { type Arguments, type InputField, inputListOf, type OutputField, type Types } from "./builder.ts";
import { numberOf, textOf } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { inputConverter } from "./input-data.ts";
import { dataInputs } from "./input-types.ts";
import { type Failure, outcome, resultType } from "./result-types.ts";
import { maker } from "./type-names.ts";

interface Mutation {
  readonly args: Readonly<Record<string, InputField>>;
  readonly run: (manager: ResourceManager, args: Arguments) => Promise<Written | Purged>;
}

const id: InputField = { type: "ID", required: true };
const ifVersion: InputField = { type: "Int", description: "The version that you saw: if it has moved on, nothing is written" };

/** `createArticle` … `purgeArticle`, each with its result union. */
export function resourceMutations(
  derivation: Derivation,
  types: ResourceTypes,
  failures: readonly ObjectRef<Types, Failure>[],
): Record<string, OutputField> {
  const { builder, names } = derivation;
  const { spec } = types;
  const { type } = spec.names;
  const madeBy = maker(spec.name);
  const fields = Object.entries(mutationsOf(derivation, types)).map(([verb, { args, run }]): [string, OutputField] => {
    const pascal = verb.charAt(0).toUpperCase() + verb.slice(1) + type;
    const successName = names.claim(`${pascal}Success`, madeBy);
    const success: ObjectRef<Types, object> =
      verb === "purge" ? purgeSuccess(derivation, successName) : writeSuccess(derivation, successName, types);
    const result = resultType(builder, names.claim(`${pascal}Result`, madeBy), success, successName, failures);
    names.claim(`Mutation.${verb}${type}`, madeBy);
    const resolve: OutputField["resolve"] = async (_source, given, { manager, loaders }) => {
      const settled = await outcome(() => run(manager(spec.name), given), spec.name, textOf(given.id));
      loaders.clear();
      return settled;
    };
    return [`${verb}${type}`, { type: result, args, resolve }];
  });
  return Object.fromEntries(fields);
}

function writeSuccess({ builder, names }: Derivation, name: string, { spec, resource }: ResourceTypes): ObjectRef<Types, Written> {
  names.claim(`${name}.changed`, "the platform");
  names.claim(`${name}.${spec.names.one}`, maker(spec.name));
  return builder.objectRef<Written>(name).implement({
    fields: (t) => ({
      [spec.names.one]: t.field({ type: resource, resolve: (written) => written }),
      changed: t.exposeBoolean("changed", { description: "False for a no-op, which writes nothing" }),
    }),
  });
}

const purgeSuccess = ({ builder }: Derivation, name: string): ObjectRef<Types, Purged> =>
  builder.objectRef<Purged>(name).implement({ fields: (t) => ({ id: t.exposeID("id"), changed: t.exposeBoolean("changed") }) });

function mutationsOf(derivation: Derivation, { spec }: ResourceTypes): Record<string, Mutation> {
  const inputs = dataInputs(derivation, spec);
  const convert = inputConverter(spec.fields) ?? ((data: unknown) => data);
  const dataOf = (args: Arguments): Record<string, unknown> => Object(convert(args.data));
  const status: InputField = { type: derivation.shared.status, description: "STABLE unless told" };
  const patchArgs = {
    id,
    merge: { type: inputs.patch, description: "RFC 7396: null removes a member" },
    operations: { type: inputListOf(derivation.shared.patchOperation), description: "RFC 6902" },
    status,
  };
  return {
    create: {
      args: {
        data: { type: inputs.create, required: true },
        ...(spec.key === true ? { key: { type: "String" } as const } : {}),
        status,
        idempotencyKey: { type: "String" },
      },
      run: (manager, args) =>
        manager.create(dataOf(args), { key: textOf(args.key), status: statusOf(args), idempotencyKey: textOf(args.idempotencyKey) }),
    },
    update: {
      args: { id, data: { type: inputs.update, required: true }, status, ifVersion },
      run: (manager, args) => manager.update(idOf(args), dataOf(args), writeOptions(args)),
    },
    patch: {
      args: { ...patchArgs, ifVersion },
      run: (manager, args) => manager.patch(idOf(args), patchOf(args, convert), writeOptions(args)),
    },
    modify: {
      args: { ...patchArgs, status: { ...status, description: "As it is unless told" }, ifVersion: { ...ifVersion, required: true } },
      run: (manager, args) => manager.modify(idOf(args), modificationOf(args, convert), writeOptions(args)),
    },
    switch: {
      args: { id, revision: { type: "Int", required: true }, ifVersion },
      run: (manager, args) => manager.switch(idOf(args), Number(args.revision), precondition(args)),
    },
    delete: { args: { id, ifVersion }, run: (manager, args) => manager.delete(idOf(args), precondition(args)) },
    restore: { args: { id, ifVersion }, run: (manager, args) => manager.restore(idOf(args), precondition(args)) },
    purge: { args: { id, ifVersion }, run: (manager, args) => manager.purge(idOf(args), precondition(args)) },
  };
}

const idOf = (args: Arguments): string => String(args.id);
const statusOf = ({ status }: Arguments): RevisionStatus | undefined => (status === "draft" || status === "stable" ? status : undefined);
const precondition = (args: Arguments) => ({ ifVersion: numberOf(args.ifVersion) });
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
