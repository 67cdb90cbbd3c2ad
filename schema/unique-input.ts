import type { Field } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { uniqueMembers } from "../src/spec/unique.ts";
import { type InputField, type InputType, inputFields } from "./builder.ts";
import { type Derivation, onceOf } from "./derivation.ts";
import { leafType } from "./leaf-types.ts";
import { maker } from "./type-names.ts";

/** `ArticleUnique`: one unique field and its value, several that are unique together, or the id where ids are chosen. Undefined where there is none. */
export function uniqueInput(derivation: Derivation, spec: ResourceSpec): InputType | undefined {
  const id: Record<string, InputField> = spec.key === false ? {} : { id: { type: "ID", description: `${spec.names.prefix}_ and the key` } };
  const single = spec.uniques.filter((column) => uniqueMembers(column).length === 1).flatMap(uniqueMembers);
  const together = compounds(spec).map(([name, paths]): [string, InputField] => [
    name,
    { type: allOf(derivation, spec, upperFirst(name), spec.fields, paths) },
  ]);
  if (spec.uniques.length === 0 && spec.key === false) return undefined;
  const more = { ...id, ...Object.fromEntries(together) };
  return oneOf(
    derivation,
    spec,
    spec.names.type,
    "",
    spec.fields,
    single.map(({ path }) => path),
    more,
  );
}

/** `tenantAndSlug`: fields that are unique together, by the name of the member that holds them. */
const compounds = (spec: ResourceSpec): readonly (readonly [string, readonly (readonly string[])[]])[] =>
  spec.uniques.flatMap((column) => {
    const paths = uniqueMembers(column).map(({ path }) => path);
    const named = paths.map((path) => path.map((key, i) => (i === 0 ? key : upperFirst(key))).join(""));
    return paths.length < 2 ? [] : [[named.map((name, i) => (i === 0 ? name : upperFirst(name))).join("And"), paths] as const];
  });

/** From the input to what the operation takes: fields that are unique together stand in a member of their own. */
export function uniqueConverter(spec: ResourceSpec): (by: unknown) => unknown {
  const names = new Set(compounds(spec).map(([name]) => name));
  return (by) => Object.entries(Object(by)).find(([name, value]) => names.has(name) && value !== undefined)?.[1] ?? by;
}

/** All of these paths; what leads further down is a type of its own. */
function allOf(
  derivation: Derivation,
  spec: ResourceSpec,
  below: string,
  fields: readonly Field[],
  paths: readonly (readonly string[])[],
): InputType {
  const members: Record<string, InputField> = {};
  for (const [head, tails] of Map.groupBy(paths, ([first = ""]) => first)) {
    const field = fields.find((each) => each.name === head);
    if (!field) continue;
    const rest = tails.map((path) => path.slice(1)).filter((path) => path.length > 0);
    const type =
      field.kind === "object"
        ? allOf(derivation, spec, below + upperFirst(head), field.fields, rest)
        : leafType({ derivation, resource: spec.name, prefix: spec.names.type }, field);
    members[head] = { type, required: true };
  }
  const name = `${spec.names.type}Unique${below}`;
  return onceOf(derivation.inputs, derivation, name, maker(spec.name), () =>
    derivation.builder.inputType(name, { fields: (t) => inputFields(t, members) }),
  );
}

/** `@oneOf` over the heads of these paths; what leads further down is a type of its own. */
function oneOf(
  derivation: Derivation,
  spec: ResourceSpec,
  prefix: string,
  below: string,
  fields: readonly Field[],
  paths: readonly (readonly string[])[],
  more: Record<string, InputField> = {},
): InputType {
  const members: Record<string, InputField> = { ...more };
  for (const [head, tails] of Map.groupBy(paths, ([first = ""]) => first)) {
    const field = fields.find((each) => each.name === head);
    if (!field) continue;
    const rest = tails.map((path) => path.slice(1)).filter((path) => path.length > 0);
    const part = upperFirst(head);
    members[head] =
      field.kind === "object"
        ? { type: oneOf(derivation, spec, prefix + part, below + part, field.fields, rest) }
        : { type: leafType({ derivation, resource: spec.name, prefix }, field) };
  }
  const name = `${spec.names.type}Unique${below}`;
  return onceOf(derivation.inputs, derivation, name, maker(spec.name), () =>
    derivation.builder.inputType(name, { isOneOf: true, fields: (t) => inputFields(t, members) }),
  );
}
