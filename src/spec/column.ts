import { hash } from "node:crypto";
import { fail } from "../errors.ts";
import type { Field } from "./field.ts";
import { instantKey } from "./instant.ts";
import { snakeCase } from "./letter-case.ts";
import { refIdName } from "./names.ts";
import type { Ref } from "./ref.ts";
import { type RefField, refFields, refsIn } from "./refs-in.ts";

/** What an indexed value is: decides its operators, its operands and how stores compare it. */
export type ColumnType = "string" | "int" | "float" | "boolean" | "date" | "datetime" | "enum" | "id";

/** A value as stores compare it: date-times as instant keys, everything else as it is in the data. */
export type Scalar = string | number | boolean;
export type ColumnValue = Scalar | null | readonly (Scalar | null)[];

/** One thing that can be filtered and sorted by: an indexed field of the spec, or a part of meta. */
export interface Column {
  /** As queries name it: `title`, `address.city`, `authorId`, `id`, `meta.createdAt`. */
  readonly key: string;
  /** As stores name it: `title`, `address__city`, `author`; parts of meta begin with `_`. */
  readonly name: string;
  /** Path in the data; empty for parts of meta. */
  readonly path: readonly string[];
  readonly type: ColumnType;
  /** Holds a list of values of that type. */
  readonly array: boolean;
  /** Data that was written before the default existed reads as if it held it. */
  readonly hasDefault: boolean;
  /** What it holds then, by the defaults along its path; those that are made anew each time are left out. */
  readonly defaults: readonly ColumnValue[];
  /** For enums. */
  readonly values?: readonly string[];
  /** For refs. */
  readonly ref?: Ref;
  /** Refs inside of unions, records and lists of objects, all that the data holds: kept to be found from their targets, and asked about by nobody. */
  readonly scattered?: { readonly field: RefField; readonly within: readonly Field[] };
  /** For what is unique and no field as it stands: several fields together, or a text in whatever case. Asked about by nobody. */
  readonly claim?: { readonly members: readonly Column[]; readonly ignoreCase: boolean };
  /** For strings: the most UTF-16 code units that are written. */
  readonly max?: number;
}

const system = (key: string, name: string, type: ColumnType, values?: readonly string[]): Column => ({
  key,
  name,
  path: [],
  type,
  array: false,
  hasDefault: false,
  defaults: [],
  ...(values ? { values } : {}),
});

/** The parts of meta that every resource has, in the order of the table. */
export const systemColumns = [
  system("id", "_id", "id"),
  system("meta.version", "_version", "int"),
  system("meta.createdAt", "_created_at", "datetime"),
  system("meta.createdBy", "_created_by", "string"),
  system("meta.updatedAt", "_updated_at", "datetime"),
  system("meta.updatedBy", "_updated_by", "string"),
  system("meta.deletedAt", "_deleted_at", "datetime"),
  system("meta.revisionCount", "_revision_count", "int"),
  system("meta.schemaVersion", "_schema_version", "int"),
  system("meta.status", "_status", "enum", ["draft", "stable"]),
] as const;

export const idColumn: Column = systemColumns[0];

const columnTypes: Partial<Record<Field["kind"], ColumnType>> = {
  string: "string",
  int: "int",
  float: "float",
  boolean: "boolean",
  date: "date",
  datetime: "datetime",
  enum: "enum",
  ref: "id",
  blob: "id",
};

function typeOf(field: Field): ColumnType | undefined {
  return field.kind === "literal" ? (field.scalar === "string" ? "enum" : field.scalar) : columnTypes[field.kind];
}

function valuesOf(field: Field): { values: readonly string[] } | undefined {
  if (field.kind === "enum") return { values: field.values };
  return field.kind === "literal" && field.scalar === "string" ? { values: field.values.map(String) } : undefined;
}

/** `address.zipCode` → `address__zip_code` */
export const columnName = (path: string): string => path.split(".").map(snakeCase).join("__");

