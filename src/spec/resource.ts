import { createHash } from "node:crypto";
import { z } from "zod";
import { fail } from "../errors.ts";
import { type Action, type ActionOptions, type ActionTypes, type ActionTypesOf, actionsOf, anActionMap } from "./action.ts";
import { aFlag, aString, checkOptions, type OptionCheck } from "./check-options.ts";
import { type Column, columnAt, columnName, refPaths, scatteredColumns } from "./column.ts";
import { checkDropped } from "./dropped.ts";
import { type Field, hasRules, walkShape } from "./field.ts";
import { type Names, namesOf, reservedFields, reservedPaths, reservedTypes } from "./names.ts";
import type { IndexedPaths, KeyField, Path, SinglePath } from "./paths.ts";
import type { Upcaster } from "./read-data.ts";
import { isUniqueEntry, type UniqueEntry, uniqueColumns, uniqueFields } from "./unique.ts";

/** What `defineResource` returns: the zod schema, and all that is derived from it as plain data. */
export interface ResourceSpec<
  Name extends string = string,
  Schema extends z.ZodObject = z.ZodObject,
  Indexed extends string = string,
  Key extends string | boolean = string | boolean,
  History extends boolean = boolean,
  Actions extends ActionTypes = ActionTypes,
> {
  readonly name: Name;
  readonly schema: Schema;
  readonly description: string | undefined;
  readonly names: Names;
  readonly fields: readonly Field[];
  /** Indexed fields, refs and unique fields: what can be asked about. */
  readonly columns: readonly Column[];
  /** All that is kept beside the data: the columns, and the refs that nobody can ask about. */
  readonly stored: readonly Column[];
  /** Column names of each composite index. */
  readonly composites: readonly (readonly string[])[];
  /** Columns whose values are taken by one live resource only. */
  readonly uniques: readonly Column[];
  /** The field that gives the id, true where callers choose one, false where ids are made here. */
  readonly key: Key;
  /** Every write must carry the version that it saw. */
  readonly requireVersion: boolean;
  /** Lists can be read as of an instant. */
  readonly history: History;
  /** How many versions of the data there are, this one included: 1, and one more for each of `versions`. */
  readonly schemaVersion: number;
  readonly versions: readonly Upcaster[];
  /** Paths of fields that were let go. */
  readonly dropped: readonly string[];
  /** Operations of its own. */
  readonly actions: readonly Action[];
  /** The schema holds refinements of the user's, which may have to be waited for. */
  readonly rules: boolean;
  /** A fingerprint of the fields and the number of versions: bytes that were written under it need no second look when read. */
  readonly shape: string;
  /** For the compiler only: the paths that can be filtered and sorted by. */
  readonly "~indexed"?: Indexed;
  /** For the compiler only: what its actions take and answer. */
  readonly "~actions"?: Actions;
}

/** What is stored and read of a spec. */
export type DataOf<Spec extends ResourceSpec> = z.output<Spec["schema"]>;
/** What callers give: fields with defaults may be missing. */
export type InputOf<Spec extends ResourceSpec> = z.input<Spec["schema"]>;

/** The names of a spec's actions. */
export type ActionName<Spec extends ResourceSpec> = keyof NonNullable<Spec["~actions"]> & string;
/** What callers give to an action. */
export type ActionInputOf<Spec extends ResourceSpec, Name extends ActionName<Spec>> = NonNullable<Spec["~actions"]>[Name]["input"];
/** What an action answers beside the resource. */
export type ActionOutputOf<Spec extends ResourceSpec, Name extends ActionName<Spec>> = NonNullable<Spec["~actions"]>[Name]["output"];

type IndexEntry<P extends string> = P | readonly [P, P, ...P[]];

export interface ResourceOptions<
  Schema extends z.ZodObject,
  Index,
  Unique,
  Key = KeyField<z.output<Schema>> | boolean,
  History extends boolean = boolean,
  Names extends string = string,
  Inputs = unknown,
  Outputs = unknown,
