import { fail } from "../src/errors.ts";
import { type Column, systemColumns } from "../src/spec/column.ts";
import { upperFirst } from "../src/spec/letter-case.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import { type InputField, type InputType, inputFields } from "./builder.ts";
import { type Derivation, onceOf } from "./derivation.ts";
import { maker } from "./type-names.ts";
import { isLeaf, type Tree, treeOf } from "./where-types.ts";

/** `ArticleOrderBy`: one key per object, so that a list of them has an order. */
export function orderType(derivation: Derivation, spec: ResourceSpec): InputType {
  const { meta, ...own } = treeOf([...systemColumns, ...spec.columns].filter((column) => !column.array));
  const metaOrder = branchType(derivation, "ResourceMetaOrderBy", "the platform", "ResourceMeta", spec, meta && !isLeaf(meta) ? meta : {});
  return branchType(derivation, `${spec.names.type}OrderBy`, maker(spec.name), spec.names.type, spec, own, { meta: { type: metaOrder } });
}

function branchType(
  derivation: Derivation,
  name: string,
  madeBy: string,
  prefix: string,
  spec: ResourceSpec,
  tree: Tree<Column>,
  more: Record<string, InputField> = {},
): InputType {
  return onceOf(derivation.inputs, derivation, name, madeBy, () => {
    const members = Object.entries(tree).map(([key, branch]): [string, InputField] => {
      if (isLeaf(branch)) return [key, { type: derivation.shared.direction }];
      const inner = prefix + upperFirst(key);
      return [key, { type: branchType(derivation, `${inner}OrderBy`, maker(spec.name, key), inner, spec, branch) }];
    });
    return derivation.builder.inputType(name, {
      isOneOf: true,
      fields: (t) => inputFields(t, { ...Object.fromEntries(members), ...more }),
    });
  });
}

/** `{ meta: { createdAt: "-" } }` → `-meta.createdAt`. */
export function orderKey(order: unknown, path: readonly string[] = []): string {
  const [key, value] = Object.entries(Object(order))[0] ?? [];
  if (key === undefined) throw fail("BAD_REQUEST", "orderBy takes one key per object", { field: "orderBy" });
  return typeof value === "string" ? value + [...path, key].join(".") : orderKey(value, [...path, key]);
}
