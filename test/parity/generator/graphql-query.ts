import { legalName } from "../../../schema/type-names.ts";
import type { Column, ResourceSpec } from "../../../src/index.ts";
import { queryColumns } from "../../../src/spec/query.ts";
import { relationsOf } from "../../../src/spec/relations.ts";
import type { Json } from "../../support/json.ts";
import { specs } from "./specs.ts";
import { measures, type StepOf } from "./step.ts";

const relations = relationsOf(specs);
type Data = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Data => typeof value === "object" && value !== null && !Array.isArray(value);
const enumName = ({ name }: Column, value: unknown): unknown =>
  typeof value !== "string" ? value : name === "_status" ? value.toUpperCase() : legalName(value);

/** The same filter with the names that enums have in GraphQL. */
export function encodedWhere(spec: ResourceSpec, where: unknown, prefix = ""): unknown {
  if (!isObject(where)) return where;
  return Object.fromEntries(
    Object.entries(where).map(([key, value]) => {
      const at = prefix + key;
      if (prefix === "" && (key === "and" || key === "or") && Array.isArray(value))
        return [key, value.map((each) => encodedWhere(spec, each))];
      if (prefix === "" && key === "not") return [key, encodedWhere(spec, value)];
      const column = queryColumns(spec).get(at);
      if (column) return [key, column.type === "enum" && isObject(value) ? encodedTests(column, value) : value];
      const relation = relations.get(spec.name)?.get(at);
      if (!relation) return [key, isObject(value) ? encodedWhere(spec, value, `${at}.`) : value];
      const many = relation.back || relation.column.array;
      const inner = (each: unknown) => encodedWhere(relation.to, each);
      return [
        key,
        many && isObject(value) ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, inner(each)])) : inner(value),
      ];
    }),
  );
}

const encodedTests = (column: Column, tests: Data): Data =>
  Object.fromEntries(
    Object.entries(tests).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((each) => enumName(column, each)) : name === "isNull" ? value : enumName(column, value),
    ]),
  );

/** `-address.city` → `{ address: { city: DESC } }`. */
export const encodedOrder = (keys: readonly string[] | undefined): unknown =>
  keys?.map((key) =>
    key
      .replace("-", "")
      .split(".")
      .reduceRight<unknown>((inner, part) => ({ [part]: inner }), key.startsWith("-") ? "DESC" : "ASC"),
  );

export const groupKey = (key: string): string => key.replaceAll(".", "_");

/** What is asked of each group: measures are selected, and not arguments. */
export const measuresSelected = (step: StepOf<"aggregate">): string =>
  [["group", step.groupBy ?? []] as const, ...measures.map((measure) => [measure, step[measure] ?? []] as const)]
    .filter(([, keys]) => keys.length > 0)
    .map(
      ([name, keys]) => `${name} { ${keys.map((key) => key.replaceAll(".", " { ") + " }".repeat(key.split(".").length - 1)).join(" ")} }`,
    )
    .join(" ");

/** Groups with the values of enums as the data has them. */
export function decodedGroups(spec: ResourceSpec, groups: readonly Json[]): readonly Json[] {
  const columns = queryColumns(spec);
  const decode = (value: Json, path: string): Json => {
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decode(each, path === "" ? key : `${path}.${key}`)]));
    const column = columns.get(path);
    if (column?.type !== "enum" || typeof value !== "string") return value;
    return column.values?.find((each) => enumName(column, each) === value) ?? value;
  };
  return groups.map((group) => ({
    ...group,
    ...Object.fromEntries(["group", "min", "max"].flatMap((part) => (group[part] ? [[part, decode(group[part], "")]] : []))),
  }));
}
