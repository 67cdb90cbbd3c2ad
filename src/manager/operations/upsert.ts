import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { fail, validationFailed } from "../../errors.ts";
import { type Column, columnLabel, columnValue, type Scalar } from "../../spec/column.ts";
import { idPattern } from "../../spec/names.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { uniqueMembers } from "../../spec/unique.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Stored } from "../../storage/rows.ts";
import { takeInlineBlobs } from "../blobs/inline-blobs.ts";
import { Written } from "../resource.ts";
import type { UpsertOptions } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import { replyKey } from "../unit/idempotency.ts";
import type { Planned } from "../unit/planned.ts";
import { runUnit, type Step } from "../unit/unit.ts";
import type { UnitView } from "../unit/unit-view.ts";
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
export function payloadOf(asked: unknown): string {
  try {
    return hash("sha256", canonicalize(asked) ?? "");
  } catch {
    // It has no canonical form, so it cannot be written: the operation itself says why. Nothing that was written looks like it.
    return "";
  }
}

export function upsertStep(scope: Scope, by: unknown, data: unknown): Step {
  const { spec } = scope;
  const key = uniqueKey(spec, by);
  return {
    scope,
    operations: ["create", "update"],
    turn: `${spec.name}.${shown(key)}`,
    replans: true,
    plan: async (view, rights): Promise<Planned> => {
      const found = await holderOf(scope, view, key, data);
      if (!found) {
        const chosen = spec.key === true && !key.column ? key.id.slice(spec.names.prefix.length + 1) : undefined;
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

type UniqueKeyOf =
  | { readonly column: Column; readonly values: ReadonlyMap<Column, Scalar> }
  | { readonly column?: undefined; readonly id: string };

const labels = (column: Column): readonly string[] => uniqueMembers(column).map(columnLabel);

/** @throws BAD_REQUEST unless `by` holds the value of a unique field, all of several that are unique together, or the id where ids are chosen */
function uniqueKey(spec: ResourceSpec, by: unknown): UniqueKeyOf {
  const known = [...(spec.key === false ? [] : ["id"]), ...spec.uniques.map((column) => labels(column).join(" and "))];
  if (known.length === 0)
    throw fail("BAD_REQUEST", `${spec.name} has no unique field and no chosen ids to upsert by`, { resource: spec.name, field: "by" });
  const given = new Map(leaves(by).map(({ field, value }) => [field, value]));
  const refuse = (message: string) => fail("BAD_REQUEST", `by ${message}`, { resource: spec.name, field: "by" });
  const column = spec.uniques.find((each) => given.size === labels(each).length && labels(each).every((label) => given.has(label)));
  const id = given.size === 1 && spec.key !== false ? given.get("id") : undefined;
  if (column) {
    const values = new Map<Column, Scalar>();
    for (const member of uniqueMembers(column)) {
      const value = given.get(columnLabel(member));
      if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean")
        throw refuse(`holds no value of ${columnLabel(member)}`);
      values.set(member, value);
    }
    return { column, values };
  }
  if (id === undefined) throw refuse(`takes one of ${known.join(", or ")}`);
  if (typeof id !== "string") throw refuse("holds no value of id");
  if (!idPattern(spec.name).test(id)) throw refuse(`holds no id of ${spec.name}: they are ${spec.names.prefix}_ and a key`);
  return { id };
}

/** `slug "a" and lang "en"` */
const shown = (key: UniqueKeyOf): string =>
  key.column ? [...key.values].map(([member, value]) => `${columnLabel(member)} ${JSON.stringify(value)}`).join(" and ") : key.id;

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
  if (!key.column) {
    const path = typeof spec.key === "string" ? spec.key : undefined;
    if (path !== undefined && `${spec.names.prefix}_${String(form.data[path])}` !== key.id) throw disagreement(spec, [path], key.id);
    return view.find(spec.name, key.id);
  }
  for (const [member, value] of key.values) {
    if (!says(member, form.data, data, value, key.column)) throw disagreement(spec, member.path, shown(key));
  }
  const held = columnValue(key.column, form.data);
  if (held === null || typeof held === "object") throw disagreement(spec, key.column.path, shown(key));
  return view.holder(spec, key.column, held);
}

/** Whether the data says the same. A schema may write the value in another way, as in lower case: what the caller gave is compared too. */
function says(member: Column, written: unknown, given: unknown, value: Scalar, { claim }: Column): boolean {
  const asked = columnValue(
    member,
    member.path.reduceRight<unknown>((inner, name) => ({ [name]: inner }), value),
  );
  const held = columnValue(member, written);
  const fold = (each: unknown) => (claim?.ignoreCase && typeof each === "string" ? each.toLowerCase() : each);
  return held !== null && typeof held !== "object" && (fold(held) === fold(asked) || valueAt(given, member.path) === value);
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
