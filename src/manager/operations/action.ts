import { z } from "zod";
import { fail, SpecStarError } from "../../errors.ts";
import type { Action, ActionData } from "../../spec/action.ts";
import type { ActionCall } from "../../spec/action-call.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Stored } from "../../storage/rows.ts";
import type { ActionBeforeEvent, Told } from "../plugins/events.ts";
import { ActionResult, Resource } from "../resource.ts";
import type { ActionOptions } from "../resource-operation.ts";
import type { Scope } from "../scope.ts";
import { storedForm } from "../stored-form.ts";
import { ActionUnit } from "../unit/action-unit.ts";
import { replyKey } from "../unit/idempotency.ts";
import { runUnit, type Step } from "../unit/unit.ts";
import { checkState, notFound } from "../write.ts";
import type { Precondition } from "../write-options.ts";
import { payloadOf } from "./upsert.ts";

/** Runs an action of the spec on one of its resources. */
export async function performAction<T>(
  scope: Scope,
  name: string,
  id: string,
  input: unknown,
  { ifVersion, idempotencyKey }: ActionOptions,
): Promise<ActionResult<T>> {
  const { core, spec, actor } = scope;
  const action = actionNamed(spec, name);
  const keep =
    idempotencyKey === undefined
      ? undefined
      : { key: replyKey(actor, name, spec.name, idempotencyKey), payload: payloadOf([id, input ?? {}]) };
  const outcome = await runUnit<T>(core, [actionStep(scope, action, () => ({ id, input, ifVersion }), id)], keep);
  if ("error" in outcome) throw outcome.error;
  const [result] = outcome.results;
  if (result instanceof ActionResult) return result;
  throw fail("INTERNAL", `The action ${name} of ${spec.name} has no result`);
}

/** @throws BAD_REQUEST where the spec has no such action */
export function actionNamed({ name: resource, actions }: ResourceSpec, name: string): Action {
  const action = actions.find((each) => each.name === name);
  if (action) return action;
  const known = actions.length === 0 ? "it has none" : `it has ${actions.map((each) => each.name).join(", ")}`;
  throw fail("BAD_REQUEST", `${resource} has no action ${JSON.stringify(String(name).slice(0, 100))}: ${known}`, {
    resource,
    field: "action",
  });
}

interface Asked extends Precondition {
  readonly id: string;
  readonly input?: unknown;
}

/**
 * An action as part of a unit: NOT_FOUND/GONE → precondition → input → `before` handlers → handler → output.
 * @param asked where an id of the unit stands, it is known when those before are planned
 * @param target the resource, where it is known before
 */
export function actionStep(scope: Scope, action: Action, asked: () => Asked, target: string | undefined): Step {
  let upserts = false;
  return {
    scope,
    operations: [action.name],
    id: target,
    turn: target,
    get replans() {
      return upserts;
    },
    plan: async (view, rights) => {
      const { id, input, ifVersion } = asked();
      const before = await view.find(scope.spec.name, id);
      if (!before || !matches(rights(action.name), before.meta)) throw notFound(scope.spec, id);
      checkState(scope.spec, { operation: action.name, id, ifVersion }, before);
      const given = await inputOf(scope.spec, action, input);
      await askBefore(scope, action, before, given);
      const unit = new ActionUnit(scope, action.name, view);
      const output = await handled(scope, action, unit, before, given);
      upserts = unit.upserts;
      const after = (await view.find(scope.spec.name, id)) ?? before;
      const { planned: also, guards } = unit;
      return { operation: action.name, before, change: undefined, after, also, guards, action: { input: given, output } };
    },
  };
}

async function handled(scope: Scope, action: Action, unit: ActionUnit, found: Stored, input: Data): Promise<unknown> {
  const { core, spec, actor } = scope;
  const now = new Date(core.context.now()).toISOString();
  // A copy, so that a handler which changes it does not change what events and idempotency keys go by.
  const call: ActionCall = {
    input: structuredClone(input),
    resource: unit.resource(found),
    actor,
    now,
    resources: (of: ResourceSpec | string) => unit.resources(of),
  };
  const broken = (what: string, cause: unknown) =>
    fail("INTERNAL", `The action ${action.name} of ${spec.name} ${what}, and nothing was written`, { resource: spec.name }, cause);
  const answer = await Promise.resolve(call)
    .then(action.handler)
    .catch((thrown: unknown) => {
      throw thrown instanceof SpecStarError ? thrown : broken("failed itself", thrown);
    });
  await unit.end();
  if (!action.output) return undefined;
  const form = await dataForm(spec, action.output, answer).catch((thrown: unknown) => {
    throw broken("gave an answer that its output does not allow", thrown);
  });
  return form.data;
}

type Data = Readonly<Record<string, unknown>>;

/** @throws VALIDATION_FAILED */
async function inputOf(spec: ResourceSpec, action: Action, input: unknown): Promise<Data> {
  const { data } = await dataForm(spec, action.input ?? nothing, input ?? {});
  return data;
}

const nothing: ActionData = { schema: z.strictObject({}), fields: [], rules: false };

const dataForm = ({ name }: ResourceSpec, data: ActionData, value: unknown) => storedForm({ name, ...data }, value);

async function askBefore({ core, spec, actor }: Scope, { name }: Action, stored: Stored, input: Data): Promise<void> {
  if (!core.dispatch.has(spec.name, name, "before")) return;
  const previous = new Resource<Record<string, unknown>>(spec, stored);
  const data = structuredClone(previous.data);
  const event: Told<ActionBeforeEvent> = {
    type: spec.name,
    operation: name,
    actor,
    id: previous.id,
    data,
    previous,
    input: structuredClone(input),
  };
  await core.dispatch.before(event);
}
