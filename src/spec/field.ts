import { z } from "zod";
import { fail, type SpecStarError } from "../errors.ts";
import { defaultIssue } from "./default-issue.ts";
import { idPattern, inheritedNames, refIdName, revisionIdPattern } from "./names.ts";
import { type Ref, type RefOptions, refOf } from "./ref.ts";
import { recursive, refused } from "./refused-kinds.ts";
import { steadyDefault } from "./steady-default.ts";

export type Scalar = "string" | "int" | "float" | "boolean";

/** One field of a spec as plain data: all that the rest of the package knows of zod. */
export type Field = FieldBase & FieldKind;

interface FieldBase {
  readonly name: string;
  /** Dotted from the root of the data: `address.city`. */
  readonly path: string;
  /** May be missing in stored data. */
  readonly optional: boolean;
  /** May be null in stored data. */
  readonly nullable: boolean;
  /** Filled in when missing from input. */
  readonly hasDefault: boolean;
  /** The default, unless a function makes it anew each time. */
  readonly defaultValue?: unknown;
  readonly description?: string;
  readonly deprecated?: string;
  /** A value to show to who has none yet: the first of zod's `examples`. */
  readonly example?: unknown;
}

export type FieldKind =
  | { readonly kind: "float" | "boolean" | "date" | "datetime" | "blob" }
  /** `max` in UTF-16 code units, as zod counts them. */
  | { readonly kind: "string"; readonly max?: number }
  /** `safe`: the range goes beyond 32 bits. */
  | { readonly kind: "int"; readonly safe: boolean }
  | { readonly kind: "enum"; readonly values: readonly string[] }
  | { readonly kind: "literal"; readonly scalar: Scalar; readonly values: readonly (string | number | boolean)[] }
  | { readonly kind: "array"; readonly item: Field }
  | { readonly kind: "object"; readonly fields: readonly Field[] }
  | { readonly kind: "record"; readonly item: Field }
  | { readonly kind: "union"; readonly discriminator: string; readonly variants: readonly Variant[] }
  | (Ref & { readonly kind: "ref"; readonly idName: string });

export interface Variant {
  /** The discriminator's value: names the variant in GraphQL. */
  readonly tag: string;
  readonly fields: readonly Field[];
  readonly description?: string;
}

interface Mark {
  readonly ref?: Ref;
  readonly blob?: true;
}

/** Marks what zod does not know: that a string is a ref or a blob id. Zod's clones (`.describe`, `.meta`) inherit it. */
const marks = z.registry<Mark, z.core.$ZodType>();

/**
 * A string schema that holds the id of a resource; `Target` is its spec's name, so that types know refs apart, and `Spec` the spec
 * itself where it was at hand, so that they know its fields.
 */
export type RefSchema<Target extends string = string, Spec = unknown> = z.ZodString & { readonly "~ref": Target; readonly "~spec": Spec };

/** Holds the id of a blob that was put before. */
export type BlobSchema = z.ZodString & { readonly "~blob": true };

/**
 * A reference to a resource of `spec`: the id as a string in data, the object in GraphQL. A spec that refers to itself, or to
 * one that is defined later, names it: `ref("category")`.
 */
export function ref<Spec extends { readonly name: string }>(spec: Spec, options?: RefOptions): RefSchema<Spec["name"], Spec>;
export function ref<Target extends string>(spec: Target, options?: RefOptions): RefSchema<Target>;
export function ref(spec: { readonly name: string } | string, options: RefOptions = {}): RefSchema {
  const target = typeof spec === "string" ? spec : spec?.name;
  if (typeof target !== "string")
    throw fail(
      "BAD_REQUEST",
      'ref takes a spec or the name of one. A spec that is defined later, or in a file that imports this one, is named: ref("author")',
    );
  const made = refOf(target, options);
  const schema = made.pin
    ? z.string().regex(revisionIdPattern(target), `Expected the id of a revision of ${target}`)
    : z.string().regex(idPattern(target), `Expected an id of ${target}`);
  marks.add(schema, { ref: made });
  // The brand exists for the compiler only.
  return schema as RefSchema;
}

/** The id of a blob (`blob_…`), as `platform.blobs.put()` answers it. */
export function blob(): BlobSchema {
  const schema = z.string().regex(/^blob_[0-7][0-9a-hjkmnp-tv-z]{25}$/, "Expected a blob id");
  marks.add(schema, { blob: true });
  return schema as BlobSchema;
}

/** What a schema is that zod takes for a string: the ref, or a blob. */
export const markOf = (schema: z.core.$ZodType): Mark | undefined => marks.get(schema);

