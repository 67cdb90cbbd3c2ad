import type { Column } from "../spec/column.ts";
import { queryColumns } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { repeatedParameter, unknownParameter } from "./query-params.ts";

const form = /^([A-Za-z][A-Za-z0-9_.]{0,254})(?:\[([A-Za-z]{1,20})\])?(?:\[([A-Za-z]{1,20})\])?$/;
const takesList: ReadonlySet<string> = new Set(["in", "notIn", "hasAny", "hasAll"]);

/**
 * `?title=x&views[gte]=10&address.city=x&tags[has]=a&tags[length][gt]=2` as conditions of a `where`. What they mean, and
 * whether they may be asked, is decided where every `where` is parsed.
 * @throws BAD_REQUEST for a parameter that names no field, or that is given more than once and takes one value
 */
export function shortForms(
  spec: ResourceSpec,
  params: readonly (readonly [name: string, values: readonly string[]])[],
): readonly unknown[] {
  return params.map(([name, values]) => {
    const [, key = "", first = "eq", second] = form.exec(name) ?? [];
    const column = queryColumns(spec).get(key);
    if (!column && !namesField(spec, key)) throw unknownParameter(name);
    const operators = first === "length" ? ["length", second ?? "eq"] : second === undefined ? [first] : [first, second];
    return nested([...key.split("."), ...operators], operand(name, column, operators, values));
  });
}

/** So that a field which exists and is not indexed is answered as such. */
const namesField = (spec: ResourceSpec, key: string): boolean => {
  const [head = ""] = key.split(".");
  return head === "meta" || spec.fields.some((field) => field.name === head || (field.kind === "ref" && field.idName === head));
};

function operand(name: string, column: Column | undefined, operators: readonly string[], values: readonly string[]): unknown {
  const operator = operators.at(-1) ?? "";
  const type = operators.length > 1 ? "int" : operator === "isNull" || operator === "isEmpty" ? "boolean" : (column?.type ?? "string");
  if (takesList.has(operator)) {
    // Values of these types hold no comma, so a list may be written with commas; strings repeat the parameter.
    const parts = type === "string" || type === "enum" ? values : values.flatMap((value) => value.split(","));
    return parts.map((part) => typed(type, part));
  }
  if (values.length > 1) throw repeatedParameter(name);
  return typed(type, values[0] ?? "");
}

/** Text that is no value of the type stays text, and is refused as such where the filter is parsed. */
export function typed(type: Column["type"], text: string): unknown {
  if (type === "boolean") return text === "true" ? true : text === "false" ? false : text;
  if (type === "int" || type === "float") return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text) ? Number(text) : text;
  return text;
}

const nested = (keys: readonly string[], value: unknown): unknown => keys.reduceRight((inner, key) => ({ [key]: inner }), value);
