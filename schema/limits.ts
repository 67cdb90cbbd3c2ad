import {
  type ASTNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLNamedType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from "graphql";
import { refusal } from "./graphql-error.ts";

/** What one request may ask for. Over a limit: BAD_REQUEST that names it, before anything is executed. */
export interface GraphQLLimits {
  readonly tokens: number;
  readonly depth: number;
  readonly aliases: number;
  /** Fields that are selected again beside themselves, or in another fragment on the same type. */
  readonly repeats: number;
  readonly rootFields: number;
  /** One per field; what stands below a page counts as often as the page may have rows. */
  readonly cost: number;
}

export const defaultGraphQLLimits: GraphQLLimits = { tokens: 2000, depth: 12, aliases: 30, repeats: 200, rootFields: 20, cost: 5000 };

export type Variables = Readonly<Record<string, unknown>>;

/** Rows of a page where nothing says how many. */
const defaultPage = 20;
/** Items of a list of refs, which has no page. */
const listedRefs = 10;
/** An answer to `__schema` is as long as the schema is. */
const introspectionCost = 1000;
/** Of selections below `__schema` and `__type`, whose standard query is deeper than queries may be. */
const introspectionDepth = 30;

interface Measure {
  /** Cost of what stands here once … */
  readonly once: number;
  /** … and of what stands here once per row of the page around it. */
  readonly perRow: number;
  readonly depth: number;
  readonly fields: number;
}

interface Walk {
  readonly schema: GraphQLSchema;
  readonly limits: GraphQLLimits;
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** Undefined while a fragment is being measured: met again then, it is a cycle. */
  readonly measured: Map<string, Measure | undefined>;
  readonly variable: (name: string) => unknown;
}

/**
 * Checks depth, aliases, root fields and cost of a document, in time linear in its size whatever its fragments do. Answers
 * whether its cost depends on variables: such pages count as one row here, and `checkCost` looks again before they are run.
 */
export function checkDocument(schema: GraphQLSchema, document: DocumentNode, limits: GraphQLLimits): boolean {
  let variable = false;
  const oneRow = (): number => {
    variable = true;
    return 1;
  };
  const { aliases, repeats } = namesIn(document);
  if (aliases.length > limits.aliases) throw over("aliases", aliases.length, limits.aliases, aliases[limits.aliases]);
  if (repeats.length > limits.repeats) throw over("repeated fields", repeats.length, limits.repeats, repeats[limits.repeats]);
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    const { fields } = checkOperation(schema, document, definition, limits, oneRow);
    if (fields > limits.rootFields) throw over("root fields", fields, limits.rootFields, definition);
  }
  return variable;
}

/** The cost of an operation with the variables that it runs with. */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Variables,
  limits: GraphQLLimits,
): void {
  const defaults = new Map(operation.variableDefinitions?.map(({ variable, defaultValue }) => [variable.name.value, defaultValue]));
  checkOperation(schema, document, operation, limits, (name) =>
    Object.hasOwn(variables, name) ? variables[name] : sizeOf(defaults.get(name)),
  );
}

function checkOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  limits: GraphQLLimits,
  variable: (name: string) => unknown,
): Measure {
  const fragments = new Map(
    document.definitions.flatMap((definition) =>
      definition.kind === Kind.FRAGMENT_DEFINITION ? [[definition.name.value, definition] as const] : [],
    ),
  );
  const root = schema.getRootType(operation.operation) ?? undefined;
  const measure = measureSet({ schema, limits, fragments, variable, measured: new Map() }, operation.selectionSet, root, limits.depth);
  const cost = measure.once + measure.perRow;
  if (cost > limits.cost) throw over("cost", cost, limits.cost, operation);
  return measure;
}

/** `room`: how many levels may still follow. */
function measureSet(walk: Walk, { selections }: SelectionSetNode, parent: GraphQLNamedType | undefined, room: number): Measure {
  if (room <= 0) throw over("depth", undefined, walk.limits.depth, selections[0]);
  let [once, perRow, depth, fields] = [0, 0, 0, 0];
  for (const selection of selections) {
    const each = measureSelection(walk, selection, parent, room);
    once += each.once;
    perRow += each.perRow;
    depth = Math.max(depth, each.depth);
    fields += each.fields;
  }
  return { once, perRow, depth, fields };
}

function measureSelection(walk: Walk, selection: SelectionNode, parent: GraphQLNamedType | undefined, room: number): Measure {
  switch (selection.kind) {
    case Kind.FIELD:
      return measureField(walk, selection, parent, room);
    case Kind.FRAGMENT_SPREAD:
      return measureFragment(walk, selection, room);
    case Kind.INLINE_FRAGMENT:
      return measureSet(walk, selection.selectionSet, conditionOf(walk, selection.typeCondition?.name.value) ?? parent, room);
  }
}

const conditionOf = ({ schema }: Walk, name: string | undefined): GraphQLNamedType | undefined =>
  name === undefined ? undefined : schema.getType(name);

function measureFragment(walk: Walk, spread: FragmentSpreadNode, room: number): Measure {
  const name = spread.name.value;
  const fragment = walk.fragments.get(name);
  if (!fragment) return { once: 0, perRow: 0, depth: 0, fields: 0 };
  if (walk.measured.has(name)) {
    const known = walk.measured.get(name);
    if (!known) throw refusal("BAD_REQUEST", `Fragment ${name} spreads itself`, {}, spread);
    if (known.depth > room) throw over("depth", undefined, walk.limits.depth, spread);
    return known;
  }
  walk.measured.set(name, undefined);
  const measure = measureSet(walk, fragment.selectionSet, conditionOf(walk, fragment.typeCondition.name.value), room);
  walk.measured.set(name, measure);
  return measure;
}

