import type { Column, ColumnType } from "../../spec/column.ts";
import { operatorsOf, queryColumns } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type Parameter, parameterRef, type Reference, type Schema, schemaRef } from "./operation.ts";

const values: Record<ColumnType, Schema> = {
  string: { type: "string" },
  enum: { type: "string" },
  id: { type: "string" },
  int: { type: "integer" },
  float: { type: "number" },
  boolean: { type: "boolean" },
  date: { type: "string", format: "date" },
  datetime: { type: "string", format: "date-time" },
};
const flag: Schema = { type: "boolean" };
const many: ReadonlySet<string> = new Set(["in", "notIn", "hasAny", "hasAll"]);

const nameOf = ({ type, array }: Pick<Column, "type" | "array">): string =>
  `${type.charAt(0).toUpperCase()}${type.slice(1)}${array ? "List" : ""}Filter`;

function filterOf(column: Pick<Column, "type" | "array">): Schema {
  const value = values[column.type];
  const operand = (operator: string): Schema =>
    operator === "isEmpty" ? flag : many.has(operator) ? { type: "array", items: value } : value;
  return {
    type: "object",
    description: "All conditions must hold",
    properties: {
      ...Object.fromEntries(operatorsOf(column).map((operator) => [operator, operand(operator)])),
      isNull: { ...flag, description: "Missing or null" },
      ...(column.array ? { length: schemaRef("IntFilter") } : {}),
    },
  };
}

/** The operators of every type of column, and of lists of them. */
export const filterSchemas = (): Record<string, Schema> =>
  Object.fromEntries(
    Object.keys(values)
      .filter((type): type is ColumnType => type in values)
      .flatMap((type) => [false, true].map((array) => ({ type, array })))
      .map((column) => [nameOf(column), filterOf(column)]),
  );

interface Level {
  [key: string]: Level | Reference;
}
const isReference = (value: Level | Reference): value is Reference => typeof value.$ref === "string";

/** The filter of a resource: fields and meta by their names, nested as in the data. */
export function whereSchema(spec: ResourceSpec): Schema {
  const root: Level = {};
  for (const [key, column] of queryColumns(spec)) {
    const path = key.split(".");
    const last = path.pop() ?? key;
    let level = root;
    for (const name of path) {
      const below = level[name] ?? {};
      if (isReference(below)) break;
      level[name] = below;
      level = below;
    }
    level[last] = schemaRef(nameOf(column));
  }
  const self = schemaRef(`${spec.names.type}Where`);
  const { properties } = nested(root);
  return {
    type: "object",
    description: "All conditions must hold. Through refs and over referrers: by their names, as in GraphQL",
    properties: { ...Object(properties), and: { type: "array", items: self }, or: { type: "array", items: self }, not: self },
  };
}

const nested = (level: Level): Schema => ({
  type: "object",
  properties: Object.fromEntries(Object.entries(level).map(([name, value]) => [name, isReference(value) ? value : nested(value)])),
});

/** A field of such a name is filtered by `where`, or by its long form. */
const taken: ReadonlySet<string> = new Set(
  "where includeDeleted orderBy first after last before count asOf groupBy sum avg min max countDistinct".split(" "),
);

const filtered = (spec: ResourceSpec): [string, Parameter][] =>
  [...queryColumns(spec)]
    .filter(([key]) => !taken.has(key))
    .map(([key, column]) => [
      `${spec.names.type}.${key}`,
      {
        name: key,
        in: "query",
        description: `\`${key}[operator]=\`; \`${key}=\` for ${column.array ? "none of them: lists have no eq" : "eq"}`,
        style: "deepObject",
        explode: true,
        schema: schemaRef(nameOf(column)),
      },
    ]);

/** The short forms of a resource's filters, once for all routes that take them. */
export const filterComponents = (spec: ResourceSpec): Record<string, Parameter> => Object.fromEntries(filtered(spec));

export const filterParameters = (spec: ResourceSpec): readonly Reference[] => [
  parameterRef("where"),
  parameterRef("includeDeleted"),
  ...filtered(spec).map(([name]) => parameterRef(name)),
];
