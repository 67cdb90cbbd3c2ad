import { fail, SpecStarError } from "../src/errors.ts";
import { inPlace } from "../src/manager/placed.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { Operation } from "../src/manager/resource-operation.ts";
import { type Arguments, type InputField, inputFields, inputListOf, type OutputField } from "./builder.ts";
import { textOf } from "./connection.ts";
import type { GraphQLContext } from "./context.ts";
import type { Derivation } from "./derivation.ts";
import { idIn, listed } from "./mutations.ts";
import { idempotencyKey, type OperationDefinition } from "./operations.ts";
import { type Failure, type FailureTypes, failureOf } from "./result-types.ts";
import { type Newest, newestOf, type Result, type Success, successOf } from "./success.ts";

/** An operation of a spec, under the name of its mutation. */
export interface NamedOperation extends Pick<OperationDefinition, "input" | "operationOf"> {
  readonly type: string;
}

interface Refused {
  readonly index: number | null;
  readonly error: Failure;
}

interface Committed {
  readonly results: readonly Success[];
}

/** `transact`: operations on any resources as one unit of work. */
export function transactMutation(
  derivation: Derivation,
  operations: ReadonlyMap<string, NamedOperation>,
  failures: FailureTypes,
): Record<string, OutputField> {
  const { builder, names } = derivation;
  for (const name of ["Operation", "Mutation.transact"]) names.claim(name, "the platform");
  const members = Object.fromEntries([...operations].map(([name, { input }]): [string, InputField] => [name, { type: input }]));
  const operation = builder.inputType("Operation", {
    description: "One write, with what the mutation of that name takes",
    isOneOf: true,
    fields: (t) => inputFields(t, members),
  });
  return {
    transact: {
      type: resultType(derivation, failures),
      description: "Operations on any resources, all or nothing, in order: each sees what those before it did",
      args: {
        operations: { type: inputListOf(operation), required: true },
        idempotencyKey,
      },
      resolve: async (_source, args, { actor, transact, manager, loaders }) => {
        const asked = listed(args.operations).map((each, index) => inPlace(index, () => operationOf(operations, each)));
        try {
          const results = await transact(asked, { actor, idempotencyKey: textOf(args.idempotencyKey) });
          const newest = await leftBy(asked, results, manager);
          return { results: results.map((result) => successOf(result, newest)) } satisfies Committed;
        } catch (thrown) {
          return refusedOf(thrown, asked);
        } finally {
          loaders.clear();
        }
      },
    },
  };
}

/** What reaches others: a deletion by their refs. */
const reaching: ReadonlySet<string> = new Set(["action", "delete", "purge"]);

/** What an action wrote to others, or went along with a deletion, is in no result: it is read. What the actor may not read is shown as its own operation left it. */
async function leftBy(asked: readonly Operation[], results: readonly Result[], manager: GraphQLContext["manager"]): Promise<Newest> {
  const newest = newestOf(results);
  if (!asked.some(({ op }) => reaching.has(op))) return newest;
  const ids = Map.groupBy([...newest.keys()], (id) => asked[results.findIndex((result) => result.id === id)]?.type ?? "");
  // All is committed: that a read fails is no reason to say otherwise.
  const read = [...ids].map(([type, some]) =>
    manager(type)
      .getMany(some, { includeDeleted: true })
      .catch(() => []),
  );
  const current = (await Promise.all(read)).flat().filter((each) => each !== undefined);
  return new Map([...newest, ...current.map((each): [string, Resource] => [each.id, each])]);
}

/** `@oneOf`: GraphQL has seen to it that there is exactly one member. */
function operationOf(operations: ReadonlyMap<string, NamedOperation>, given: Arguments): Operation {
  const [name = "", args] = Object.entries(given)[0] ?? [];
  const definition = operations.get(name);
  if (!definition) throw fail("BAD_REQUEST", "An operation holds one of the members of Operation", { field: "operations" });
  return { type: definition.type, ...definition.operationOf(Object(args)) };
}

function refusedOf(thrown: unknown, asked: readonly Operation[]): Refused {
  const index = thrown instanceof SpecStarError ? thrown.details.index : undefined;
  const at = index === undefined ? undefined : asked[index];
  const error = failureOf(thrown, at?.type ?? "", idIn(at));
  if (!error) throw thrown;
  return { index: index ?? null, error };
}

function resultType({ builder, names, shared, resources }: Derivation, { error }: FailureTypes) {
  for (const name of ["TransactResult", "TransactSuccess", "TransactFailed", "OperationResult"]) names.claim(name, "the platform");
  const acting = [...resources.values()].some(({ spec }) => spec.actions.length > 0);
  const result = builder.objectRef<Success>("OperationResult").implement({
    fields: (t) => ({
      id: t.exposeID("id"),
      changed: t.exposeBoolean("changed", { description: "False for a no-op, which writes nothing" }),
      created: t.exposeBoolean("created", { description: "Whether it was not there before" }),
      resource: t.field({
        type: shared.resource,
        nullable: true,
        description: "As all operations together left it; null once it is purged",
        resolve: ({ resource }) => resource,
      }),
      ...(acting
        ? { output: t.field({ type: "JSON", nullable: true, description: "What an action answered", resolve: ({ output }) => output }) }
        : {}),
    }),
  });
  const success = builder.objectRef<Committed>("TransactSuccess").implement({
    fields: (t) => ({
      results: t.field({ type: [result], description: "One per operation, in order", resolve: ({ results }) => results }),
    }),
  });
  const failed = builder.objectRef<Refused>("TransactFailed").implement({
    description: "Nothing was written",
    fields: (t) => ({
      index: t.exposeInt("index", { nullable: true, description: "Place of the operation that was refused, from 0" }),
      error: t.field({ type: error, resolve: (refused) => refused.error }),
    }),
  });
  return builder.unionType("TransactResult", {
    types: [success, failed],
    resolveType: (value) => ("results" in value ? "TransactSuccess" : "TransactFailed"),
  });
}
