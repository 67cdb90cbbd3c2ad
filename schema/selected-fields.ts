import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from "graphql";

/**
 * Whether a field is certainly selected below the one that is being resolved: in fragments too, but not where `@skip` or
 * `@include` decides.
 */
export function selects(info: Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">, name: string): boolean {
  const inSet = (set: SelectionSetNode | undefined): boolean =>
    set?.selections.some((selection) => {
      if (selection.directives && selection.directives.length > 0) return false;
      if (selection.kind === Kind.FIELD) return selection.name.value === name;
      return inSet(selection.kind === Kind.FRAGMENT_SPREAD ? info.fragments[selection.name.value]?.selectionSet : selection.selectionSet);
    }) ?? false;
  return info.fieldNodes.some((node) => inSet(node.selectionSet));
}

/** The paths of the fields that may be selected below the one that is being resolved: `sum.views`. Their names, whatever their aliases. */
export function selectedPaths(info: Pick<GraphQLResolveInfo, "fieldNodes" | "fragments">): ReadonlySet<string> {
  const paths = new Set<string>();
  const walk = (set: SelectionSetNode | undefined, prefix: string): void => {
    for (const selection of set?.selections ?? []) {
      if (selection.kind === Kind.FRAGMENT_SPREAD) walk(info.fragments[selection.name.value]?.selectionSet, prefix);
      else if (selection.kind === Kind.INLINE_FRAGMENT) walk(selection.selectionSet, prefix);
      else if (selection.selectionSet) walk(selection.selectionSet, `${prefix}${selection.name.value}.`);
      else if (selection.name.value !== "__typename") paths.add(prefix + selection.name.value);
    }
  };
  for (const node of info.fieldNodes) walk(node.selectionSet, "");
  return paths;
}