function measureField(walk: Walk, node: FieldNode, parent: GraphQLNamedType | undefined, room: number): Measure {
  const name = node.name.value;
  const introspects = name === "__schema" || name === "__type";
  const definition = parent && isCompositeType(parent) ? walk.schema.getField(parent, name) : undefined;
  if (!node.selectionSet) return { once: 1, perRow: 0, depth: 1, fields: 1 };
  const below = measureSet(
    walk,
    node.selectionSet,
    definition && getNamedType(definition.type),
    introspects ? introspectionDepth : room - 1,
  );
  if (introspects) return { once: introspectionCost + below.once + below.perRow, perRow: 0, depth: 1, fields: 1 };
  const paged = definition?.args.some((arg) => arg.name === "first") ?? false;
  const inner = below.once + below.perRow * (paged ? pageOf(walk, node) : 1);
  const depth = below.depth + 1;
  const ids = argument(walk, node, "ids");
  if (Array.isArray(ids)) return { once: 1 + inner * ids.length, perRow: 0, depth, fields: 1 };
  const rows = rowsOf(walk, node, parent, definition?.type);
  if (rows !== undefined) return { once: 1 + (1 + inner) * rows, perRow: 0, depth, fields: 1 };
  if (!definition || !isListType(getNullableType(definition.type))) return { once: 1 + inner, perRow: 0, depth, fields: 1 };
  // A page that is a list itself, and no connection of one.
  if (paged) return { once: 1 + (below.once + below.perRow) * pageOf(walk, node), perRow: 0, depth, fields: 1 };
  return { once: 1, perRow: inner * (listsRefs(parent, definition.type) ? listedRefs : 1), depth, fields: 1 };
}

/** How many writes a mutation asks for at once; undefined for single ones. */
function rowsOf(
  walk: Walk,
  node: FieldNode,
  parent: GraphQLNamedType | undefined,
  type: GraphQLOutputType | undefined,
): number | undefined {
  if (parent === undefined || parent !== walk.schema.getMutationType()) return undefined;
  const many = node.name.value === "transact" || (type !== undefined && isListType(getNullableType(type)));
  if (!many) return undefined;
  const given = ["rows", "data", "operations"].map((name) => argument(walk, node, name)).find(Array.isArray);
  return given?.length ?? 1;
}

/** Not the rows of a connection, which its page has counted. */
function listsRefs(parent: GraphQLNamedType | undefined, type: GraphQLOutputType): boolean {
  const item = getNamedType(type);
  const isNode = isObjectType(item) && item.getInterfaces().some(({ name }) => name === "Node");
  return isNode && isObjectType(parent) && !("pageInfo" in parent.getFields());
}

/** Rows that a page may have: what `first` or `last` says. */
function pageOf(walk: Walk, node: FieldNode): number {
  const sizes = ["first", "last"].map((name) => argument(walk, node, name)).filter((size) => typeof size === "number");
  for (const size of sizes) if (size < 0) throw refusal("BAD_REQUEST", "first and last must not be negative", {}, node);
  return sizes.length > 0 ? Math.max(...sizes) : defaultPage;
}

function argument(walk: Walk, node: FieldNode, name: string): unknown {
  const value = node.arguments?.find((arg) => arg.name.value === name)?.value;
  return value?.kind === Kind.VARIABLE ? walk.variable(value.name.value) : sizeOf(value);
}

/** Numbers, and lists by how long they are: all that cost depends on. */
function sizeOf(value: ValueNode | undefined): unknown {
  if (value?.kind === Kind.INT) return Number(value.value);
  return value?.kind === Kind.LIST ? value.values : undefined;
}

type Names = Map<string, Names>;

/**
 * Aliases, and fields that are selected again where they are selected already. GraphQL's own rules compare repeated fields
 * in pairs, so that a document of 2 000 tokens could keep them busy for seconds.
 */
function namesIn(document: DocumentNode): { readonly aliases: readonly FieldNode[]; readonly repeats: readonly FieldNode[] } {
  const [aliases, repeats]: [FieldNode[], FieldNode[]] = [[], []];
  // Fragments on one type may meet in one place.
  const roots = new Map<string, Names>();
  const sets: [SelectionSetNode, Names][] = document.definitions.flatMap((definition) => {
    if (definition.kind === Kind.OPERATION_DEFINITION) return [[definition.selectionSet, new Map()]];
    if (definition.kind !== Kind.FRAGMENT_DEFINITION) return [];
    const on = definition.typeCondition.name.value;
    const names: Names = roots.get(on) ?? new Map();
    roots.set(on, names);
    return [[definition.selectionSet, names]];
  });
  for (let next = sets.pop(); next; next = sets.pop()) {
    const [{ selections }, names] = next;
    for (const selection of selections) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) continue;
      let below = names;
      if (selection.kind === Kind.FIELD) {
        if (selection.alias) aliases.push(selection);
        const name = (selection.alias ?? selection.name).value;
        const known = names.get(name);
        if (known) repeats.push(selection);
        below = known ?? new Map();
        names.set(name, below);
      }
      if (selection.selectionSet) sets.push([selection.selectionSet, below]);
    }
  }
  return { aliases, repeats };
}

function over(what: string, found: number | undefined, limit: number, at: ASTNode | undefined) {
  const measured = found === undefined ? "" : `: it has ${Number.isFinite(found) ? Math.round(found) : "more than can be counted"}`;
  return refusal("BAD_REQUEST", `The operation is over the limit of ${limit} for ${what}${measured}`, {}, at);
}
