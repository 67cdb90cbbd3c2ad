import { z } from "zod";
import { fail, type SpecStarError } from "../errors.ts";
import type { Field } from "./field.ts";
import type { ResourceSpec } from "./resource.ts";
import { walkData } from "./walk-data.ts";

/** Makes data of one version fit the next. Pure and synchronous: it runs whenever old data is read, and again when it is indexed. */
export type Upcaster = (data: Readonly<Record<string, unknown>>) => unknown;

/** A revision, as far as its data has to be understood. */
export interface StoredData {
  readonly id: string;
  readonly number: number;
  readonly body: string;
  readonly shape: string;
  readonly schemaVersion: number;
}

/**
 * Stored data as today's spec reads it, for everybody who reads: through the upcasters from its version on, then defaults are
 * filled in and fields that are gone left out. Types must fit. The rules for values (`min`, `regex`, `refine` …) hold on
 * writing: whoever tightens them can still read what was written before. The stored bytes never change.
 * @throws DATA_CORRUPTION that names the revision and the field, where it does not fit.
 */
export function readData(spec: ResourceSpec, stored: StoredData): unknown {
  const data: unknown = JSON.parse(stored.body);
  return stored.shape === spec.shape ? data : fitted(spec, stored, upcast(spec, stored, data));
}

function upcast(spec: ResourceSpec, stored: StoredData, first: unknown): unknown {
  const from = stored.schemaVersion;
  if (from > spec.schemaVersion)
    throw misfit(spec, stored, "", `it was written under version ${from}. Put the upcasters back that led there`);
  let data = first;
  for (const [i, upcaster] of spec.versions.entries()) {
    if (i + 1 < from) continue;
    const step = `the upcaster of version ${i + 1}`;
    if (!isRecord(data)) throw misfit(spec, stored, "", `${step} has no object to work on. Let the one before it return the data`);
    let next: unknown;
    try {
      next = upcaster(data);
    } catch (thrown) {
      throw misfit(spec, stored, "", `${step} failed on it. Mend the upcaster`, thrown);
    }
    if (next instanceof Promise) {
      next.catch(() => {});
      throw misfit(spec, stored, "", `${step} returned a promise. Upcasters are synchronous: return the data itself`);
    }
    data = next;
  }
  return data;
}

/** Of zod's own: with it zod keeps to types and defaults, and skips its checks. */
const typesAlone: z.core.ParseContext<z.core.$ZodIssue> & { readonly skipChecks: true } = { skipChecks: true };

function fitted(spec: ResourceSpec, stored: StoredData, data: unknown): unknown {
  let parsed = spec.schema.safeParse(data, typesAlone);
  const unknown = parsed.error?.issues.filter((issue) => issue.code === "unrecognized_keys") ?? [];
  // Strict objects refuse what a field has left behind that is gone.
  if (parsed.error && unknown.length === parsed.error.issues.length) parsed = spec.schema.safeParse(without(data, unknown), typesAlone);
  const at = parsed.error ? (parsed.error.issues[0]?.path.join(".") ?? "") : misshapen(spec.fields, parsed.data);
  if (at !== undefined) throw misfit(spec, stored, at);
  return parsed.data;
}

function without(data: unknown, issues: readonly { readonly path: readonly PropertyKey[]; readonly keys: readonly string[] }[]): unknown {
  const copy: unknown = structuredClone(data);
  for (const { path, keys } of issues) {
    let target = copy;
    for (const key of path) target = typeof target === "object" && target !== null ? Reflect.get(target, key) : undefined;
    if (isRecord(target)) for (const key of keys) delete target[key];
  }
  return copy;
}

/** To zod these are rules of a string or a number; GraphQL and the index know them as types. */
const types: Partial<Record<Field["kind"], z.ZodType>> = { date: z.iso.date(), datetime: z.iso.datetime({ offset: true }) };
const [int, safeInt] = [z.int32(), z.int()];
const typeOf = (field: Field): z.ZodType | undefined => (field.kind === "int" ? (field.safe ? safeInt : int) : types[field.kind]);

/** Path of the first value that is not of its field's type. */
function misshapen(fields: readonly Field[], data: unknown): string | undefined {
  let found: string | undefined;
  walkData(fields, data, {
    value: (field, value, path) => {
      const [type, values] = field.kind === "array" && Array.isArray(value) ? [typeOf(field.item), value] : [typeOf(field), [value]];
      if (type && !values.every((each) => each === null || type.safeParse(each).success)) found ??= path.join(".");
    },
  });
  return found;
}

const misfit = (spec: ResourceSpec, { id, number }: StoredData, field: string, why?: string, cause?: unknown): SpecStarError =>
  fail(
    "DATA_CORRUPTION",
    why === undefined
      ? `Revision ${number} of ${id} does not fit the fields of ${spec.name} any more, at ${field}. Give the field a default, make it optional, or write an upcaster in \`versions\``
      : `Revision ${number} of ${id} cannot be read as ${spec.name}: ${why}`,
    { resource: spec.name, id, field },
    cause,
  );

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
