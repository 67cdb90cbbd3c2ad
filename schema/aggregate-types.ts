import type { ObjectRef } from "@pothos/core";
import { type Aggregate, type Measure, measures, takes } from "../src/spec/aggregate.ts";
import { type Column, systemColumns } from "../src/spec/column.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type InputType, type OutputField, outputFields, type Types } from "./builder.ts";
import { type Derivation, onceOf } from "./derivation.ts";
import { enumType } from "./leaf-types.ts";
import { maker } from "./type-names.ts";
import { columnType, isLeaf, type Tree, treeOf } from "./where-types.ts";

/** The fields of a spec, and of meta, that a measure or `groupBy` takes. */
const columnsOf = (spec: ResourceSpec, what: Measure | "groupBy"): Column[] =>
  [...systemColumns, ...spec.columns].filter((column) => takes(what, column));

/** `ArticleGroupBy`: `address.city` is `address_city`. */
export function groupByType(derivation: Derivation, spec: ResourceSpec): InputType {
  const keys = columnsOf(spec, "groupBy").map(({ key }) => key);
  return enumType(derivation, `${spec.names.type}GroupBy`, keys, maker(spec.name));
}

type Values = Readonly<Record<string, unknown>>;

interface Shown {
  /** What the names of the types end with. */
  readonly suffix: string;
  readonly description: string;
  /** Refs are shown with what they lead to. */
  readonly targets?: true;
  readonly type: (spec: ResourceSpec, column: Column) => Pick<OutputField, "type" | "nullable">;
}

/** `ArticleAggregate`: one group. Of its measures those are found out that are selected. */
export function aggregateType(derivation: Derivation, spec: ResourceSpec): ObjectRef<Types, Aggregate> {
  const { builder, names } = derivation;
  const name = names.claim(`${spec.names.type}Aggregate`, maker(spec.name));
  const asItIs: Shown["type"] = (of, column) => ({ type: columnType(derivation, of, column), nullable: true });
  const bounds: Shown = {
    suffix: "AggregateBounds",
    description: "Null where there is no value. Text is compared by code point; instants are given in UTC",
    type: asItIs,
  };
  const shown: Readonly<Record<Measure | "group", Shown>> = {
    group: {
      suffix: "AggregateGroup",
      description: "What all resources of the group have; null also for fields that are not in groupBy. Instants are given in UTC",
      targets: true,
      type: asItIs,
    },
    sum: {
      suffix: "AggregateSum",
      description: "Exact; 0 where there is no value",
      type: (_of, column) => ({ type: column.type === "int" ? "SafeInt" : "Float" }),
    },
    avg: { suffix: "AggregateAvg", description: "Null where there is no value", type: () => ({ type: "Float", nullable: true }) },
    min: bounds,
    max: bounds,
    countDistinct: { suffix: "AggregateCountDistinct", description: "Without missing and null", type: () => ({ type: "Int" }) },
  };
  const field = (key: keyof typeof shown, columns: readonly Column[]): OutputField => ({
    type: valuesType(derivation, spec, shown[key], columns),
    resolve: (source: Values) => source[key],
  });
  const measured = measures.map((measure) => [measure, field(measure, columnsOf(spec, measure))]);
  const fields: Record<string, OutputField> = { group: field("group", columnsOf(spec, "groupBy")), ...Object.fromEntries(measured) };
  return builder.objectRef<Aggregate>(name).implement({
    fields: (t) => ({ count: t.exposeInt("count"), ...outputFields(t, fields) }),
  });
}

/** Values by field, nested as the data is; those of meta have one type for all specs. */
function valuesType(derivation: Derivation, spec: ResourceSpec, shown: Shown, columns: readonly Column[]): ObjectRef<Types, never> {
  const made = (prefix: string, madeBy: string, tree: Tree<Column>): ObjectRef<Types, never> => {
    const name = prefix + shown.suffix;
    return onceOf(derivation.objects, derivation, name, madeBy, () => {
      const fields = Object.entries(tree).flatMap(([key, branch]): [string, OutputField][] => {
        if (isLeaf(branch)) {
          const value: OutputField = { ...shown.type(spec, branch), resolve: (source: Values) => source[key] };
          return [[key, value], ...(shown.targets ? targetField(derivation, branch, key) : [])];
        }
        const inner =
          key === "meta" ? made("ResourceMeta", "the platform", branch) : made(prefix + upperFirst(key), maker(spec.name, key), branch);
        return [[key, { type: inner, resolve: (source: Values) => source[key] ?? {} }]];
      });
      return derivation.builder
        .objectRef<never>(name)
        .implement({ description: shown.description, fields: (t) => outputFields(t, Object.fromEntries(fields)) });
    });
  };
  return made(spec.names.type, maker(spec.name), treeOf(columns));
}

/** What a ref leads to that all of a group have, beside its id. */
function targetField({ resources }: Derivation, { ref, path }: Column, key: string): [string, OutputField][] {
  const target = ref && !ref.pin ? resources.get(ref.target) : undefined;
  const name = path.at(-1);
  if (!target || name === undefined) return [];
  const resolve: OutputField["resolve"] = (source: Values, _args, { loaders }) =>
    typeof source[key] === "string" ? loaders.resource(target.spec.name, source[key]) : null;
  return [[name, { type: target.resource, nullable: true, resolve }]];
}
