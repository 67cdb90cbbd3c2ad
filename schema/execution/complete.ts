import {
  type GraphQLAbstractType,
  GraphQLError,
  GraphQLID,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  GraphQLString,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { fail } from "../../src/errors.ts";
import type { Execution, Path } from "./execution.ts";
import type { FieldPlan } from "./field-plan.ts";
import { isAsyncIterable, isIterable, isPromiseLike, thrownWhenSettled } from "./values.ts";

/**
 * Makes of what a resolver gave what the answer shows, or a promise of it. The value stands under `key` below `parent`.
 * @throws whatever makes the field an error
 */
export type Complete = (execution: Execution, value: unknown, field: FieldPlan, parent: Path | undefined, key: string | number) => unknown;

/** "Value completion" of the GraphQL specification, with the questions about the type asked once. */
export function completerOf(type: GraphQLOutputType): Complete {
  if (isNonNullType(type)) return required(completerOf(type.ofType));
  return ofPresent(
    isListType(type) ? list(type.ofType) : isLeafType(type) ? leaf(type) : isAbstractType(type) ? abstract(type) : object(type),
  );
}

const ofPresent =
  (complete: Complete): Complete =>
  (execution, value, field, parent, key) => {
    if (value instanceof Error) throw value;
    return value === null || value === undefined ? null : complete(execution, value, field, parent, key);
  };

const required =
  (complete: Complete): Complete =>
  (execution, value, field, parent, key) => {
    const completed = complete(execution, value, field, parent, key);
    if (completed instanceof Promise) return completed.then((settled) => settled ?? missing(field));
    return completed ?? missing(field);
  };

function missing({ parent, definition }: FieldPlan): never {
  throw fail("INTERNAL", `${parent.name}.${definition.name} must not be null`);
}

function leaf(type: GraphQLLeafType): Complete {
  if (type === GraphQLString || type === GraphQLID)
    return (_execution, value) => (typeof value === "string" ? value : coerceLeaf(type, value));
  return (_execution, value) => coerceLeaf(type, value);
}

/** What a resolver gave is no fault of the client, whatever the type says about it. */
function coerceLeaf(type: GraphQLLeafType, value: unknown): unknown {
  let coerced: unknown;
  try {
    coerced = type.coerceOutputValue(value);
  } catch (thrown) {
    if (thrown instanceof GraphQLError) throw fail("INTERNAL", thrown.message, {}, thrown);
    throw thrown;
  }
  if (coerced === null || coerced === undefined) throw fail("INTERNAL", `A value of ${type.name} was made null`);
  return coerced;
}

function list(itemType: GraphQLOutputType): Complete {
  const complete = completerOf(itemType);
  const nullable = !isNonNullType(itemType);
  const completeAll: Complete = (execution, value, field, parent, key) => {
    if (isAsyncIterable(value)) return Array.fromAsync(value).then((items) => completeAll(execution, items, field, parent, key));
    if (!isIterable(value)) throw fail("INTERNAL", `${field.parent.name}.${field.definition.name} is not a list`);
    const path: Path = { prev: parent, key, typename: typenameAt(field, key) };
    const items = Array.isArray(value) ? value : [...value];
    const completed: unknown[] = [];
    try {
      for (const item of items) completed.push(execution.guarded(field, nullable, path, completed.length, item, complete));
    } catch (thrown) {
      return thrownWhenSettled(thrown, [...completed, ...items]);
    }
    return completed.some((each) => each instanceof Promise) ? Promise.all(completed) : completed;
  };
  return completeAll;
}

function abstract(type: GraphQLAbstractType): Complete {
  const { name } = type;
  return (execution, value, field, parent, key) => {
    const { schema, typeResolver } = execution.args;
    const info = execution.infoOf(field, parent);
    const below = (typeName: unknown) => {
      const found = typeof typeName === "string" ? schema.getType(typeName) : undefined;
      if (!isObjectType(found) || !schema.isSubType(type, found))
        throw fail("INTERNAL", `${String(typeName)} is not an object type of ${name}`);
      return completeObject(found, execution, value, field, parent, key);
    };
    const resolved = (type.resolveType ?? typeResolver)(value, execution.args.contextValue, info, type);
    return isPromiseLike(resolved) ? Promise.resolve(resolved).then(below) : below(resolved);
  };
}

const object =
  (type: GraphQLObjectType): Complete =>
  (execution, value, field, parent, key) =>
    completeObject(type, execution, value, field, parent, key);

function completeObject(
  type: GraphQLObjectType,
  execution: Execution,
  value: unknown,
  field: FieldPlan,
  parent: Path | undefined,
  key: string | number,
): unknown {
  const below = (is: boolean) => {
    if (!is) throw fail("INTERNAL", `${field.parent.name}.${field.definition.name} is not of the type ${type.name}`);
    return execution.fieldsOf(execution.selectionOf(type, field), value, { prev: parent, key, typename: typenameAt(field, key) });
  };
  const is = type.isTypeOf?.(value, execution.args.contextValue, execution.infoOf(field, parent)) ?? true;
  return isPromiseLike(is) ? Promise.resolve(is).then(below) : below(is);
}

/** Only names are of a type, places in a list are not. */
const typenameAt = ({ parent }: FieldPlan, key: string | number): string | undefined => (typeof key === "number" ? undefined : parent.name);
