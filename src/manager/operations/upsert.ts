import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { fail, validationFailed } from "../../errors.ts";
import { type Column, columnValue, type Scalar } from "../../spec/column.ts";
import { idPattern } from "../../spec/names.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Stored } from "../../storage/rows.ts";
import { replyKey } from "../idempotency.ts";
import { takeInlineBlobs } from "../inline-blobs.ts";
import type { Planned } from "../planned.ts";
import { Written } from "../resource.ts";
import type { UpsertOptions } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import { runUnit, type Step } from "../unit.ts";
import type { UnitView } from "../unit-view.ts";
import { notFound, planWrite, refusal } from "../write.ts";
import { planCreate } from "./create.ts";
import { update } from "./update.ts";

/** Replaces the resource that has a unique value, or creates one that does. */
export async function upsert<T>(scope: Scope, by: unknown, data: unknown, { idempotencyKey }: UpsertOptions): Promise<Written<T>> {
  const { core, spec, actor } = scope;
  const keep =
    idempotencyKey === undefined
      ? undefined
      : { key: replyKey(actor, "upsert", spec.name, idempotencyKey), payload: payloadOf([by, data]) };
  const outcome = await runUnit<T>(core, [upsertStep(scope, by, data)], keep);
  if ("error" in outcome) throw outcome.error;
  const [written] = outcome.results;
  if (written instanceof Written) return written;
  throw fail("INTERNAL", `An upsert of ${spec.name} has no result`);
}

/** A fingerprint of what was asked for under an idempotency key. */
export const payloadOf = (asked: unknown): string => hash("sha256", canonicalize(asked) ?? "");

export function upsertStep(scope: Scope, by: unknown, data: unknown): Step {
  const { spec } = scope;
  const key = uniqueKey(spec, by);
  return {
    scope,
    operations: ["create", "update"],
    turn: `${spec.name}.${key.field}=${String(key.value)}`,
    replans: true,
    plan: async (view, rights): Promise<Planned> => {
      const found = await holderOf(scope, view, key, data);
      if (!found) {
        const chosen = spec.key === true && !key.column ? key.value.slice(spec.names.prefix.length + 1) : undefined;
        const { after, change } = await planCreate(scope, rights("create"), data, { key: chosen });
        return { operation: "create", before: undefined, change, after };
      }
      const { id } = found.meta;
      if (!matches(rights("update"), found.meta)) throw await hidden(scope, key, id);
      const planned = await planWrite(spec, update(scope, id, data, {}), found, (number) => view.revision(spec.name, id, number));
      const after = planned ? { meta: planned.change.meta, revision: planned.current } : found;
      return { operation: "update", before: found, change: planned?.change, after };
    },
  };
}

type UniqueKeyOf = { readonly field: string } & (
  | { readonly column: Column; readonly value: Scalar }
  | { readonly column?: undefined; readonly value: string }
);

/** @throws BAD_REQUEST unless `by` holds one value, of a unique field or of the id where ids are chosen */
function uniqueKey(spec: ResourceSpec, by: unknown): UniqueKeyOf {
  const paths = [...(spec.key === false ? [] : ["id"]), ...spec.uniques.map(({ path }) => path.join("."))];
  if (paths.length === 0)
    throw fail("BAD_REQUEST", `${spec.name} has no unique field and no chosen ids to upsert by`, { resource: spec.name, field: "by" });
  const [given, ...others] = leaves(by);
  const refuse = (message: string) => fail("BAD_REQUEST", `by ${message}`, { resource: spec.name, field: "by" });
  if (!given || others.length > 0 || !paths.includes(given.field)) throw refuse(`takes one of ${paths.join(", ")}`);
  const { field, value } = given;
  const column = spec.uniques.find(({ path }) => path.join(".") === field);
  if (column && (typeof value === "string" || typeof value === "number" || typeof value === "boolean")) return { field, column, value };
  if (column || typeof value !== "string") throw refuse(`holds no value of ${field}`);
  if (!idPattern(spec.name).test(value)) throw refuse(`holds no id of ${spec.name}: they are ${spec.names.prefix}_ and a key`);
  return { field, value };
}

/** The values that are present, by dotted path. */
function leaves(value: unknown, path: readonly string[] = []): { readonly field: string; readonly value: unknown }[] {
  if (value === undefined || value === null) return [];
  if (typeof value !== "object") return [{ field: path.join("."), value }];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

/** The resource that the upsert replaces, after a look whether the data says the same as `by`. */
async function holderOf(scope: Scope, view: UnitView, key: UniqueKeyOf, data: unknown): Promise<Stored | undefined> {
  const { spec } = scope;
  const form = await storedForm(spec, takeInlineBlobs(scope, data).input);
  const { column, value, field } = key;
  if (!column) {
    const path = typeof spec.key === "string" ? spec.key : undefined;
    if (path !== undefined && `${spec.names.prefix}_${String(form.data[path])}` !== value) throw disagreement(spec, [path], value);
    return view.find(spec.name, value);
  }
  const written = valueAt(form.data, column.path);
  const asked = columnValue(
    column,
    column.path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
  );
  const held = columnValue(column, form.data);
  // A schema may write the value in another way, as in lower case: what the caller gave is compared too.
  if ((held !== asked && valueAt(data, column.path) !== value) || held === null || typeof held === "object")
    throw disagreement(spec, column.path, `${field} ${JSON.stringify(value)}`);
  return view.holder(spec, column, held, written);
}

const valueAt = (data: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((value, key) => (Object.hasOwn(Object(value), key) ? Object(value)[key] : undefined), data);

const disagreement = (spec: ResourceSpec, path: readonly string[], value: string) =>
  validationFailed(spec.name, [{ path, message: `The data must say the same as by: ${value}`, code: "custom" }]);

/** Somebody has the value whom this actor may not change. */
async function hidden(scope: Scope, { column }: UniqueKeyOf, holder: string) {
  const { spec } = scope;
  return column ? refusal(scope, { kind: "unique", type: spec.name, columns: [column.name], holder }) : notFound(spec, holder);
}
