import type { ObjectRef } from "@pothos/core";
import { fail, SpecStarError } from "../src/errors.ts";
import type { ResourceOperation } from "../src/manager/resource-operation.ts";
import { type Arguments, type InputField, inputListOf, listOf, type OutputField, type OutputType, type Types } from "./builder.ts";
import { textOf } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import type { OperationDefinition, Verb } from "./operations.ts";
import { type Failure, failureOf, outcome, resultType } from "./result-types.ts";
import { newestOf, type Success, successOf, writtenOf } from "./success.ts";
import { maker } from "./type-names.ts";

/** Those that are worth doing to many at once. */
const inBulk: ReadonlySet<string> = new Set(["create", "update", "patch", "delete", "restore", "purge"]);

/** `createArticle` … `purgeArticle`, each with its result union, and `createArticles` … with a list of results. */
export function resourceMutations(
  derivation: Derivation,
  types: ResourceTypes,
  operations: readonly OperationDefinition[],
  failures: readonly ObjectRef<Types, Failure>[],
): Record<string, OutputField> {
  const { builder, names } = derivation;
  const { spec } = types;
  const madeBy = maker(spec.name);
  const fields = operations.flatMap((operation): [string, OutputField][] => {
    const { verb } = operation;
    const pascal = verb.charAt(0).toUpperCase() + verb.slice(1) + spec.names.type;
    const successName = names.claim(`${pascal}Success`, madeBy);
    const success: ObjectRef<Types, object> =
      verb === "purge" ? purgeSuccess(derivation, successName) : writeSuccess(derivation, successName, types, verb === "upsert");
    const result = resultType(builder, names.claim(`${pascal}Result`, madeBy), success, successName, failures);
    const one = names.claim(`Mutation.${verb}${spec.names.type}`, madeBy).slice("Mutation.".length);
    const single: [string, OutputField] = [one, mutation(types, { ...operation, description: meanings[verb] }, result)];
    if (!inBulk.has(verb)) return [single];
    const many = names.claim(`Mutation.${verb}${spec.names.types}`, madeBy).slice("Mutation.".length);
    return [single, [many, bulkMutation(types, operation, result)]];
  });
  return Object.fromEntries(fields);
}

interface Mutation extends Pick<OperationDefinition, "args" | "operationOf"> {
  readonly description: string;
}

/** One operation and its result. */
export function mutation({ spec }: ResourceTypes, { args, operationOf, description }: Mutation, type: OutputType): OutputField {
  const resolve: OutputField["resolve"] = async (_source, given, { manager, loaders }) => {
    const settled = await outcome(async () => successOf(await manager(spec.name).perform(operationOf(given))), spec.name, textOf(given.id));
    loaders.clear();
    return settled;
  };
  return { type, description, args, resolve };
}

const meanings: Readonly<Record<Verb, string>> = {
  create: "Makes a resource, with its first revision",
  upsert: "Updates the resource that has this unique value, or creates it",
  update: "Replaces the data as a whole, in a new revision. The same data again writes nothing",
  patch: "Changes some of the data, in a new revision",
  modify: "Changes the current revision in place while it is a draft, or its status",
  switch: "Makes another revision the current one. Nothing is copied",
  delete: "Sets the deletion mark. The revisions stay, and restore brings it back",
  restore: "Takes the deletion mark away",
  purge: "Removes it for good, with all revisions. Its id is not given again",
};

/** The rows of a create are data alone; the others are what the single mutation takes. */
function bulkMutation({ spec }: ResourceTypes, { verb, args, input, operationOf }: OperationDefinition, result: OutputType): OutputField {
  const { data, key, status } = args;
  const rows: Record<string, InputField> =
    verb === "create" && data && status
      ? {
          data: { type: inputListOf(data.type), required: true },
          ...(key ? { keys: { type: inputListOf("String"), description: "One per row, in order" } } : {}),
          status,
        }
      : { rows: { type: inputListOf(input), required: true } };
  const resolve: OutputField["resolve"] = async (_source, given, { manager, loaders }) => {
    const operations = (verb === "create" ? createRows(given) : listed(given.rows)).map(operationOf);
    const settled = await manager(spec.name).batch(operations);
    loaders.clear();
    const newest = newestOf(settled);
    return settled.map((each, i) =>
      each instanceof SpecStarError ? (failureOf(each, spec.name, idIn(operations[i])) ?? each) : successOf(each, newest),
    );
  };
  return {
    // Nullable: a row whose error is no member of the union takes nobody else's answer with it.
    type: listOf(result, true),
    description: `${meanings[verb]}. Each row by itself: a result per row, in order; null where \`errors\` says why`,
    args: rows,
    resolve,
  };
}

function createRows({ data, keys, status }: Arguments): readonly Arguments[] {
  const given = listed(data);
  const chosen = Array.isArray(keys) ? keys : undefined;
  if (chosen && chosen.length !== given.length)
    throw fail("BAD_REQUEST", `There are ${given.length} rows and ${chosen.length} keys: give one key per row`, { field: "keys" });
  return given.map((row, i) => ({ data: row, key: chosen?.[i], status }));
}

export const listed = (value: unknown): readonly Arguments[] => (Array.isArray(value) ? value : []);
export const idIn = (operation: ResourceOperation | undefined): string | undefined =>
  operation && "id" in operation ? operation.id : undefined;

function writeSuccess(
  { builder, names }: Derivation,
  name: string,
  { spec, resource }: ResourceTypes,
  upserts: boolean,
): ObjectRef<Types, Success> {
  names.claim(`${name}.changed`, "the platform");
  if (upserts) names.claim(`${name}.created`, "the platform");
  names.claim(`${name}.${spec.names.one}`, maker(spec.name));
  return builder.objectRef<Success>(name).implement({
    fields: (t) => ({
      [spec.names.one]: t.field({ type: resource, resolve: (success) => writtenOf(success) }),
      changed: t.exposeBoolean("changed", { description: "False for a no-op, which writes nothing" }),
      ...(upserts ? { created: t.exposeBoolean("created", { description: "False where it was there already" }) } : {}),
    }),
  });
}

const purgeSuccess = ({ builder }: Derivation, name: string): ObjectRef<Types, Success> =>
  builder.objectRef<Success>(name).implement({ fields: (t) => ({ id: t.exposeID("id"), changed: t.exposeBoolean("changed") }) });
