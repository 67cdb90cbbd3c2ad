import { hash } from "node:crypto";
import { TypeID } from "typeid-js";
import { fail, validationFailed } from "../../errors.ts";
import { idPattern } from "../../spec/names.ts";
import type { Filter } from "../../spec/query.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { matches } from "../../storage/evaluate.ts";
import type { Change, Reply, Revision, RevisionStatus, Stored } from "../../storage/rows.ts";
import { authorize } from "../authorize.ts";
import { columnsOf } from "../change.ts";
import { checkedForm, keyedId } from "../checked-form.ts";
import { afterEvents } from "../plugins/after-events.ts";
import { withFailureEvent } from "../plugins/dispatch.ts";
import { hasMovedOn } from "../references/reference-violation.ts";
import { Written } from "../resource.ts";
import type { Scope } from "../scope.ts";
import type { StoredForm } from "../stored-form.ts";
import { replayed, replyKey, replyLifetimeMs } from "../unit/idempotency.ts";
import { type Planned, unitOf } from "../unit/planned.ts";
import { UnitView } from "../unit/unit-view.ts";
import { commitUnit, nextRound, refusal } from "../write.ts";

export interface CreateOptions {
  /** For specs with `key: true`: the id becomes `{prefix}_{key}`. */
  readonly key?: string | undefined;
  /** `stable` unless told `draft`. */
  readonly status?: RevisionStatus | undefined;
  /** The same key and payload again, within 24 h, answer the first result and write nothing. */
  readonly idempotencyKey?: string | undefined;
}

/** `key` is there for specs with `key: true` alone. */
export type CreateOptionsOf<Spec extends ResourceSpec> = true extends Spec["key"]
  ? CreateOptions
  : Omit<CreateOptions, "key"> & { readonly key?: undefined };

export function create<T>(scope: Scope, input: unknown, options: CreateOptions): Promise<Written<T>> {
  const { core, spec, actor } = scope;
  return withFailureEvent(core.dispatch, { type: spec.name, operation: "create", actor, id: undefined }, async () => {
    const filter = await authorize(core.authorize, { actor, operation: "create", spec });
    const deadline = core.context.now() + core.contentionMs;
    for (let round = 1; ; round++) {
      const { payload, ...own } = await planCreate(scope, filter, input, options);
      const view = new UnitView(core);
      view.apply(own.change, own.after);
      const planned = await core.planAlong(scope, view, { operation: "create", before: undefined, ...own });
      const written =
        options.idempotencyKey === undefined
          ? await commit<T>(scope, planned)
          : await commitOnce<T>(scope, planned, options.idempotencyKey, payloadOf(payload, options));
      if (written) {
        if (!written.replayed) await afterEvents(scope, planned);
        return written;
      }
      await nextRound(core, own.after.meta.id, round, deadline);
    }
  });
}

/** The first state of a new resource, and the change that makes it. */
export interface PlannedCreate {
  readonly after: Stored;
  readonly change: Change;
  /** A fingerprint of the input. */
  readonly payload: string;
}

export async function planCreate(
  scope: Scope,
  filter: Filter | undefined,
  input: unknown,
  { key, status = "stable" }: CreateOptions,
): Promise<PlannedCreate> {
  const { spec, actor } = scope;
  const id = idFor(scope, input, key);
  const form = await checkedForm(scope, "create", id, input, undefined);
  const stored = firstState(scope, id, form, status);
  const { meta, revision } = stored;
  if (!matches(filter, meta)) throw fail("FORBIDDEN", `${actor.id} may not create this ${spec.name}`, { resource: spec.name });
  const { blobs } = form;
  const change: Change = {
    kind: "created",
    type: spec.name,
    expected: 0,
    meta,
    revision,
    blobs,
    previous: null,
    at: meta.createdAt,
    by: actor.id,
  };
  return { after: stored, change, payload: form.payload ?? form.hash };
}

function idFor({ core, spec }: Scope, input: unknown, key: string | undefined): string {
  if (key !== undefined && spec.key !== true)
    throw fail(
      "BAD_REQUEST",
      `Ids of ${spec.name} are ${spec.key ? `made of the field ${spec.key}` : "not chosen by callers"}: leave out key`,
      { field: "key" },
    );
  const chosen = typeof spec.key === "string" ? fieldOf(input, spec.key) : key;
  if (chosen === undefined) return TypeID.fromUUID(spec.names.prefix, core.context.uuid()).toString();
  const id = keyedId(spec, chosen);
  if (!idPattern(spec.name).test(id)) throw badKey(spec, typeof spec.key === "string" ? spec.key : "key");
  return id;
}

/** A key field that is missing or no string is left for zod to name. */
function fieldOf(input: unknown, field: string): string | undefined {
  const value =
    typeof input === "object" && input !== null && Object.hasOwn(input, field)
      ? Object.entries(input).find(([name]) => name === field)?.[1]
      : undefined;
  return typeof value === "string" ? value : undefined;
}

const badKey = (spec: ResourceSpec, field: string) =>
  validationFailed(spec.name, [
    { path: [field], message: "A key is 1 to 63 letters, digits and hyphens, no hyphen first", code: "invalid_format" },
  ]);

function firstState(
  { core, spec, actor }: Scope,
  id: string,
  { data, body, hash: dataHash, size }: StoredForm,
  status: RevisionStatus,
): Stored {
  const now = core.context.now();
  const times = { createdAt: now, createdBy: actor.id, updatedAt: now, updatedBy: actor.id };
  const { schemaVersion, shape } = spec;
  const revision: Revision = { id, number: 1, parent: null, status, hash: dataHash, size, body, shape, schemaVersion, ...times };
  return {
    revision,
    meta: {
      id,
      version: 1,
      current: 1,
      revisionCount: 1,
      status,
      schemaVersion,
      ...times,
      deletedAt: null,
      state: "live",
      columns: columnsOf(spec, data),
    },
  };
}

/** Undefined where what goes along with it has moved on in between. */
async function commit<T>(scope: Scope, planned: Planned, reply?: Reply): Promise<Written<T> | undefined> {
  const { core, spec } = scope;
  const failure = await commitUnit(core, { ...unitOf([planned]), ...(reply ? { reply } : {}) });
  if (!failure) return new Written(spec, planned.after, true);
  if (failure.kind === "replay" && reply) return replayed(spec, failure.reply, reply.payload);
  if (hasMovedOn(core, failure)) return undefined;
  throw await refusal(scope, failure, [planned]);
}

const payloadOf = (payload: string, { key, status }: CreateOptions): string =>
  hash("sha256", JSON.stringify([payload, key ?? null, status ?? "stable"]));

/** Under an idempotency key: the first success is kept beside the write, in the same unit of work. */
async function commitOnce<T>(scope: Scope, planned: Planned, idempotencyKey: string, payload: string): Promise<Written<T> | undefined> {
  const { core, spec, actor } = scope;
  const { after } = planned;
  const key = replyKey(actor, "create", spec.name, idempotencyKey);
  const reply = { key, payload, id: after.meta.id, result: JSON.stringify(after), expiresAt: core.context.now() + replyLifetimeMs };
  return core.inFlight.run(key, async () => {
    const kept = await core.storage.reply(key);
    return kept ? replayed<T>(spec, kept, payload) : commit<T>(scope, planned, reply);
  });
}