> {
  readonly schema: Schema;
  /** Fields to filter and sort by; a list inside is a composite index. Nested fields by dotted path. */
  readonly index?: Index;
  /**
   * Fields whose values are taken by one live resource at a time. A list inside is unique together, and what has a null among
   * them is left alone; `{ fields: ["email"], ignoreCase: true }` takes texts that differ only in case for the same.
   */
  readonly unique?: Unique;
  /** Where the library's plural is wrong. */
  readonly plural?: string;
  /** Ids that callers choose: a field of the data (`"cca3"`), or `true` for a key given to `create`. */
  readonly key?: Key;
  /** Refuse writes without `ifVersion`. */
  readonly requireVersion?: boolean;
  /** Keep what was indexed with every change, so that lists can be read as of an instant. */
  readonly history?: History;
  /** Upcasters, the oldest first: the n-th makes data of version n fit version n + 1. Only ever added to. */
  readonly versions?: readonly Upcaster[];
  /** Fields that were taken out of the schema and are to be let go: history keeps them, later revisions are without them. */
  readonly dropped?: readonly string[];
  /** Operations of its own on one of its resources: `publish` becomes `POST /articles/{id}/publish` and `publishArticle`. */
  readonly actions?: ActionOptions<Schema, Names, Inputs, Outputs>;
  readonly description?: string;
}

const isText = (value: unknown): boolean => typeof value === "string";
const isIndexEntry = (value: unknown): boolean => isText(value) || (Array.isArray(value) && value.length > 1 && value.every(isText));

const isUpcaster = (value: unknown): boolean =>
  typeof value === "function" && Object.prototype.toString.call(value) !== "[object AsyncFunction]";

const options: Record<keyof ResourceOptions<z.ZodObject, unknown, unknown>, OptionCheck> = {
  schema: { required: true, takes: "a z.object({ … }) of zod 4", allows: (value) => value instanceof z.ZodObject },
  index: {
    takes: 'a list of paths, or of lists of two and more for composite indexes: ["title", ["author", "views"]]',
    allows: (value) => Array.isArray(value) && value.every(isIndexEntry),
  },
  unique: {
    takes: 'a list of paths, of lists of two and more that are unique together, or of { fields, ignoreCase }: ["slug", ["tenant", "name"]]',
    allows: (value) => Array.isArray(value) && value.every(isUniqueEntry),
  },
  plural: aString,
  key: { takes: "the name of a field, or true or false", allows: (value) => isText(value) || typeof value === "boolean" },
  requireVersion: aFlag,
  history: aFlag,
  versions: {
    takes: "a list of functions that are not async, each of which returns the data of the next version",
    allows: (value) => Array.isArray(value) && value.every(isUpcaster),
  },
  dropped: {
    takes: 'a list of paths that are no longer in the schema: ["subtitle"]',
    allows: (value) => Array.isArray(value) && value.every(isText),
  },
  actions: anActionMap,
  description: aString,
};

/**
 * Declares a resource. From this one value come its GraphQL types and fields, its REST routes, its table and its history.
 *
 * @throws SpecStarError BAD_REQUEST, naming resource and path, for options that do not exist, names that are reserved or
 * clash, index paths that do not exist, zod kinds without a GraphQL type, defaults that do not fit, a `key` that is no
 * required string, `set_null` on a ref that cannot be null, upcasters that are async, `dropped` fields that are there, and
 * actions whose names are taken.
 */
export function defineResource<
  const Name extends string,
  Schema extends z.ZodObject,
  const Index extends readonly IndexEntry<Path<z.output<Schema>>>[] = [],
  const Unique extends readonly UniqueEntry<SinglePath<z.output<Schema>>>[] = [],
  const Key extends KeyField<z.output<Schema>> | boolean = false,
  const History extends boolean = false,
  Names extends string = never,
  Inputs = Readonly<Record<never, never>>,
  Outputs = Readonly<Record<never, never>>,
