import { toSpecStarError } from "../../errors.ts";
import type { Filter } from "../../spec/query.ts";
import { authorize } from "../authorize.ts";
import type { Purged } from "../operations/purge.ts";
import { afterEvents } from "../plugins/after-events.ts";
import type { OperationName } from "../plugins/events.ts";
import { hasMovedOn } from "../references/reference-violation.ts";
import type { Written } from "../resource.ts";
import type { Core, Scope } from "../scope.ts";
import { commitUnit, nextRound, refusal } from "../write.ts";
import { guiltyOf } from "./guilty.ts";
import { type KeepResults, keptReply, keptResults } from "./idempotency.ts";
import { type Planned, resultOf, unitOf } from "./planned.ts";
import { UnitView } from "./unit-view.ts";

/** What the actor may do, and to which resources. */
export type Rights = (operation: OperationName) => Filter | undefined;

/** One operation of a unit of work. */
export interface Step {
  readonly scope: Scope;
  /** All of these must be allowed: which of them it will be may not be known yet. */
  readonly operations: readonly [OperationName, ...OperationName[]];
  /** The resource that it is about, where that is known. */
  readonly id?: string | undefined;
  /** Units with one key take turns in this process. */
  readonly turn?: string | undefined;
  /** Planned anew where an id or a value turns out to be taken after all. */
  readonly replans?: boolean;
  /** Runs again when what it has read has moved on in between. */
  plan(view: UnitView, rights: Rights): Promise<Planned>;
}

export type UnitOutcome<T = unknown> =
  | { readonly results: readonly (Written<T> | Purged)[]; readonly planned: readonly Planned[] }
  /** Nothing was written. `index`: of the step that was refused, where it was one. */
  | { readonly error: unknown; readonly index: number | undefined };

/** How often an id or a value may turn out to be taken, before that is the answer. */
const mostSurprises = 3;

/**
 * Plans step after step and commits all of them as one unit of work, or none. When somebody else was faster, the whole unit
 * is planned anew; a step that carries the version which its caller saw refuses the unit then.
 */
export async function runUnit<T>(core: Core, steps: readonly Step[], keep?: KeepResults): Promise<UnitOutcome<T>> {
  const outcome = await inTurn<T>(core, steps, keep).catch((error: unknown): UnitOutcome<T> => ({ error, index: undefined }));
  if ("error" in outcome) {
    const error = toSpecStarError(outcome.error);
    for (const { scope, operations, id } of steps)
      await core.dispatch.failure({ type: scope.spec.name, operation: operations[0], actor: scope.actor, id, error });
    return outcome;
  }
  for (const [i, planned] of outcome.planned.entries()) {
    const scope = steps[i]?.scope;
    if (scope) await afterEvents(scope, planned);
  }
  return outcome;
}

async function inTurn<T>(core: Core, steps: readonly Step[], keep: KeepResults | undefined): Promise<UnitOutcome<T>> {
  const rights: Rights[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      rights.push(await rightsOf(step));
    } catch (error) {
      return { error, index };
    }
  }
  // Sorted, so that no two units wait for one another.
  const turns = [...new Set(steps.flatMap(({ turn }) => turn ?? []))].sort();
  const attempt = () => attemptUnit<T>(core, steps, rights, keep);
  const run = turns.reduceRight<() => Promise<UnitOutcome<T>>>((next, turn) => () => core.queue.run(turn, next), attempt);
  return keep ? core.inFlight.run(keep.key, run) : run();
}

/** @throws FORBIDDEN */
export async function rightsOf({ scope: { core, spec, actor }, operations }: Pick<Step, "scope" | "operations">): Promise<Rights> {
  const filters = new Map<OperationName, Filter | undefined>();
  for (const operation of operations) filters.set(operation, await authorize(core.authorize, { actor, operation, spec }));
  return (operation) => filters.get(operation);
}

async function attemptUnit<T>(
  core: Core,
  steps: readonly Step[],
  rights: readonly Rights[],
  keep: KeepResults | undefined,
): Promise<UnitOutcome<T>> {
  const kept = keep && (await core.storage.reply(keep.key));
  if (kept) return { results: await keptResults<T>(core, kept, keep), planned: [] };
  const deadline = core.context.now() + core.contentionMs;
  let surprises = 0;
  for (let round = 1; ; round++) {
    const outcome = await planAll<T>(core, steps, rights);
    if ("error" in outcome) return outcome;
    const { planned } = outcome;
    const unit = unitOf(planned);
    if (unit.changes.length === 0 && !keep) return outcome;
    const failure = await commitUnit(core, { ...unit, ...(keep ? { reply: keptReply(core, keep, steps, planned) } : {}) });
    if (!failure) return outcome;
    if (failure.kind === "replay" && keep) return { results: await keptResults<T>(core, failure.reply, keep), planned: [] };
    const index = await guiltyOf(core, planned, failure);
    const step = steps[index];
    const surprised = (failure.kind === "taken" || failure.kind === "unique") && step?.replans === true && surprises++ < mostSurprises;
    if (step && !hasMovedOn(core, failure) && !surprised) return { error: await refusal(step.scope, failure, planned), index };
    await nextRound(core, planned[index]?.after.meta.id ?? "A resource", round, deadline);
  }
}

async function planAll<T>(core: Core, steps: readonly Step[], rights: readonly Rights[]): Promise<UnitOutcome<T>> {
  const view = new UnitView(core);
  const ids = Map.groupBy(
    steps.filter(({ id }) => id !== undefined),
    ({ scope }) => scope.spec.name,
  );
  for (const [type, some] of ids) await view.load(type, [...new Set(some.flatMap(({ id }) => id ?? []))]);
  const planned: Planned[] = [];
  for (const [index, step] of steps.entries()) {
    try {
      const each = await step.plan(view, rights[index] ?? (() => undefined));
      if (each.change) view.apply(each.change, each.after);
      planned.push(await core.planAlong(step.scope, view, each));
    } catch (error) {
      return { error, index };
    }
  }
  const results = steps.flatMap(({ scope }, i) => (planned[i] ? [resultOf<T>(scope.spec, planned[i])] : []));
  return { results, planned };
}
