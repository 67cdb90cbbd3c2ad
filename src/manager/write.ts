import { fail, type SpecStarError } from "../errors.ts";
import type { Filter } from "../spec/query.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import { matches } from "../storage/evaluate.ts";
import type { Change, Revision, Stored, UnitFailure, UnitOfWork } from "../storage/rows.ts";
import { type Authorize, authorize } from "./authorize.ts";
import { noSuchBlob } from "./checked-form.ts";
import { afterEvents } from "./plugins/after-events.ts";
import { withFailureEvent } from "./plugins/dispatch.ts";
import type { OperationName, WriteOperation } from "./plugins/events.ts";
import { brokenReference, hasMovedOn } from "./references/reference-violation.ts";
import { Written } from "./resource.ts";
import type { Core, Scope } from "./scope.ts";
import { guiltySpec } from "./unit/guilty.ts";
import { type Planned, unitOf } from "./unit/planned.ts";
import { settledGuards } from "./unit/settled-guards.ts";
import { UnitView } from "./unit/unit-view.ts";

/** An operation on a resource that exists, and the state in which it may be. */
interface OnResource {
  readonly operation: OperationName;
  readonly id: string;
  readonly ifVersion: number | undefined;
  /** The operation demands the precondition, whatever the spec says. */
  readonly needsVersion?: boolean;
  /** Runs on deleted resources too. */
  readonly onDeleted?: boolean;
}

/** One write to a resource that exists. */
export interface Write extends OnResource {
  readonly operation: WriteOperation;
  /** The change from this state, or undefined for a no-op. Runs again when the resource has moved on in between. */
  readonly plan: (current: Stored, revision: ReadRevision) => Promise<PlannedChange | undefined>;
}

/** A revision of the resource by number; undefined where there is none. */
export type ReadRevision = (number: number) => Promise<Revision | undefined>;

export interface PlannedChange {
  readonly change: Change;
  /** The current revision after it. */
  readonly current: Revision;
}

/**
 * The way of every write to an existing resource: authorise → NOT_FOUND/GONE → precondition → plan (validate, no-op) →
 * compare-and-set. Writes to one resource queue here; when another process was faster, the write is planned anew from the
 * newer state, unless the caller said which version it saw.
 */
export function write<T>(scope: Scope, { operation, id, ...write }: Write): Promise<Written<T>> {
  const { core, spec, actor } = scope;
  return withFailureEvent(core.dispatch, { type: spec.name, operation, actor, id }, async () => {
    const filter = await authorize(core.authorize, { actor, operation, spec });
    const { before, planned } = await core.queue.run(id, () => attempt(scope, { operation, id, ...write }, filter));
    if (planned) await afterEvents(scope, planned);
    return new Written<T>(spec, planned?.after ?? before, planned !== undefined);
  });
}

async function attempt(scope: Scope, write: Write, filter: Filter | undefined): Promise<{ before: Stored; planned: Planned | undefined }> {
  const { core, spec } = scope;
  const deadline = core.context.now() + core.contentionMs;
  for (let round = 1; ; round++) {
    const before = await current(scope, write.id, filter);
    const own = await planWrite(spec, write, before, async (number) => {
      const [found] = await core.storage.read(spec.name, [{ id: write.id, number }]);
      return found?.revision;
    });
    if (!own) return { before, planned: undefined };
    const after = { meta: own.change.meta, revision: own.current };
    const view = new UnitView(core);
    view.apply(own.change, after);
    const planned = await core.planAlong(scope, view, { operation: write.operation, before, change: own.change, after });
    const failure = await commitUnit(core, unitOf([planned]));
    if (!failure) return { before, planned };
    // What goes with it has no version that the caller could have seen.
    const seen = failure.kind === "version" && failure.id === write.id && write.ifVersion !== undefined;
    if (seen || !hasMovedOn(core, failure)) throw await refusal(scope, failure, [planned], write.ifVersion);
    await nextRound(core, write.id, round, deadline);
  }
}

/** What a write does to a resource in this state, undefined for a no-op: GONE → precondition → data. */
export async function planWrite(
  spec: ResourceSpec,
  write: Write,
  before: Stored,
  revision: ReadRevision,
): Promise<PlannedChange | undefined> {
  checkState(spec, write, before);
  return write.plan(before, revision);
}