>(
  name: Name,
  given: ResourceOptions<Schema, Index, Unique, Key, History, Names, Inputs, Outputs>,
): ResourceSpec<Name, Schema, IndexedPaths<Schema, Index, Unique>, Key, History, ActionTypesOf<Names, Inputs, Outputs>> {
  const refuse = (message: string, field?: string) =>
    fail("BAD_REQUEST", `Resource ${name}: ${message}`, { resource: name, ...(field ? { field } : {}) });
  if (typeof name !== "string" || !/^[a-z][A-Za-z]{0,39}$/.test(name))
    throw refuse("a name is camelCase, 1 to 40 letters, a small one first: blogPost");
  checkOptions(`Resource ${name}`, given, options, name);
  const { schema, key, plural, description, requireVersion, history, versions = [], dropped = [], actions = {} } = given;
  const names = namesOf(name, plural);
  if (!/^[a-z][A-Za-z]{0,49}$/.test(names.many)) throw refuse(`the plural ${JSON.stringify(names.many)} is not camelCase letters`);
  if (names.many === name) throw refuse('the plural is the same word. Set `plural`, for example `plural: "sheepList"`');
  if (reservedTypes.has(names.type)) throw refuse(`the GraphQL type ${names.type} is reserved. Choose another name`);
  if (reservedPaths.has(names.path)) throw refuse(`the path /${names.path} is reserved. Choose another name or plural`);

  const fields = walkShape(schema, name);
  checkFieldNames(fields, refuse);
  checkRefs(fields, refuse);
  checkDropped(fields, dropped, refuse);
  if (typeof key === "string") checkKey(fields, key, refuse);

  const index = (given.index ?? []) as readonly (string | readonly string[])[];
  const unique = (given.unique ?? []) as readonly UniqueEntry<string>[];
  const composites = index.filter((entry) => typeof entry !== "string");
  const paths = new Set([...index.flat(), ...unique.flatMap((entry) => uniqueFields(entry).fields), ...refPaths(fields)]);
  const columns = [...paths].map((path) => columnAt(name, fields, path));
  const columnsOf = (wanted: readonly string[]) => columns.filter((column) => wanted.includes(column.path.join(".")));
  checkColumns(columns, refuse);
  const uniques = uniqueColumns(unique, columns, refuse);
  for (const { array, key } of columnsOf(composites.flat())) if (array) throw refuse(`composite index: ${key} is a list`, key);

  return Object.freeze({
    name,
    schema,
    description,
    names,
    fields,
    columns,
    stored: [...columns, ...uniques.filter(({ claim }) => claim), ...scatteredColumns(fields)],
    composites: composites.map((entry) => entry.map(columnName)),
    uniques,
    // Without a key the parameter is inferred as false, and so is that of the history.
    key: (key ?? false) as Key,
    history: (history ?? false) as History,
    requireVersion: requireVersion ?? false,
    schemaVersion: versions.length + 1,
    versions: [...versions],
    dropped: [...dropped],
    actions: actionsOf(name, actions),
    rules: hasRules(schema),
    shape: shapeOf(fields, versions.length),
  });
}

/** What is said of a field, and not of its values' bytes. */
const remarks: ReadonlySet<string> = new Set<keyof Field | "inverse" | "max">([
  "description",
  "deprecated",
  "inverse",
  "max",
  "defaultValue",
]);

const shapeOf = (fields: readonly Field[], upcasters: number): string =>
  createHash("sha256")
    .update(JSON.stringify(upcasters === 0 ? fields : [fields, upcasters], (key, value) => (remarks.has(key) ? undefined : value)))
    .digest("hex")
    .slice(0, 16);

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

/** The id is made of it before anything else is looked at, so it must be there. */
function checkKey(fields: readonly Field[], key: string, refuse: Refuse): void {
  const field = fields.find((each) => each.name === key);
  if (field?.kind !== "string") throw refuse(`key ${JSON.stringify(key)} must be a string field of the schema`, key);
  if (field.optional || field.nullable || field.hasDefault)
    throw refuse(`key ${JSON.stringify(key)} gives the id: its field cannot be optional, nullable or have a default`, key);
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

/** In lists and records an emptied ref is taken out. */
function checkRefs(fields: readonly Field[], refuse: Refuse): void {
  for (const field of fields) {
    if (field.kind === "object") checkRefs(field.fields, refuse);
    else if (field.kind === "union") for (const variant of field.variants) checkRefs(variant.fields, refuse);
    else if (field.kind === "array" || field.kind === "record") checkRefs(field.item.kind === "ref" ? [] : [field.item], refuse);
    else if (field.kind === "ref" && field.onDelete === "set_null" && !field.nullable && !field.optional) {
      throw refuse(
        `field ${field.path}: onDelete "set_null" needs a ref that can be empty. Write .nullable() or .optional(), or choose another rule`,
        field.path,
      );
    }
  }
}
