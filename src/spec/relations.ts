import { fail } from "../errors.ts";
import type { Column } from "./column.ts";
import { reservedFields } from "./names.ts";
import type { ResourceSpec } from "./resource.ts";

/** A way from the resources of one spec to those of another: along a ref, or back to those whose ref leads here. */
export interface Relation {
  /** As filters name it, and GraphQL: `author`, `editors`, `credit.by`; back from authors `articles`. */
  readonly key: string;
  /** The spec that it leads to. */
  readonly to: ResourceSpec;
  /** The ref: a column of the spec itself, or of the referrers. */
  readonly column: Column;
  readonly back: boolean;
}

/** The relations of each spec, by its name and theirs. */
export type Relations = ReadonlyMap<string, ReadonlyMap<string, Relation>>;

/** Where each resource has at most one other: filters say what that one is, and not `some`, `none` or `every`. */
export const leadsToOne = ({ back, column }: Relation): boolean => !back && !column.array;

/**
 * All relations of these specs. A ref inside of a union, a record or a list of objects is not indexed, and one that is pinned
 * leads to the past: neither can be filtered by what it leads to, and neither has a way back.
 *
 * @throws BAD_REQUEST where the ways back of two refs, or one of them and a field, have one name.
 */
export function relationsOf(specs: readonly ResourceSpec[]): Relations {
  const byName = new Map(specs.map((spec) => [spec.name, spec]));
  const relations = new Map(specs.map(({ name }) => [name, new Map<string, Relation>()]));
  for (const from of specs) {
    for (const column of from.columns) {
      const to = byName.get(column.ref?.target ?? "");
      if (!to || column.ref?.pin) continue;
      const key = column.path.join(".");
      relations.get(from.name)?.set(key, { key, to, column, back: false });
    }
  }
  for (const from of specs) {
    for (const column of from.columns) {
      const target = byName.get(column.ref?.target ?? "");
      const { inverse = from.names.many, pin } = column.ref ?? {};
      const known = target && relations.get(target.name);
      if (!known || pin || inverse === false) continue;
      checkInverse(from, column, inverse, target, known.get(inverse));
      known.set(inverse, { key: inverse, to: from, column, back: true });
    }
  }
  return relations;
}

function checkInverse(from: ResourceSpec, { path }: Column, inverse: string, target: ResourceSpec, other: Relation | undefined): void {
  const at = path.join(".");
  const refuse = (taken: string) =>
    fail(
      "BAD_REQUEST",
      `Resource ${from.name}, field ${at}: ${target.name} would know those that refer to it by this ref as ${inverse}, but ${taken}. Name them otherwise: ref(${target.names.type}, { inverse: "…" }), or leave them out: { inverse: false }`,
      { resource: from.name, field: at },
    );
  if (reservedFields.has(inverse)) throw refuse("the name is reserved");
  if (other?.back) throw refuse(`it knows so already those that refer to it by ${other.to.name}.${other.column.path.join(".")}`);
  const field = target.fields.find(({ name, ...rest }) => name === inverse || (rest.kind === "ref" && rest.idName === inverse));
  if (field) throw refuse(`it has a field ${field.name}`);
  const clash = target.columns.find(({ key }) => key === inverse);
  if (clash) throw refuse(`that is the name of the ids of its ${clash.path.join(".")}`);
}
