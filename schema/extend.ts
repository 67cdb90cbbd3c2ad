import type { ObjectRef } from "@pothos/core";
import type { GraphQLSchema } from "graphql";
import { fail, SpecStarError } from "../src/errors.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { DataOf, ResourceSpec } from "../src/spec/resource.ts";
import type { Builder, Types } from "./builder.ts";

/** The derived object types by the names of their specs; what their fields are resolved from is a Resource. */
export type DerivedTypes<Specs extends readonly ResourceSpec[]> = {
  readonly [S in Specs[number] as S["name"]]: ObjectRef<Types, Resource<DataOf<S>>>;
};

/** Adds types, fields, queries and mutations of your own to the derived ones. */
export type Extend<Specs extends readonly ResourceSpec[] = readonly ResourceSpec[]> = {
  // As a method, so that it may be handed on by code that knows less of the specs.
  extend(builder: Builder, types: DerivedTypes<Specs>): void;
}["extend"];

/**
 * The schema of a builder, with what `extend` adds.
 * @throws BAD_REQUEST for what cannot be built: a name that is taken, a type without fields …
 */
export function extendedSchema<Specs extends readonly ResourceSpec[]>(
  builder: Builder,
  refs: Readonly<Record<string, ObjectRef<Types, Resource>>>,
  extend: Extend<Specs>,
): GraphQLSchema {
  try {
    // Made of the specs that `extend` is typed by.
    extend(builder, refs as never);
    return builder.toSchema({ sortSchema: false });
  } catch (thrown) {
    if (thrown instanceof SpecStarError) throw thrown;
    const why = thrown instanceof Error ? thrown.message : String(thrown);
    throw fail("BAD_REQUEST", `createPlatform: graphql.extend: ${why}`, { field: "graphql.extend" }, thrown);
  }
}
