import SchemaBuilder, { type FieldRef, InputListRef, type InputTypeParam, ListRef, type TypeParam } from "@pothos/core";
import type { GraphQLResolveInfo } from "graphql";
import type { GraphQLContext } from "./context.ts";
import { date, dateTime, json, safeInt } from "./scalars.ts";

export interface TypesOption {
  Context: GraphQLContext;
  DefaultFieldNullability: false;
  Scalars: {
    ID: { Input: string; Output: string };
    Date: { Input: string; Output: string };
    DateTime: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    JSON: { Input: unknown; Output: unknown };
  };
}

export function createBuilder() {
  const builder = new SchemaBuilder<TypesOption>({ defaultFieldNullability: false });
  builder.scalarType("Date", date);
  builder.scalarType("DateTime", dateTime);
  builder.scalarType("SafeInt", safeInt);
  builder.scalarType("JSON", json);
  return builder;
}

export type Builder = ReturnType<typeof createBuilder>;
export type Types = Builder["$inferSchemaTypes"];

/** Types as derived code handles them: Pothos knows them, the compiler does not. */
export type OutputType = TypeParam<Types>;
export type InputType = InputTypeParam<Types>;

/** A field that comes from a spec: its type is known at run time only, its source to whoever makes it. */
export interface OutputField {
  readonly type: OutputType;
  readonly nullable?: boolean;
  readonly description?: string | undefined;
  readonly deprecationReason?: string | undefined;
  readonly args?: Record<string, InputField>;
  readonly resolve: (source: never, args: Arguments, context: GraphQLContext, info: GraphQLResolveInfo) => unknown;
  readonly subscribe?: (source: never, args: Arguments, context: GraphQLContext) => AsyncIterable<unknown>;
}

/** Arguments as a client gave them: absent, null, or of the type in the schema. */
export type Arguments = Readonly<Record<string, unknown>>;

export interface InputField {
  readonly type: InputType;
  readonly required?: boolean;
  readonly description?: string | undefined;
  readonly deprecationReason?: string | undefined;
  readonly defaultValue?: unknown;
  readonly extensions?: { readonly example: unknown };
}

interface OutputFields {
  field(options: never): FieldRef<Types>;
  arg(options: never): unknown;
}

interface InputFields {
  field(options: never): unknown;
}

/**
 * Where derived fields cross into Pothos' static types: `never` stands for options whose types depend on types that exist
 * at run time only.
 */
export function outputFields(t: OutputFields, fields: Readonly<Record<string, OutputField>>): Record<string, FieldRef<Types>> {
  return mapValues(fields, ({ args, ...field }) =>
    t.field({ ...field, ...(args ? { args: mapValues(args, (arg) => t.arg(arg as never)) } : {}) } as never),
  );
}

/** The same crossing for input types. */
export function inputFields(t: InputFields, fields: Readonly<Record<string, InputField>>): never {
  return mapValues(fields, (field) => t.field(field as never)) as never;
}

const mapValues = <V, W>(map: Readonly<Record<string, V>>, change: (value: V) => W): Record<string, W> =>
  Object.fromEntries(Object.entries(map).map(([key, value]) => [key, change(value)]));

export const listOf = (item: OutputType, nullableItems = false): OutputType => new ListRef<Types, unknown>(item, nullableItems);
export const inputListOf = (item: InputType, requiredItems = true): InputType => new InputListRef<Types, unknown>(item, requiredItems);
