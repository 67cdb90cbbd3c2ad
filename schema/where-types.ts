import { type Column, type ColumnType, idColumn, systemColumns } from "../src/spec/column.ts";
import type { Field } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import { type Operator, operatorsOf } from "../src/spec/query.ts";
import { leadsToOne, type Relation } from "../src/spec/relations.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type InputField, type InputType, inputFields, inputListOf } from "./builder.ts";
import { type Derivation, type EnumType, onceOf } from "./derivation.ts";
import { leafOf, leafType, type ScalarName } from "./leaf-types.ts";
import { maker } from "./type-names.ts";

const takesList: ReadonlySet<string> = new Set(["in", "notIn", "hasAny", "hasAll"]);

interface Leaf {
  readonly key: string;
}

/** What can be asked, as a tree: `address.city` is the member `city` of `address`. */
export interface Tree<L extends Leaf> {
  readonly [key: string]: L | Tree<L>;
}

export const isLeaf = <L extends Leaf>(branch: L | Tree<L>): branch is L => typeof branch.key === "string";

export function treeOf<L extends Leaf>(leaves: readonly L[], depth = 0): Tree<L> {
  const groups = Map.groupBy(leaves, ({ key }) => key.split(".")[depth] ?? "");
  return Object.fromEntries(
    [...groups].map(([key, group]) => [key, group.find((leaf) => leaf.key.split(".").length === depth + 1) ?? treeOf(group, depth + 1)]),
  );
}

/** `ArticleWhere`: the same names and operators as filters in TypeScript and REST. */
export function whereType(derivation: Derivation, spec: ResourceSpec): InputType {
  return whereOf(derivation, spec, "Where", [...(derivation.relations.get(spec.name)?.values() ?? [])]);
}

function whereOf(derivation: Derivation, spec: ResourceSpec, suffix: string, relations: readonly Relation[]): InputType {
  const { builder, names } = derivation;
  const name = names.claim(`${spec.names.type}${suffix}`, maker(spec.name));
  const known = derivation.inputs.get(name);
  if (known !== undefined) return known;
  const ref = builder.inputRef<Record<string, unknown>>(name);
  // Before its members: relations may lead back to it.
  derivation.inputs.set(name, ref);
  const { meta, ...own } = treeOf<Column | Relation>([...systemColumns, ...spec.columns, ...relations]);
  const members = whereMembers(derivation, spec, spec.names.type, own, suffix);
  const metaWhere = onceOf(derivation.inputs, derivation, "ResourceMetaWhere", "the platform", () => {
    const metaMembers = whereMembers(derivation, spec, "ResourceMeta", meta && !isLeaf(meta) ? meta : {}, "Where");
    return builder.inputType("ResourceMetaWhere", { fields: (t) => inputFields(t, metaMembers) });
  });
  ref.implement({
    fields: (t) =>
      inputFields(t, {
        ...members,
        meta: { type: metaWhere },
        ...combinations(ref),
      }),
  });
  return ref;
}

/** `ArticlePastWhere`: what was, of the resource itself. */
export function pastWhereType(derivation: Derivation, spec: ResourceSpec): InputType {
  return whereOf(derivation, spec, "PastWhere", []);
}

/** `ArticleEventWhere`: what a revision's data alone can decide, so neither relations nor meta. */
export function eventWhereType(derivation: Derivation, spec: ResourceSpec): InputType {
  const { builder, names } = derivation;
  const ref = builder.inputRef<Record<string, unknown>>(names.claim(`${spec.names.type}EventWhere`, maker(spec.name)));
  const members = whereMembers(derivation, spec, spec.names.type, treeOf<Column>([idColumn, ...spec.columns]), "EventWhere");
  ref.implement({ fields: (t) => inputFields(t, { ...members, ...combinations(ref) }) });
  return ref;
}

const combinations = (where: InputType): Record<string, InputField> => ({
  and: { type: inputListOf(where), description: "All of them are true" },
  or: { type: inputListOf(where), description: "At least one is true" },
  not: { type: where, description: "It is false; what is unknown, as a comparison with a missing value, stays unknown" },
});

