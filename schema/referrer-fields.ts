import { fail } from "../src/errors.ts";
import type { Resource } from "../src/manager/resource.ts";
import type { Relation } from "../src/spec/relations.ts";
import type { ResourceSpec } from "../src/spec/resource.ts";
import type { OutputField } from "./builder.ts";
import type { Connection } from "./connection.ts";
import type { Derivation } from "./derivation.ts";
import { searchArgs, searchFieldArgs } from "./search-args.ts";
import { selects } from "./selected-fields.ts";

/** `author { articles(…) }`: for every ref that leads to a spec, a connection back to those that hold it. */
export function referrerFields(derivation: Derivation, spec: ResourceSpec): Record<string, OutputField> {
  const relations = [...(derivation.relations.get(spec.name)?.values() ?? [])].filter(({ back }) => back);
  return Object.fromEntries(relations.map((relation) => [relation.key, referrerField(derivation, relation)]));
}

function referrerField(derivation: Derivation, { to, column }: Relation): OutputField {
  const ref = column.path.join(".");
  const types = derivation.resources.get(to.name);
  if (!types) throw fail("INTERNAL", `No types for ${to.name}`);
  return {
    type: types.connection,
    description: `Those that refer to this by ${ref}`,
    args: searchFieldArgs(derivation, to),
    resolve: async ({ id }: Resource, args, { loaders }, info): Promise<Connection<Resource>> => {
      const search = searchArgs(args);
      const page = await loaders.referring(to.name, ref, id, { ...search, total: selects(info, "totalCount") });
      const { where, includeDeleted } = search;
      const counted = () => loaders.referring(to.name, ref, id, { where, includeDeleted, first: 0, total: true });
      return { page, items: page.items, total: async () => page.totalCount ?? (await counted()).totalCount ?? 0 };
    },
  };
}
