import { createHash } from "node:crypto";
import { z } from "zod";
import { fail } from "../errors.ts";
import { type Column, columnAt, columnName, refPaths } from "./column.ts";
import { type Field, walkShape } from "./field.ts";
import { type Names, namesOf, reservedFields, reservedPaths, reservedTypes } from "./names.ts";
import type { IndexedPaths, Path } from "./paths.ts";

/** What `defineResource` returns: the zod schema, and all that is derived from it as plain data. */
export interface ResourceSpec<Name extends string = string, Schema extends z.ZodObject = z.ZodObject, Indexed extends string = string> {
  readonly name: Name;
  readonly schema: Schema;
  readonly description: string | undefined;
  readonly names: Names;
  readonly fields: readonly Field[];
  /** Indexed fields, refs and unique fields. */
  readonly columns: readonly Column[];
  /** Column names of each composite index. */
  readonly composites: readonly (readonly string[])[];
  /** Columns whose values are taken by one live resource only. */
  readonly uniques: readonly Column[];
  /** The field that gives the id, true where callers choose one, false where ids are made here. */
  readonly key: string | boolean;
  /** Every write must carry the version that it saw. */
  readonly requireVersion: boolean;
  readonly schemaVersion: number;
  /** A fingerprint of the fields: bytes that were written under it need no second look when read. */
  readonly shape: string;
  /** For the compiler only: the paths that can be filtered and sorted by. */
  readonly "~indexed"?: Indexed;
}

/** What is stored and read of a spec. */
export type DataOf<Spec extends ResourceSpec> = z.output<Spec["schema"]>;
/** What callers give: fields with defaults may be missing. */
export type InputOf<Spec extends ResourceSpec> = z.input<Spec["schema"]>;

type IndexEntry<P extends string> = P | readonly [P, P, ...P[]];

export interface ResourceOptions<Schema extends z.ZodObject, Index, Unique> {
  readonly schema: Schema;
  /** Fields to filter and sort by; a list inside is a composite index. Nested fields by dotted path. */
  readonly index?: Index;
  /** Fields whose values are taken by one live resource at a time. */
  readonly unique?: Unique;
  /** Where the library's plural is wrong. */
  readonly plural?: string;
  /** Ids that callers choose: a field of the data (`"cca3"`), or `true` for a key given to `create`. */
  readonly key?: (keyof z.output<Schema> & string) | boolean;
  /** Refuse writes without `ifVersion`. */
  readonly requireVersion?: boolean;
  readonly description?: string;
}

/**
 * Declares a resource. From this one value come its GraphQL types and fields, its REST routes, its table and its history.
 *
 * @throws SpecStarError BAD_REQUEST, naming resource and path, for names that are reserved or clash, index paths that do not
 * exist, zod kinds without a GraphQL type, and `set_null` on a ref that cannot be null.
 */
export function defineResource<
  const Name extends string,
  Schema extends z.ZodObject,
  const Index extends readonly IndexEntry<Path<z.output<Schema>>>[] = [],
  const Unique extends readonly Path<z.output<Schema>>[] = [],
>(name: Name, options: ResourceOptions<Schema, Index, Unique>): ResourceSpec<Name, Schema, IndexedPaths<Schema, Index, Unique>> {
  const refuse = (message: string, field?: string) =>
    fail("BAD_REQUEST", `Resource ${name}: ${message}`, { resource: name, ...(field ? { field } : {}) });
  if (!/^[a-z][A-Za-z]{0,39}$/.test(name)) throw refuse("a name is camelCase, 1 to 40 letters, a small one first: blogPost");
  if (!(options.schema instanceof z.ZodObject)) throw refuse("`schema` must be a z.object({ … })");
  const names = namesOf(name, options.plural);
  if (!/^[a-z][A-Za-z]{0,49}$/.test(names.many)) throw refuse(`the plural ${JSON.stringify(names.many)} is not camelCase letters`);
  if (names.many === name) throw refuse('the plural is the same word. Set `plural`, for example `plural: "sheepList"`');
  if (reservedTypes.has(names.type)) throw refuse(`the GraphQL type ${names.type} is reserved. Choose another name`);
  if (reservedPaths.has(names.path)) throw refuse(`the path /${names.path} is reserved. Choose another name or plural`);

  const fields = walkShape(options.schema, name);
  checkFieldNames(fields, refuse);
  checkRefs(fields, refuse);
  if (typeof options.key === "string" && fields.find((field) => field.name === options.key)?.kind !== "string") {
    throw refuse(`key ${JSON.stringify(options.key)} must be a string field of the schema`, options.key);
  }

  const index = (options.index ?? []) as readonly (string | readonly string[])[];
  const unique = (options.unique ?? []) as readonly string[];
  const composites = index.filter((entry) => typeof entry !== "string");
  const paths = new Set([...index.flat(), ...unique, ...refPaths(fields)]);
  const columns = [...paths].map((path) => columnAt(name, fields, path));
  const columnsOf = (wanted: readonly string[]) => columns.filter((column) => wanted.includes(column.path.join(".")));
  checkColumns(columns, refuse);
  for (const { array, key } of columnsOf(unique))
    if (array) throw refuse(`unique field ${key} is a list; only single values can be unique`, key);
  for (const { array, key } of columnsOf(composites.flat())) if (array) throw refuse(`composite index: ${key} is a list`, key);

  return Object.freeze({
    name,
    schema: options.schema,
    description: options.description,
    names,
    fields,
    columns,
    composites: composites.map((entry) => entry.map(columnName)),
    uniques: columnsOf(unique),
    key: options.key ?? false,
    requireVersion: options.requireVersion ?? false,
    schemaVersion: 1,
    shape: createHash("sha256").update(JSON.stringify(fields)).digest("hex").slice(0, 16),
  });
}

type Refuse = (message: string, field?: string) => Error;

function checkFieldNames(fields: readonly Field[], refuse: Refuse): void {
  const taken = new Map<string, string>();
  const claim = (derived: string, by: string) => {
    const other = taken.get(derived);
    if (other) throw refuse(`field ${by}: its derived name ${derived} clashes with field ${other}. Rename one`, by);
    taken.set(derived, by);
  };
  if (fields.length === 0) throw refuse("the schema has no fields");
  for (const field of fields) {
    if (reservedFields.has(field.name)) throw refuse(`field ${field.name}: the name is reserved. Rename it`, field.name);
    claim(field.name, field.name);
    if (field.kind === "ref") claim(field.idName, field.name);
  }
}

function checkColumns(columns: readonly Column[], refuse: Refuse): void {
  const byName = new Map<string, string>();
  for (const { name, path } of columns) {
    const at = path.join(".");
    const other = byName.get(name);
    if (other) throw refuse(`index paths ${other} and ${at} would share the column ${name}. Rename one`, at);
    byName.set(name, at);
  }
}

function checkRefs(fields: readonly Field[], refuse: Refuse): void {
  for (const field of fields) {
    if (field.kind === "object") checkRefs(field.fields, refuse);
    else if (field.kind === "ref" && field.onDelete === "set_null" && !field.nullable && !field.optional) {
      throw refuse(
        `field ${field.path}: onDelete "set_null" needs a ref that can be empty. Write .nullable() or .optional(), or choose another rule`,
        field.path,
      );
    }
  }
}
