import type { Field } from "./field.ts";
import type { ResourceSpec } from "./resource.ts";

/** Paths of all fields, also of those inside of lists, records and unions; in order, each once. */
export function fieldPaths(fields: readonly Field[]): readonly string[] {
  const paths = new Set<string>();
  const visit = (field: Field): void => {
    paths.add(field.path);
    if (field.kind === "object") for (const each of field.fields) visit(each);
    else if (field.kind === "array" || field.kind === "record") visit(field.item);
    else if (field.kind === "union") for (const { fields: inner } of field.variants) for (const each of inner) visit(each);
  };
  for (const field of fields) visit(field);
  return [...paths].toSorted();
}

/** Which of the paths that a store remembers are gone from the spec, and were not let go: the outermost ones. */
export function lostPaths({ fields, dropped }: ResourceSpec, before: readonly string[]): readonly string[] {
  const kept = new Set(fieldPaths(fields));
  const lost = before.filter((path) => !kept.has(path) && !dropped.some((gone) => isWithin(path, gone)));
  return lost.filter((path) => !lost.some((other) => other !== path && isWithin(path, other)));
}

const isWithin = (path: string, outer: string): boolean => path === outer || path.startsWith(`${outer}.`);

export function checkDropped(
  fields: readonly Field[],
  dropped: readonly string[],
  refuse: (message: string, field?: string) => Error,
): void {
  const there = new Set(fieldPaths(fields));
  for (const path of dropped)
    if (there.has(path)) throw refuse(`dropped: ${path} is a field of the schema. Take it out of one of them`, path);
}
