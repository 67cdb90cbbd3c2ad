import { type GraphQLObjectType, Kind, type SelectionSetNode, type ValidatedExecutionArgs, visit } from "graphql";
import type { FieldPlan, PlanSource } from "./field-plan.ts";
import { type Selection, selectionOf } from "./selection.ts";

/** The selections of one operation. Those below its root are made when the first object of their type is met. */
export class Plan {
  readonly root: Selection;
  readonly #source: PlanSource;
  readonly #below = new Map<FieldPlan, Map<GraphQLObjectType, Selection>>();

  constructor(source: PlanSource, root: GraphQLObjectType) {
    this.#source = source;
    this.root = selectionOf(source, root, [source.operation.selectionSet]);
  }

  /** What is selected of an object of this type below a field. */
  selectionOf(type: GraphQLObjectType, field: FieldPlan): Selection {
    const byType = this.#below.get(field) ?? new Map<GraphQLObjectType, Selection>();
    if (byType.size === 0) this.#below.set(field, byType);
    const known = byType.get(type);
    if (known) return known;
    const selection = selectionOf(this.#source, type, setsOf(field));
    byType.set(type, selection);
    return selection;
  }
}

const setsOf = ({ nodes }: FieldPlan): readonly SelectionSetNode[] =>
  nodes.map(({ selectionSet }) => selectionSet).filter((set) => set !== undefined);

/** The plans of one operation, by the values of the variables in `@skip` and `@include`. */
interface Variants {
  readonly deciding: readonly string[];
  readonly plans: Map<string, Plan>;
}

/** So many plans of one operation are remembered. */
const keptVariants = 16;

/** Plans of the documents that are being asked again and again; they are forgotten with their documents. */
export class Plans {
  readonly #known = new WeakMap<object, Variants>();

  of(args: ValidatedExecutionArgs, root: GraphQLObjectType): Plan {
    const { operation, document } = args;
    const variants = this.#known.get(operation) ?? { deciding: decidingVariables(document), plans: new Map() };
    this.#known.set(operation, variants);
    const { deciding, plans } = variants;
    const key = deciding.map((name) => String(args.variableValues.coerced[name])).join();
    const plan = plans.get(key) ?? new Plan(sourceOf(args, deciding), root);
    if (plans.size < keptVariants) plans.set(key, plan);
    return plan;
  }
}

function sourceOf(args: ValidatedExecutionArgs, deciding: readonly string[]): PlanSource {
  const { schema, fragmentDefinitions, operation, fieldResolver, hideSuggestions, variableValues } = args;
  const only = <Value>(values: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(values).filter(([name]) => deciding.includes(name)));
  const { sources, coerced } = variableValues;
  return {
    schema,
    fragmentDefinitions,
    operation,
    fieldResolver,
    hideSuggestions,
    variableValues: { sources: only(sources), coerced: only(coerced) },
  };
}

function decidingVariables(document: ValidatedExecutionArgs["document"]): readonly string[] {
  const names = new Set<string>();
  visit(document, {
    Directive: ({ arguments: given = [] }) => {
      for (const { value } of given) if (value.kind === Kind.VARIABLE) names.add(value.name.value);
    },
  });
  return [...names];
}
