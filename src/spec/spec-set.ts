import { fail } from "../errors.ts";
import { refFields } from "./refs-in.ts";
import { relationsOf } from "./relations.ts";
import type { ResourceSpec } from "./resource.ts";

/**
 * The specs of one platform by name.
 * @throws BAD_REQUEST where their derived names clash, those of ways back along refs included, or a ref points at a spec that
 * is not among them.
 */
export function specSet(specs: readonly ResourceSpec[]): ReadonlyMap<string, ResourceSpec> {
  const byName = new Map<string, ResourceSpec>();
  const taken = new Map<string, string>();
  for (const spec of specs) {
    const { one, many, path, table, type } = spec.names;
    const actions = spec.actions.map((action) => `type ${action.type}`);
    for (const name of [`field ${one}`, `field ${many}`, `path /${path}`, `table ${table}`, `type ${type}`, ...actions]) {
      const other = taken.get(name);
      if (other)
        throw fail("BAD_REQUEST", `Resources ${other} and ${spec.name} both derive the ${name}. Rename one, or set its plural`, {
          resource: spec.name,
        });
      taken.set(name, spec.name);
    }
    byName.set(spec.name, spec);
  }
  for (const spec of specs) {
    const inActions = spec.actions.flatMap(({ input, output }) => [...(input?.fields ?? []), ...(output?.fields ?? [])]);
    for (const { target } of refFields([...spec.fields, ...inActions])) {
      if (!byName.has(target))
        throw fail("BAD_REQUEST", `Resource ${spec.name} refers to ${target}, which is not among the resources. Add it to \`resources\``, {
          resource: spec.name,
        });
    }
  }
  relationsOf(specs);
  return byName;
}
