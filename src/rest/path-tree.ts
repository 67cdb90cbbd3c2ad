import type { Field } from "../spec/field.ts";

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

/** Dotted paths by their first keys. A path through a list means each of its items. */
export class PathTree {
  readonly #branches = new Map<string, PathTree>();

  static of(paths: readonly string[]): PathTree {
    const root = new PathTree();
    // The shorter first: what is asked for as a whole is not narrowed by a path into it.
    for (const path of paths.map((each) => each.split(".")).toSorted((a, b) => a.length - b.length)) root.#add(path);
    return root;
  }

  #add([head, ...rest]: readonly string[]): void {
    if (head === undefined) return;
    const known = this.#branches.get(head);
    if (known?.isWhole) return;
    const branch = known ?? new PathTree();
    this.#branches.set(head, branch);
    branch.#add(rest);
  }

  /** Nothing below is named, so all of it is meant. */
  get isWhole(): boolean {
    return this.#branches.size === 0;
  }

  at(key: string): PathTree | undefined {
    return this.#branches.get(key);
  }

  without(keys: readonly string[]): PathTree {
    const rest = new PathTree();
    for (const [key, branch] of this.#branches) if (!keys.includes(key)) rest.#branches.set(key, branch);
    return rest;
  }

  /** What the paths lead to, in the order in which it stands; missing stays missing. What was given is not changed. */
  pick(value: unknown): unknown {
    if (this.isWhole) return value;
    if (Array.isArray(value)) return value.map((item) => this.pick(item));
    if (!isObject(value)) return value;
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, inner]) => {
        const branch = this.at(key);
        return branch ? [[key, branch.pick(inner)]] : [];
      }),
    );
  }
}

/** What a key can name inside of a field: of a union in any of its variants, of a record anything. */
export function fieldsAt(field: Field, key: string): readonly Field[] {
  if (field.kind === "array") return fieldsAt(field.item, key);
  if (field.kind === "record") return key === "" ? [] : [field.item];
  if (field.kind === "object") return field.fields.filter(({ name }) => name === key);
  if (field.kind !== "union") return [];
  const found = field.variants.flatMap(({ fields }) => fields.filter(({ name }) => name === key));
  const tag: Field = { kind: "string", name: key, path: `${field.path}.${key}`, optional: false, nullable: false, hasDefault: false };
  return key === field.discriminator && found.length === 0 ? [tag] : found;
}

/** A ref in data, and what is asked of what it leads to. */
export type VisitRef = (ref: Field & { readonly kind: "ref" }, id: string, below: PathTree) => unknown;

/** The data with another value in place of each ref that the paths name. What was given is not changed. */
export function mapRefs(fields: readonly Field[], data: unknown, tree: PathTree, visit: VisitRef): unknown {
  if (!isObject(data)) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => {
      const below = tree.at(key);
      const field = below && fields.find(({ name }) => name === key);
      return [key, field ? mapValue(field, value, below, visit) : value];
    }),
  );
}

function mapValue(field: Field, value: unknown, tree: PathTree, visit: VisitRef): unknown {
  if (field.kind === "ref") return typeof value === "string" ? visit(field, value, tree) : value;
  if (field.kind === "array") return Array.isArray(value) ? value.map((item) => mapValue(field.item, item, tree, visit)) : value;
  if (field.kind === "object") return mapRefs(field.fields, value, tree, visit);
  if (!isObject(value)) return value;
  if (field.kind === "record")
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const below = tree.at(key);
        return [key, below ? mapValue(field.item, item, below, visit) : item];
      }),
    );
  if (field.kind !== "union") return value;
  const variant = field.variants.find(({ tag }) => tag === value[field.discriminator]);
  return variant ? mapRefs(variant.fields, value, tree, visit) : value;
}