/** The inside of a zod type, as far as this walker looks. Zod 4 documents `_zod.def` as its introspection surface. */
interface Def {
  readonly type: string;
  readonly format?: string;
  readonly local?: boolean;
  readonly coerce?: boolean;
  readonly innerType?: z.ZodType;
  readonly defaultValue?: unknown;
  readonly element?: z.ZodType;
  readonly valueType?: z.ZodType;
  readonly keyType?: z.ZodType;
  readonly shape?: Record<string, z.ZodType>;
  readonly catchall?: z.ZodType;
  readonly entries?: Record<string, string | number>;
  readonly values?: readonly unknown[];
  readonly discriminator?: string;
  readonly options?: readonly z.ZodType[];
  readonly checks?: readonly { readonly _zod: { readonly def: { readonly check: string } } }[];
}

const defOf = (schema: z.ZodType): Def => schema._zod.def as Def;

interface Place {
  readonly resource: string;
  /** Of data that is none of a resource's, what it is: `, input of action publish`. */
  readonly part: string;
  readonly name: string;
  readonly path: string;
}

const unmappable = (place: Place, what: string, instead: string): SpecStarError =>
  fail("BAD_REQUEST", `Resource ${place.resource}${place.part}, field ${place.path || "(root)"}: ${what}. ${instead}`, {
    resource: place.resource,
    field: place.path,
  });

type Walk = (schema: z.ZodType, def: Def, place: Place) => FieldKind;

/** The walk itself: a record by kind. Wrappers (optional, nullable, default, readonly) are taken off before. */
const walkers: Record<string, Walk> = {
  string: (schema, def, place) => {
    if (def.coerce) throw unmappable(place, "z.coerce changes what was written", "Use the plain type");
    if (def.format === "datetime") {
      if (def.local) throw unmappable(place, "a local date-time is not an instant", "Use z.iso.datetime({ offset: true })");
      return { kind: "datetime" };
    }
    if (def.format === "date") return { kind: "date" };
    const { maxLength } = schema as z.ZodString;
    return { kind: "string", ...(maxLength == null ? {} : { max: maxLength }) };
  },
  number: (schema, def, place) => {
    if (def.coerce) throw unmappable(place, "z.coerce changes what was written", "Use the plain type");
    const { isInt, minValue, maxValue } = schema as z.ZodNumber;
    if (!isInt) return { kind: "float" };
    return { kind: "int", safe: (minValue ?? -Infinity) < -(2 ** 31) || (maxValue ?? Infinity) > 2 ** 31 - 1 };
  },
  boolean: () => ({ kind: "boolean" }),
  enum: (_schema, def, place) => {
    const values = Object.values(def.entries ?? {});
    if (values.length === 0) throw unmappable(place, "the enum has no values", 'List them: z.enum(["news", "essay"])');
    if (!values.every((value) => typeof value === "string")) throw unmappable(place, "numeric enums have no GraphQL type", "Use strings");
    return { kind: "enum", values };
  },
  literal: (_schema, def, place) => {
    const values = (def.values ?? []).filter(
      (value) => typeof value === "string" || typeof value === "number" || typeof value === "boolean",
    );
    const types = new Set(values.map((value) => typeof value));
    if (types.size !== 1 || values.length !== def.values?.length)
      throw unmappable(place, "literals must be strings, numbers or booleans of one type", "Use z.enum([…]) or .nullable()");
    const scalar = types.has("string") ? "string" : types.has("boolean") ? "boolean" : values.every(Number.isInteger) ? "int" : "float";
    return { kind: "literal", scalar, values };
  },
  array: (_schema, def, place) => {
    const item = walkField(def.element as z.ZodType, place);
    if (item.optional) throw unmappable(place, "array items cannot be optional", "Use .nullable()");
    return { kind: "array", item };
  },
  object: (schema, def, place) => {
    if (def.catchall && defOf(def.catchall).type !== "never")
      throw unmappable(place, "objects must list their fields", "Use z.object or z.record");
    return { kind: "object", fields: walkShape(schema as z.ZodObject, place.resource, place.path, place.part) };
  },
  record: (_schema, def, place) => {
    if (defOf(def.keyType as z.ZodType).type !== "string")
      throw unmappable(place, "record keys must be strings", "Use z.record(z.string(), …)");
    return { kind: "record", item: walkField(def.valueType as z.ZodType, { ...place, name: "*", path: `${place.path}.*` }) };
  },
  union: (_schema, def, place) => {
    const { discriminator } = def;
    if (!discriminator) throw unmappable(place, ...(refused.union as readonly [string, string]));
    const variants = (def.options ?? []).map((option): Variant => {
      const tagField = defOf(option).shape?.[discriminator];
      const values = tagField ? (defOf(tagField).values ?? []) : [];
      const tag = values[0];
      if (typeof tag !== "string" || values.length !== 1) {
        throw unmappable(place, `every option needs a string literal in ${discriminator}`, `Write ${discriminator}: z.literal("…")`);
      }
      const { description } = z.globalRegistry.get(option) ?? {};
      return {
        tag,
        fields: walkShape(option as z.ZodObject, place.resource, place.path, place.part),
        ...(description ? { description } : {}),
      };
    });
    return { kind: "union", discriminator, variants };
  },
};

