import type { ObjectRef } from "@pothos/core";
import { type GraphQLSchema, lexicographicSortSchema, printSchema } from "graphql";
import { fail } from "../src/errors.ts";
import { Resource } from "../src/manager/resource.ts";
import { relationsOf } from "../src/spec/relations.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { actionMutations, actionOperations } from "./actions.ts";
import { type Builder, createBuilder, type OutputField, outputFields, type Types } from "./builder.ts";
import type { Connection } from "./connection.ts";
import type { Derivation, ResourceTypes } from "./derivation.ts";
import { type Extend, extendedSchema } from "./extend.ts";
import { resourceMutations } from "./mutations.ts";
import { resourceOperations } from "./operations.ts";
import { nodeQueries, resourceQueries } from "./queries.ts";
import { resourceTypes } from "./resource-types.ts";
import { type FailureTypes, failureTypes } from "./result-types.ts";
import type { PastData, RevisionSource } from "./revision-source.ts";
import { sharedTypes } from "./shared-types.ts";
import { resourceSubscription, subscriptionToAll } from "./subscriptions.ts";
import { type NamedOperation, transactMutation } from "./transact.ts";
import { TypeNames } from "./type-names.ts";

/**
 * The GraphQL schema of these specs: per spec its types, queries, mutations with their result unions, and a subscription; and
 * what `extend` adds to them.
 *
 * @throws BAD_REQUEST where two specs or fields would make one GraphQL name, and for refs to specs that are not in the list.
 */
export function buildSchema<const Specs extends readonly ResourceSpec[]>(specs: Specs, extend?: Extend<Specs>): GraphQLSchema {
  const { builder, types } = derive(specs);
  return extend ? extendedSchema(builder, types, extend) : builder.toSchema({ sortSchema: false });
}

interface Derived {
  readonly builder: Builder;
  readonly types: Readonly<Record<string, ObjectRef<Types, Resource>>>;
}

function derive(specs: readonly ResourceSpec[]): Derived {
  const builder = createBuilder();
  const names = new TypeNames();
  const resources = new Map(specs.map((spec) => [spec.name, emptyTypes(builder, spec)]));
  const shared = sharedTypes(builder, names, typeNameOf(specs));
  const failures = failureTypes(builder, names, shared);
  const derivation: Derivation = {
    builder,
    names,
    shared,
    resources,
    relations: relationsOf(specs),
    enums: new Map(),
    objects: new Map(),
    outputs: new Map(),
    inputs: new Map(),
  };

  const roots = [...resources.values()].map((types) => rootFields(derivation, types, failures));
  const all = (pick: (root: RootFields) => Record<string, OutputField>) =>
    Object.fromEntries(roots.flatMap((root) => Object.entries(pick(root))));
  for (const name of ["node", "nodes"]) names.claim(`Query.${name}`, "the platform");
  builder.queryType({ fields: (t) => outputFields(t, { ...nodeQueries(derivation), ...all((root) => root.queries) }) });
  const types = Object.fromEntries([...resources].map(([name, { resource }]) => [name, resource]));
  if (roots.length === 0) return { builder, types };
  const everything = subscriptionToAll(derivation);
  const transact = transactMutation(derivation, new Map(roots.flatMap(({ operations }) => operations)), failures);
  builder.mutationType({ fields: (t) => outputFields(t, { ...all((root) => root.mutations), ...transact }) });
  builder.subscriptionType({
    fields: (t) => outputFields(t, { ...everything, ...all((root) => root.subscriptions) }),
  });
  return { builder, types };
}

/** The schema language of these specs, sorted: what is committed and compared. */
export const printSDL = <const Specs extends readonly ResourceSpec[]>(specs: Specs, extend?: Extend<Specs>): string =>
  `${printSchema(lexicographicSortSchema(buildSchema(specs, extend)))}\n`;

interface RootFields {
  readonly queries: Record<string, OutputField>;
  readonly mutations: Record<string, OutputField>;
  /** Under the names of their mutations. */
  readonly operations: readonly [string, NamedOperation][];
  readonly subscriptions: Record<string, OutputField>;
}

function rootFields(derivation: Derivation, types: ResourceTypes, failures: FailureTypes): RootFields {
  resourceTypes(derivation, types);
  const { name, names } = types.spec;
  const operations = resourceOperations(derivation, types);
  const actions = actionOperations(derivation, types);
  return {
    queries: resourceQueries(derivation, types),
    mutations: {
      ...resourceMutations(derivation, types, operations, failures.members),
      ...actionMutations(derivation, types, actions, failures),
    },
    operations: [
      ...operations.map((each): [string, NamedOperation] => [`${each.verb}${names.type}`, { ...each, type: name }]),
      ...[...actions].map(([{ mutation }, each]): [string, NamedOperation] => [mutation, { ...each, type: name }]),
    ],
    subscriptions: resourceSubscription(derivation, types),
  };
}

function emptyTypes(builder: Builder, spec: ResourceSpec): ResourceTypes {
  const { type } = spec.names;
  return {
    spec,
    resource: builder.objectRef<Resource>(type),
    revision: builder.objectRef<RevisionSource>(`${type}Revision`),
    data: builder.objectRef<PastData>(`${type}Data`),
    connection: builder.objectRef<Connection<Resource>>(`${type}Connection`),
    revisions: builder.objectRef<Connection<RevisionSource>>(`${type}RevisionConnection`),
  };
}

/** An id says of which spec its resource is. */
function typeNameOf(specs: readonly ResourceSpec[]): (value: Resource | RevisionSource) => string {
  const byPrefix = new Map(specs.map((spec) => [spec.names.prefix, spec.names.type]));
  return (value) => {
    const id = value instanceof Resource ? value.id : value.view.resourceId;
    const type = byPrefix.get(id.slice(0, id.lastIndexOf("_")));
    if (type === undefined) throw fail("INTERNAL", `No spec for ${id}`);
    return value instanceof Resource ? type : `${type}Revision`;
  };
}