/** The column of an index path. A path that is unknown or has no comparable value is refused, with the paths that exist. */
export function columnAt(resource: string, fields: readonly Field[], path: string): Column {
  const keys = path.split(".");
  let level = fields;
  let field: Field | undefined;
  const along: { readonly defaultValue: unknown; readonly below: readonly string[] }[] = [];
  for (const [i, key] of keys.entries()) {
    field = level.find((each) => each.name === key);
    if (field?.hasDefault) along.push({ defaultValue: field.defaultValue, below: keys.slice(i + 1) });
    level = field?.kind === "object" ? field.fields : [];
  }
  const leaf = field?.kind === "array" ? field.item : field;
  const type = leaf && typeOf(leaf);
  if (!field || !leaf || !type) {
    const why = field ? `holds ${leaf?.kind === "object" ? "objects" : `a ${leaf?.kind}`}, which cannot be compared` : "does not exist";
    const known = indexable(fields).join(", ");
    throw fail(
      "BAD_REQUEST",
      `Resource ${resource}, index path ${JSON.stringify(path)}: the field ${why}. Paths that can be indexed: ${known}`,
      { resource, field: path },
    );
  }
  const array = field.kind === "array";
  const last = leaf.kind === "ref" ? refIdName(field.name, array) : field.name;
  const key = [...keys.slice(0, -1), last].join(".");
  return {
    key,
    name: columnName(path),
    path: keys,
    type,
    array,
    hasDefault: along.length > 0,
    defaults: along.flatMap(({ defaultValue, below }) => (defaultValue === undefined ? [] : [valueAt(below, type, defaultValue)])),
    ...valuesOf(leaf),
    ...(leaf.kind === "ref" ? { ref: leaf } : {}),
    ...(leaf.kind === "string" && leaf.max !== undefined ? { max: leaf.max } : {}),
  };
}

/** Paths below these fields that can be indexed. */
export function indexable(fields: readonly Field[]): string[] {
  return fields.flatMap((field) => {
    if (field.kind === "object") return indexable(field.fields);
    return typeOf(field.kind === "array" ? field.item : field) ? [field.path] : [];
  });
}

/** Every ref in the data outside of unions, records and lists of objects: these are indexed by themselves. */
export function refPaths(fields: readonly Field[]): string[] {
  return fields.flatMap((field) => {
    if (field.kind === "object") return refPaths(field.fields);
    return (field.kind === "array" ? field.item : field).kind === "ref" ? [field.path] : [];
  });
}

/** The columns of the refs that are not among `refPaths`: one for each place in the schema, target and rule. */
export function scatteredColumns(fields: readonly Field[]): readonly Column[] {
  const own = new Set(refPaths(fields));
  const columns = fields.flatMap((root) =>
    refFields([root]).flatMap((field): Column[] => {
      if (own.has(field.path) || field.pin) return [];
      const name = `_ref__${columnName(field.path.replaceAll("*", "any"))}__${snakeCase(field.target)}__${field.onDelete}`;
      const path = field.path.split(".");
      return [{ ...system(name, name, "id"), path, array: true, ref: field, scattered: { field, within: [root] } }];
    }),
  );
  return [...new Map(columns.map((column) => [column.name, column])).values()];
}

/** The column of several fields that are unique together, or whose case does not count. */
export function claimColumn(members: readonly Column[], ignoreCase: boolean): Column {
  const name = `${ignoreCase ? "_unique_any_case" : "_unique"}__${members.map((member) => member.name).join("__")}`;
  const paths = members.map(({ path }) => path.join(".")).join(", ");
  return { ...system(name, name, "id"), path: [paths], claim: { members, ignoreCase } };
}

/** What it is called where people read it. */
export const columnLabel = ({ path }: Column): string => path.join(".");

/** The value of a column in a piece of data: null where it is missing. */
export function columnValue(column: Column, data: unknown): ColumnValue {
  if (column.scattered) return scatteredIds(column.scattered, data);
  return column.claim ? claimed(column.claim, data) : valueAt(column.path, column.type, data);
}

/** As long as an index likes to hold; of what is longer the hash. */
const longestClaim = 200;

/** Null where one of the values is: as in SQL, what is not there is not the same as another that is not there. */
function claimed({ members, ignoreCase }: NonNullable<Column["claim"]>, data: unknown): string | null {
  const values = members.map((member) => columnValue(member, data));
  if (values.includes(null)) return null;
  const text = JSON.stringify(values.map((value) => (ignoreCase && typeof value === "string" ? value.toLowerCase() : value)));
  return text.length <= longestClaim ? text : `sha256:${hash("sha256", text)}`;
}

function scatteredIds({ field, within }: NonNullable<Column["scattered"]>, data: unknown): ColumnValue {
  const same = refsIn(within, data).filter(
    ({ field: { path, target, onDelete, pin } }) => path === field.path && target === field.target && onDelete === field.onDelete && !pin,
  );
  return same.length > 0 ? [...new Set(same.map(({ id }) => id))] : null;
}

function valueAt(path: readonly string[], type: ColumnType, data: unknown): ColumnValue {
  let value: unknown = data;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map((item) => comparable(type, item));
  return comparable(type, value);
}

function comparable(type: ColumnType, value: unknown): Scalar | null {
  if (typeof value === "string") return type === "datetime" ? instantKey(value) : value;
  return typeof value === "number" || typeof value === "boolean" ? value : null;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;
