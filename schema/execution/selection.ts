import {
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLIncludeDirective,
  type GraphQLObjectType,
  GraphQLSkipDirective,
  getDirectiveValues,
  type InlineFragmentNode,
  isAbstractType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
  typeFromAST,
} from "graphql";
import { type FieldPlan, fieldPlan, type PlanSource } from "./field-plan.ts";

/** What is selected of objects of one type: fragments merged, and what `@skip` and `@include` leave. */
export type Selection = readonly FieldPlan[];

/** The selection of these sets together on a type. */
export function selectionOf(source: PlanSource, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Selection {
  const nodes = new Map<string, [FieldNode, ...FieldNode[]]>();
  const visited = new Set<string>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (!isIncluded(source, selection)) continue;
      if (selection.kind === Kind.FIELD) {
        const key = (selection.alias ?? selection.name).value;
        const known = nodes.get(key);
        if (known) known.push(selection);
        else nodes.set(key, [selection]);
        continue;
      }
      const fragment = selection.kind === Kind.INLINE_FRAGMENT ? selection : fragmentOf(selection.name.value);
      if (fragment && isFor(source, fragment, type)) collect(fragment.selectionSet);
    }
  };
  const fragmentOf = (name: string): FragmentDefinitionNode | undefined => {
    if (visited.has(name)) return undefined;
    visited.add(name);
    return source.fragmentDefinitions[name];
  };
  sets.forEach(collect);
  return [...nodes].map(([key, same]) => fieldPlan(source, type, key, same)).filter((field) => field !== undefined);
}

function isIncluded({ variableValues, hideSuggestions }: PlanSource, node: SelectionNode): boolean {
  if (!node.directives || node.directives.length === 0) return true;
  const says = (directive: typeof GraphQLSkipDirective) =>
    getDirectiveValues(directive, node, variableValues, undefined, hideSuggestions)?.if;
  return says(GraphQLSkipDirective) !== true && says(GraphQLIncludeDirective) !== false;
}

function isFor({ schema }: PlanSource, { typeCondition }: FragmentDefinitionNode | InlineFragmentNode, type: GraphQLObjectType): boolean {
  if (!typeCondition) return true;
  const condition = typeFromAST(schema, typeCondition);
  return condition === type || (isAbstractType(condition) && schema.isSubType(condition, type));
}
