import type { ActionInputOf, ActionName, ActionOutputOf, DataOf, ResourceSpec } from "../spec/resource.ts";
import { performAction } from "./operations/action.ts";
import type { ActionResult } from "./resource.ts";
import type { ActionOptions } from "./resource-operation.ts";
import type { Scope } from "./scope.ts";

/** A call of an action; its input may be left out where nothing in it is required. */
export type ActionMethod<Input, Result> =
  Record<never, never> extends Input
    ? (id: string, input?: Input, options?: ActionOptions) => Promise<Result>
    : (id: string, input: Input, options?: ActionOptions) => Promise<Result>;

/** The actions of a spec, each under its name. */
export type ActionMethods<Spec extends ResourceSpec> = {
  readonly [A in ActionName<Spec>]: ActionMethod<ActionInputOf<Spec, A>, ActionResult<DataOf<Spec>, ActionOutputOf<Spec, A>>>;
};

export function actionMethods<Spec extends ResourceSpec>(scope: Scope): ActionMethods<Spec> {
  const methods = scope.spec.actions.map(({ name }) => [
    name,
    (id: string, input?: object, options: ActionOptions = {}) => performAction(scope, name, id, input, options),
  ]);
  // The scope is that of the spec.
  return Object.fromEntries(methods) as ActionMethods<Spec>;
}
