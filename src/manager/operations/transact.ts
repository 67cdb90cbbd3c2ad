import { fail } from "../../errors.ts";
import type { DataOf, ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import { type Actor, anonymous } from "../actor.ts";
import { replyKey } from "../idempotency.ts";
import { inPlace, placed } from "../placed.ts";
import type { Planned } from "../planned.ts";
import { type IdOf, withIds } from "../references.ts";
import type { Written } from "../resource.ts";
import type { Operation } from "../resource-operation.ts";
import type { Core, Scope } from "../scope.ts";
import { type Rights, runUnit, type Step } from "../unit.ts";
import type { UnitView } from "../unit-view.ts";
import { notFound, planWrite } from "../write.ts";
import { planCreate } from "./create.ts";
import { checkCount, writeOf } from "./perform.ts";
import type { Purged } from "./purge.ts";
import { payloadOf, upsertStep } from "./upsert.ts";

export interface TransactOptions {
  /** On whose behalf; `anonymous` unless told otherwise. */
  readonly actor?: Actor;
  /** The same key and operations again, within 24 h, answer the first results and write nothing. */
  readonly idempotencyKey?: string | undefined;
}

interface Transactions<Spec extends ResourceSpec> {
  /**
   * Up to `limits.operations` on any resources as one unit of work, all or nothing, in order: each sees what those before it did. A
   * create or upsert with a name (`as: "post"`) gives its id to later ones, which write `$post` where an id stands.
   * @throws what the first operation that was refused says, with its place as `details.index`
   */
  transact(operations: readonly Operation<Spec>[], options?: TransactOptions): Promise<readonly (Written<DataOf<Spec>> | Purged)[]>;
}

/** Takes operations on the resources of any spec. */
export type Transact<Spec extends ResourceSpec = ResourceSpec> = Transactions<Spec>["transact"];

export const transactOn =
  <Spec extends ResourceSpec>(core: Core): Transact<Spec> =>
  (operations, options = {}) =>
    transact(core, operations, options);

async function transact<Spec extends ResourceSpec>(
  core: Core,
  operations: readonly Operation<Spec>[],
  { actor = anonymous, idempotencyKey }: TransactOptions,
): Promise<readonly (Written<DataOf<Spec>> | Purged)[]> {
  checkCount(operations, core);
  const ids = new Map<string, string>();
  const steps = named(core, operations).map(({ operation, index }) =>
    inPlace(index, () => stepOf(scopeOf(core, actor, operation), operation, ids)),
  );
  const keep =
    idempotencyKey === undefined ? undefined : { key: replyKey(actor, "transact", "", idempotencyKey), payload: payloadOf(operations) };
  const outcome = await runUnit<DataOf<Spec>>(core, steps, keep);
  if (!("error" in outcome)) return outcome.results;
  throw outcome.index === undefined ? outcome.error : placed(outcome.error, outcome.index);
}

/** The operations, when every name is given once and every reference leads to an earlier operation. */
function named(core: Core, operations: readonly Operation[]): readonly { readonly operation: Operation; readonly index: number }[] {
  const names = new Set<string>();
  return operations.map((operation, index) =>
    inPlace(index, () => {
      const spec = core.specs.get(operation.type);
      if (!spec)
        throw fail("BAD_REQUEST", `${JSON.stringify(String(operation.type).slice(0, 100))} is not among the resources of this platform`, {
          field: "type",
        });
      if ("idempotencyKey" in operation && operation.idempotencyKey !== undefined)
        throw fail("BAD_REQUEST", "One idempotency key is for the whole call: leave it out here", { field: "idempotencyKey" });
      withIds(spec.fields, operation, (name) => {
        if (names.has(name)) return name;
        throw fail(
          "BAD_REQUEST",
          `$${name.slice(0, 100)} is not the name of an earlier operation: give a create or upsert before this one as: ${JSON.stringify(name.slice(0, 100))}`,
        );
      });
      const as = "as" in operation ? operation.as : undefined;
      if (as === undefined) return { operation, index };
      if (!/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(as))
        throw fail("BAD_REQUEST", "A name is 1 to 63 letters, digits and _, a letter first", { field: "as" });
      if (names.has(as)) throw fail("BAD_REQUEST", `Two operations are named ${as}`, { field: "as" });
      names.add(as);
      return { operation, index };
    }),
  );
}

function scopeOf(core: Core, actor: Actor, { type }: Operation): Scope {
  const spec = core.specs.get(type);
  if (!spec) throw fail("INTERNAL", `${type} was not checked`);
  return { core, spec, actor };
}

/** `ids` fills as the operations are planned. */
function stepOf(scope: Scope, operation: Operation, ids: Map<string, string>): Step {
  const as = "as" in operation ? operation.as : undefined;
  const idOf: IdOf = (name) => ids.get(name) ?? "";
  const target = "id" in operation && !operation.id.startsWith("$") ? operation.id : undefined;
  return {
    scope,
    operations: operation.op === "upsert" ? ["create", "update"] : [operation.op],
    id: target,
    turn: target,
    replans: operation.op === "upsert",
    plan: async (view, rights) => {
      const planned = await plan(scope, withIds(scope.spec.fields, operation, idOf), view, rights);
      if (as !== undefined) ids.set(as, planned.after.meta.id);
      return planned;
    },
  };
}

async function plan(scope: Scope, operation: ReturnType<typeof withIds>, view: UnitView, rights: Rights): Promise<Planned> {
  const { spec } = scope;
  if (operation.op === "upsert") return upsertStep(scope, operation.by, operation.data).plan(view, rights);
  if (operation.op === "create") {
    const { after, change } = await planCreate(scope, rights("create"), operation.data, operation);
    return { operation: "create", before: undefined, change, after };
  }
  const { op, id } = operation;
  const before = await view.find(spec.name, id);
  if (!before || !matches(rights(op), before.meta)) throw notFound(spec, id);
  const planned = await planWrite(spec, writeOf(scope, operation), before, (number) => view.revision(spec.name, id, number));
  return {
    operation: op,
    before,
    change: planned?.change,
    after: planned ? { meta: planned.change.meta, revision: planned.current } : before,
  };
}
