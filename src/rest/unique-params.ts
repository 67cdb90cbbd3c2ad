import { fail } from "../errors.ts";
import { columnLabel } from "../spec/column.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { uniqueMembers } from "../spec/unique.ts";
import type { Parameter } from "./openapi/operation.ts";
import { type QueryParams, unknownParameter } from "./query-params.ts";
import { typed } from "./short-forms.ts";

/** Names of the parameters that say together which one is meant. */
export const uniqueWays = (spec: ResourceSpec): readonly (readonly string[])[] => [
  ...(spec.key === false ? [] : [["id"]]),
  ...spec.uniques.map((column) => uniqueMembers(column).map(columnLabel)),
];

export const uniqueParameters = (spec: ResourceSpec): readonly Parameter[] =>
  [...new Set(uniqueWays(spec).flat())].map((name) => ({
    name,
    in: "query",
    description: "Which one is meant",
    schema: { type: "string" },
  }));

/** The parameters say which fields are meant, and their values. */
export function uniqueKey(spec: ResourceSpec, query: QueryParams) {
  const members = new Map(spec.uniques.flatMap(uniqueMembers).map((column) => [columnLabel(column), column]));
  let by: Readonly<Record<string, unknown>> = {};
  const given = query.rest();
  for (const [name, [value, ...more]] of given) {
    const column = members.get(name);
    if (!column && !(name === "id" && spec.key !== false)) throw unknownParameter(name);
    if (value === undefined || more.length > 0) throw fail("BAD_REQUEST", `${name} is given more than once`, { field: name });
    if (!column) by = { ...by, [name]: value };
    else by = placed(by, column.path, typed(column.type, value));
  }
  if (given.length > 0) return by;
  const ways = uniqueWays(spec).map((names) => `?${names.map((name) => `${name}=`).join("&")}`);
  throw fail("BAD_REQUEST", `Say which one is meant: ${ways.join(" or ")}`);
}

const placed = (by: unknown, [head = "", ...rest]: readonly string[], value: unknown): Readonly<Record<string, unknown>> => {
  const known: Readonly<Record<string, unknown>> = { ...Object(by) };
  return { ...known, [head]: rest.length > 0 ? placed(known[head], rest, value) : value };
};
