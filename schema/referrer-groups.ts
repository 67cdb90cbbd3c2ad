import type { ReferrerGroup } from "../src/manager/references/referrer-groups.ts";
import type { Resource } from "../src/manager/resource.ts";
import { listOf, type OutputField } from "./builder.ts";
import { type Derivation, type EnumType, onceOf } from "./derivation.ts";

/** `ResourceType`: the specs, by the prefix of their ids. */
export const resourceTypeEnum = (derivation: Derivation): EnumType =>
  onceOf(derivation.enums, derivation, "ResourceType", "the platform", () =>
    derivation.builder.enumType("ResourceType", {
      description: "The types of resources, as their ids begin",
      values: Object.fromEntries(
        [...derivation.resources.values()].map(({ spec: { name, names } }) => [names.prefix.toUpperCase(), { value: name }]),
      ),
    }),
  );

/** `referrers`: who refers to a resource, whatever the specs are. */
export function referrerGroups(derivation: Derivation, spec: string): OutputField {
  const { builder, outputs } = derivation;
  const group = onceOf(outputs, derivation, "ReferrerGroup", "the platform", () =>
    builder.objectRef<ReferrerGroup>("ReferrerGroup").implement({
      description: "Live resources that refer to another one by one field",
      fields: (t) => ({
        type: t.expose("type", { type: resourceTypeEnum(derivation) }),
        field: t.exposeString("field", { description: "Dotted path of the ref" }),
        count: t.exposeInt("count"),
        ids: t.exposeIDList("ids", { description: "The first 20, unless the platform was told otherwise" }),
      }),
    }),
  );
  return {
    type: listOf(group),
    description: "What refers to this, by any field",
    resolve: ({ id }: Resource, _args, { loaders }) => loaders.referrers(spec, id),
  };
}
