import { fail } from "../../errors.ts";
import type { Field } from "../../spec/field.ts";
import type { DataOf, ResourceSpec } from "../../spec/resource.ts";
import { type Actor, anonymous } from "../actor.ts";
import { inPlace, placed } from "../placed.ts";
import type { Written } from "../resource.ts";
import type { ActionOperation, Operation } from "../resource-operation.ts";
import type { Core, Scope } from "../scope.ts";
import { replyKey } from "../unit/idempotency.ts";
import { actionWithIds, type IdOf, withIds } from "../unit/named-ids.ts";
import { planOperation } from "../unit/plan-operation.ts";
import { runUnit, type Step } from "../unit/unit.ts";
import { actionNamed, actionStep } from "./action.ts";
import { checkCount } from "./perform.ts";
import type { Purged } from "./purge.ts";
import { payloadOf } from "./upsert.ts";

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

/** @param specs those whose resources it may be about, where these are not all */
export const transactOn =
  <Spec extends ResourceSpec>(core: Core, specs: ReadonlyMap<string, ResourceSpec> = core.specs): Transact<Spec> =>
  (operations, options = {}) =>
    transact(core, specs, operations, options);

async function transact<Spec extends ResourceSpec>(
  core: Core,
  specs: ReadonlyMap<string, ResourceSpec>,
  operations: readonly Operation<Spec>[],
  { actor = anonymous, idempotencyKey }: TransactOptions,
): Promise<readonly (Written<DataOf<Spec>> | Purged)[]> {
  checkCount(operations, core);
  const ids = new Map<string, string>();
  const steps = named(specs, operations).map(({ operation, index }) =>
    inPlace(index, () => stepOf(scopeOf(core, actor, operation), operation, ids)),
  );
  const keep =
    idempotencyKey === undefined ? undefined : { key: replyKey(actor, "transact", "", idempotencyKey), payload: payloadOf(operations) };
  const outcome = await runUnit<DataOf<Spec>>(core, steps, keep);
  if (!("error" in outcome)) return outcome.results;
  throw outcome.index === undefined ? outcome.error : placed(outcome.error, outcome.index);
}

/** The operations, when every name is given once and every reference leads to an earlier operation. */
function named(
  specs: ReadonlyMap<string, ResourceSpec>,
  operations: readonly Operation[],
): readonly { readonly operation: Operation; readonly index: number }[] {
  const names = new Set<string>();
  return operations.map((operation, index) =>
    inPlace(index, () => {
      const spec = specs.get(operation.type);
      if (!spec)
        throw fail("BAD_REQUEST", `${JSON.stringify(String(operation.type).slice(0, 100))} is not among the resources of this platform`, {
          field: "type",
        });
      if ("idempotencyKey" in operation && operation.idempotencyKey !== undefined)
        throw fail("BAD_REQUEST", "One idempotency key is for the whole call: leave it out here", { field: "idempotencyKey" });
      const earlier: IdOf = (name) => {
        if (names.has(name)) return name;
        throw fail(
          "BAD_REQUEST",
          `$${name.slice(0, 100)} is not the name of an earlier operation: give a create or upsert before this one as: ${JSON.stringify(name.slice(0, 100))}`,
        );
      };
      if (operation.op === "action") actionWithIds(inputFields(spec, operation), operation, earlier);
      else withIds(spec.fields, operation, earlier);
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

const inputFields = (spec: ResourceSpec, { action }: ActionOperation): readonly Field[] => actionNamed(spec, action).input?.fields ?? [];

/** `ids` fills as the operations are planned. */
function stepOf(scope: Scope, operation: Operation, ids: Map<string, string>): Step {
  const as = "as" in operation ? operation.as : undefined;
  const idOf: IdOf = (name) => ids.get(name) ?? "";
  const target = "id" in operation && !operation.id.startsWith("$") ? operation.id : undefined;
  if (operation.op === "action") {
    const fields = inputFields(scope.spec, operation);
    return actionStep(scope, actionNamed(scope.spec, operation.action), () => actionWithIds(fields, operation, idOf), target);
  }
  return {
    scope,
    operations: operation.op === "upsert" ? ["create", "update"] : [operation.op],
    id: target,
    turn: target,
    replans: operation.op === "upsert",
    plan: async (view, rights) => {
      const planned = await planOperation(scope, withIds(scope.spec.fields, operation, idOf), view, rights);
      if (as !== undefined) ids.set(as, planned.after.meta.id);
      return planned;
    },
  };
}