/** @throws GONE, or what the precondition says */
export function checkState(spec: ResourceSpec, on: OnResource, { meta }: Stored): void {
  if (meta.state === "deleted" && !on.onDeleted) throw gone(spec, on.id);
  checkVersion(spec, on, meta.version);
}

/** Waits a moment, so that those who change the same resource do not keep meeting. */
export async function nextRound({ context }: Core, id: string, round: number, deadline: number): Promise<void> {
  if (context.now() > deadline) throw fail("UNAVAILABLE", `${id} is being changed too often to apply this write. Try again`, { id });
  await new Promise((resolve) => setTimeout(resolve, context.random() * Math.min(100, 2 ** round)));
}

/** Commits one unit; answers why it was refused, undefined where it was not. */
export async function commitUnit({ storage }: Core, unit: UnitOfWork): Promise<UnitFailure | undefined> {
  const { guards = [], broken } = settledGuards(unit);
  if (broken) return { kind: "guard", guard: broken };
  const [result] = await storage.commit([guards.length > 0 || unit.guards ? { ...unit, guards } : unit]);
  return result && !result.ok ? result.failure : undefined;
}

/** The resource as it stands, deleted ones too. */
export async function current({ core, spec }: Scope, id: string, filter: Filter | undefined): Promise<Stored> {
  const [found] = await core.storage.read(spec.name, [{ id }]);
  if (!found || !matches(filter, found.meta)) throw notFound(spec, id);
  return found;
}

export const notFound = (spec: ResourceSpec, id: string): SpecStarError =>
  fail("NOT_FOUND", `There is no ${spec.name} ${JSON.stringify(id.slice(0, 100))}`, { resource: spec.name, id: id.slice(0, 100) });

export const gone = (spec: ResourceSpec, id: string): SpecStarError =>
  fail("GONE", `${spec.name} ${id} is deleted`, { resource: spec.name, id, reason: "deleted" });

function checkVersion(spec: ResourceSpec, { id, ifVersion, needsVersion, operation }: OnResource, actual: number): void {
  if (ifVersion === undefined) {
    if (!needsVersion && !spec.requireVersion) return;
    throw fail("PRECONDITION_REQUIRED", `${operation} of ${spec.name} needs the version that you saw: ifVersion, or If-Match over REST`, {
      resource: spec.name,
      id,
    });
  }
  if (!Number.isSafeInteger(ifVersion) || ifVersion < 1)
    throw fail("BAD_REQUEST", "ifVersion must be a positive integer", { field: "ifVersion" });
  if (ifVersion !== actual) throw mismatch(spec, id, ifVersion, actual);
}

const mismatch = (spec: ResourceSpec, id: string, expected: number, actual: number): SpecStarError =>
  fail("VERSION_MISMATCH", `${id} is at version ${actual}, not ${expected}. Read it again and re-apply your change`, {
    resource: spec.name,
    id,
    expected,
    actual,
  });

/** The error that a refused commit becomes. */
export async function refusal(scope: Scope, failure: UnitFailure, planned: readonly Planned[] = [], expected = 0): Promise<SpecStarError> {
  const { core } = scope;
  // An operation may write resources of other specs, and others go along with it.
  const spec = guiltySpec(core, planned, failure) ?? scope.spec;
  switch (failure.kind) {
    case "version":
      return failure.actual === 0 ? notFound(spec, failure.id) : mismatch(spec, failure.id, expected, failure.actual);
    case "taken":
      return fail("CONFLICT", `The id ${failure.id} is taken, or was in the past`, { resource: spec.name, id: failure.id });
    case "unique": {
      const field = failure.columns.map((name) => spec.uniques.find((column) => column.name === name)?.path.join(".") ?? name).join(", ");
      const id = failure.holder !== null && (await mayRead(core.authorize, { ...scope, spec })) ? { id: failure.holder } : {};
      return fail("UNIQUE_VIOLATION", `Another ${spec.name} has this ${field}`, { resource: spec.name, field, ...id });
    }
    case "blob":
      return noSuchBlob(spec, failure.id);
    case "guard":
      return brokenReference(scope, failure.guard, planned);
    default:
      return fail("CONFLICT", "The idempotency key was used at this moment. Try again", { resource: spec.name });
  }
}

/** Whether this actor may read every resource of the spec, and so learn an id. */
async function mayRead(ask: Authorize, { actor, spec }: Scope): Promise<boolean> {
  return authorize(ask, { actor, operation: "get", spec }).then(
    (filter) => filter === undefined,
    () => false,
  );
}