function whereMembers(
  derivation: Derivation,
  spec: ResourceSpec,
  prefix: string,
  tree: Tree<Column | Relation>,
  suffix: string,
): Record<string, InputField> {
  return Object.fromEntries(
    Object.entries(tree).map(([key, branch]): [string, InputField] => {
      if (isLeaf(branch)) return [key, { type: "to" in branch ? relationType(derivation, branch) : filterType(derivation, spec, branch) }];
      const inner = prefix + upperFirst(key);
      const type = onceOf(derivation.inputs, derivation, `${inner}${suffix}`, maker(spec.name, key), () => {
        const members = whereMembers(derivation, spec, inner, branch, suffix);
        return derivation.builder.inputType(`${inner}${suffix}`, { fields: (t) => inputFields(t, members) });
      });
      return [key, { type }];
    }),
  );
}

/** Through a ref the filter of its target; where there are many others, `some`, `none` and `every` of them. */
function relationType(derivation: Derivation, relation: Relation): InputType {
  const { builder, inputs } = derivation;
  const { to } = relation;
  const where = whereType(derivation, to);
  if (leadsToOne(relation)) return where;
  const name = `${to.names.type}ListFilter`;
  return onceOf(inputs, derivation, name, maker(to.name), () => builder.inputType(name, { fields: (t) => inputFields(t, someOf(where)) }));
}

const someOf = (where: InputType): Record<string, InputField> => ({
  some: { type: where, description: "There is one for which it is true" },
  none: { type: where, description: "There is none for which it is true" },
  every: { type: where, description: "There is none for which it is not true" },
});

interface Operand {
  readonly type: InputType;
  /** What the filter's name begins with. */
  readonly name: string;
  readonly madeBy: string;
}

/** The filter of a column: one type per kind of value for all specs, and one per enum. */
function filterType(derivation: Derivation, spec: ResourceSpec, column: Column): InputType {
  const { type, name, madeBy } = operandOf(derivation, spec, column);
  const filterName = column.array ? `${name}ListFilter` : `${name}Filter`;
  return onceOf(derivation.inputs, derivation, filterName, madeBy, () => {
    const members: Record<string, InputField> = { ...operators(column, type), isNull: { type: "Boolean", description: "Missing or null" } };
    if (column.array) members.length = { type: lengthFilter(derivation) };
    return derivation.builder.inputType(filterName, { fields: (t) => inputFields(t, members) });
  });
}

/** What their names do not say. */
const meanings: Partial<Record<Operator, string>> = {
  iEq: "Equal, whatever the case",
  iContains: "Contains, whatever the case",
  iStartsWith: "Starts with, whatever the case",
  iEndsWith: "Ends with, whatever the case",
  has: "This is among the values",
  hasAny: "At least one of these is among the values",
  hasAll: "All of these are among the values",
};

function operators(column: Pick<Column, "type" | "array">, type: InputType): Record<string, InputField> {
  return Object.fromEntries(
    operatorsOf(column).map((operator) => [
      operator,
      { type: operator === "isEmpty" ? "Boolean" : takesList.has(operator) ? inputListOf(type) : type, description: meanings[operator] },
    ]),
  );
}

function lengthFilter(derivation: Derivation): InputType {
  return onceOf(derivation.inputs, derivation, "LengthFilter", "the platform", () =>
    derivation.builder.inputType("LengthFilter", { fields: (t) => inputFields(t, operators({ type: "int", array: false }, "Int")) }),
  );
}

const shared = "the platform";
const metaScalars: Partial<Record<ColumnType, ScalarName>> = { id: "ID", int: "Int", datetime: "DateTime" };

function operandOf(derivation: Derivation, spec: ResourceSpec, column: Column): Operand {
  const type = columnType(derivation, spec, column);
  if (typeof type === "string") return { type, name: type, madeBy: shared };
  if (column.name === "_status") return { type, name: "RevisionStatus", madeBy: shared };
  return { type, name: spec.names.type + column.path.map(upperFirst).join(""), madeBy: maker(spec.name, column.path.join(".")) };
}

/** The type of the values that a column has, or a list of which it has: the same in answers and filters. */
export function columnType(derivation: Derivation, spec: ResourceSpec, column: Column): ScalarName | EnumType {
  if (column.name === "_status") return derivation.shared.status;
  const field = fieldAt(spec.fields, column.path);
  if (!field) return metaScalars[column.type] ?? "String";
  const prefix = spec.names.type + column.path.slice(0, -1).map(upperFirst).join("");
  return leafType({ derivation, resource: spec.name, prefix }, leafOf(field));
}

function fieldAt(fields: readonly Field[], [head, ...rest]: readonly string[]): Field | undefined {
  const field = fields.find((each) => each.name === head);
  return rest.length > 0 && field?.kind === "object" ? fieldAt(field.fields, rest) : field;
}
