import type { EnumRef, ImplementableObjectRef, ObjectRef } from "@pothos/core";
import type { Resource } from "../src/manager/resource.ts";
import type { Relations } from "../src/spec/relations.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import type { Builder, InputType, OutputType, Types } from "./builder.ts";
import type { Connection } from "./connection.ts";
import type { PastData, RevisionSource } from "./revision-source.ts";
import type { SharedTypes } from "./shared-types.ts";
import type { TypeNames } from "./type-names.ts";

export type EnumType = EnumRef<Types, string>;

/** The object types of a spec, made before their fields, so that specs may refer to one another in any order. */
export interface ResourceTypes {
  readonly spec: ResourceSpec;
  readonly resource: ImplementableObjectRef<Types, Resource>;
  readonly revision: ImplementableObjectRef<Types, RevisionSource>;
  readonly data: ImplementableObjectRef<Types, PastData>;
  readonly connection: ImplementableObjectRef<Types, Connection<Resource>>;
  readonly revisions: ImplementableObjectRef<Types, Connection<RevisionSource>>;
}

/** What one build of a schema shares. */
export interface Derivation {
  readonly builder: Builder;
  readonly names: TypeNames;
  readonly shared: SharedTypes;
  readonly resources: ReadonlyMap<string, ResourceTypes>;
  readonly relations: Relations;
  /** Derived types that several places use, by name. */
  readonly enums: Map<string, EnumType>;
  readonly objects: Map<string, ObjectRef<Types, never>>;
  readonly outputs: Map<string, OutputType>;
  readonly inputs: Map<string, InputType>;
}

/** The type of that name, made when it is first asked for; another maker of the same name is refused. */
export function onceOf<T>(types: Map<string, T>, { names }: Derivation, name: string, madeBy: string, make: () => T): T {
  names.claim(name, madeBy);
  const known = types.get(name);
  if (known !== undefined) return known;
  const made = make();
  types.set(name, made);
  return made;
}