/** Field data of an object schema. Errors name the resource and the path, and say what to do. */
export function walkShape(schema: z.ZodObject, resource: string, path = "", part = ""): Field[] {
  return Object.entries(schema.shape).map(([name, inner]) => {
    const place = { resource, part, name, path: path ? `${path}.${name}` : name };
    if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(name) || name.includes("__"))
      throw unmappable(place, `${JSON.stringify(name)} is not a field name`, "Use letters, digits and single underscores, a letter first");
    if (inheritedNames.has(name))
      throw unmappable(place, `${JSON.stringify(name)} is reserved: every object of JavaScript has something of that name`, "Rename it");
    // The shape's values are zod types of either flavour; both carry `_zod`.
    return walkField(inner as z.ZodType, place);
  });
}

/** Whether a schema holds rules of its user's (`refine` and the like), which may have to be waited for. */
export function hasRules(schema: z.ZodType): boolean {
  const { checks, innerType, element, valueType, keyType, options, shape } = defOf(schema);
  const inner = [innerType, element, valueType, keyType, ...(options ?? []), ...Object.values(shape ?? {})];
  return (checks ?? []).some((check) => check._zod.def.check === "custom") || inner.some((each) => each !== undefined && hasRules(each));
}

/** An object that holds itself would never end; nothing that people write is this deep. */
const maxDepth = 32;

function walkField(schema: z.ZodType, place: Place): Field {
  if (!(schema instanceof z.core.$ZodType))
    throw unmappable(place, "this is no type of zod 4", "Use one of z from zod 4, defined before it is used");
  if (place.path.split(".").length > maxDepth) throw unmappable({ ...place, path: `${place.path.slice(0, 60)}…` }, ...recursive);
  let inner = schema;
  let optional = false;
  let nullable = false;
  let hasDefault = false;
  const defaults: Def[] = [];
  const notes = { ...z.globalRegistry.get(schema) };
  for (let def = defOf(inner); def.innerType && !(def.type in refused); def = defOf(inner)) {
    if (def.type === "optional") optional = true;
    else if (def.type === "nullable") nullable = true;
    else if (def.type === "default") {
      hasDefault = true;
      defaults.push(def);
    } else if (def.type === "nonoptional") optional = false;
    else if (def.type !== "readonly") break;
    inner = def.innerType;
    Object.assign(notes, { ...z.globalRegistry.get(inner), ...notes });
  }
  const [outermost] = defaults;
  const base = {
    name: place.name,
    path: place.path,
    optional: optional && !hasDefault,
    nullable,
    hasDefault,
    ...(outermost ? { defaultValue: steadyDefault(() => outermost.defaultValue) } : {}),
    ...(notes.description ? { description: notes.description } : {}),
    ...(notes.deprecated ? { deprecated: typeof notes.deprecated === "string" ? notes.deprecated : "No longer supported" } : {}),
    ...(Array.isArray(notes.examples) ? { example: notes.examples[0] } : {}),
  };
  const field = { ...base, ...kindOf(inner, place) };
  for (const { innerType: of, defaultValue } of defaults) {
    const issue = defaultIssue(of, defaultValue);
    if (issue) throw unmappable(place, ...issue);
  }
  return field;
}

function kindOf(schema: z.ZodType, place: Place): FieldKind {
  const mark = marks.get(schema);
  if (mark?.blob) return { kind: "blob" };
  if (mark?.ref) return { kind: "ref", ...mark.ref, idName: refIdName(place.name, false) };
  const def = defOf(schema);
  const walk = walkers[def.type];
  if (walk) return walk(schema, def, place);
  const [what, instead] = refused[def.type] ?? [
    `zod kind ${def.type} has no GraphQL type`,
    "See docs/specs.md for the kinds that can be used",
  ];
  throw unmappable(place, what, instead);
}
