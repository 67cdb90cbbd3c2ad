import type { Field } from "../src/spec/field.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type InputField, type InputType, inputFields } from "./builder.ts";
import { type Derivation, onceOf } from "./derivation.ts";
import { leafType } from "./leaf-types.ts";
import { maker } from "./type-names.ts";

/** `ArticleUnique`: one unique field and its value, or the id where ids are chosen. Undefined where there is neither. */
export function uniqueInput(derivation: Derivation, spec: ResourceSpec): InputType | undefined {
  const id: Record<string, InputField> = spec.key === false ? {} : { id: { type: "ID", description: `${spec.names.prefix}_ and the key` } };
  const paths = spec.uniques.map(({ path }) => path);
  if (paths.length === 0 && spec.key === false) return undefined;
  return oneOf(derivation, spec, spec.names.type, "", spec.fields, paths, id);
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
