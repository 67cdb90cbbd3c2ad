import {
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  getArgumentValues,
  isNonNullType,
  Kind,
  type ValidatedExecutionArgs,
} from "graphql";
import { type Complete, completerOf } from "./complete.ts";
import type { Variables } from "./execution.ts";

/** What a plan is made from. Of the variables it has those that decide what is included, and no others. */
export type PlanSource = Pick<
  ValidatedExecutionArgs,
  "schema" | "fragmentDefinitions" | "operation" | "variableValues" | "fieldResolver" | "hideSuggestions"
>;

/** Arguments as a resolver gets them, made from the variables of one request. */
type ArgumentsOf = (variables: Variables) => Record<string, unknown>;

/** A field of a selection, with all that is the same for every object and every request. */
export interface FieldPlan {
  /** Its name in the answer. */
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly parent: GraphQLObjectType;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly resolve: GraphQLFieldResolver<unknown, unknown>;
  readonly args: ArgumentsOf;
  readonly complete: Complete;
  /** An error in it makes it null, and goes no further. */
  readonly nullable: boolean;
}

/** @throws nothing: the document is valid for the schema, so each of its fields is defined. */
export function fieldPlan(
  { schema, fieldResolver, hideSuggestions }: PlanSource,
  parent: GraphQLObjectType,
  key: string,
  nodes: readonly [FieldNode, ...FieldNode[]],
): FieldPlan | undefined {
  const [node] = nodes;
  const definition = schema.getField(parent, node.name.value);
  return (
    definition && {
      key,
      nodes,
      parent,
      definition,
      resolve: definition.resolve ?? fieldResolver,
      args: argumentsOf(definition, node, hideSuggestions),
      complete: completerOf(definition.type),
      nullable: !isNonNullType(definition.type),
    }
  );
}

/** Values that stand in the document, and variables, are the usual ones and need no coercion any more. */
function argumentsOf(definition: GraphQLField<unknown, unknown>, node: FieldNode, hideSuggestions: boolean): ArgumentsOf {
  const coerced: ArgumentsOf = (variables) => getArgumentValues(definition, node, variables, undefined, hideSuggestions);
  if (definition.args.length === 0) return () => ({});
  const variableOf = new Map<string, string>();
  for (const argument of definition.args) {
    const name = wholeVariable(argument, node);
    if (name === undefined) return coerced;
    if (name !== absent) variableOf.set(argument.name, name);
  }
  const pairs = [...variableOf];
  return (variables) => {
    const values: Record<string, unknown> = {};
    for (const [name, variable] of pairs) {
      const value = variables.coerced[variable];
      // Missing or null: defaults and errors are GraphQL's to say.
      if (value === undefined || value === null) return coerced(variables);
      values[name] = value;
    }
    return values;
  };
}

const absent = "";

/** The variable that is an argument's whole value, `absent` where nothing is given and nothing missing; undefined for all else. */
function wholeVariable({ name, type, default: fallback, defaultValue }: GraphQLArgument, node: FieldNode): string | undefined {
  const given = node.arguments?.find((argument) => argument.name.value === name);
  if (!given) return fallback === undefined && defaultValue === undefined && !isNonNullType(type) ? absent : undefined;
  return given.value.kind === Kind.VARIABLE ? given.value.name.value : undefined;
}
