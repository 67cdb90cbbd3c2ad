import { columnValue } from "../spec/column.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Change, MetaRow, Revision, RevisionStatus, Stored } from "../storage/rows.ts";
import type { Scope } from "./scope.ts";
import type { StoredForm } from "./stored-form.ts";
import type { PlannedChange } from "./write.ts";

export function columnsOf(spec: ResourceSpec, data: unknown): MetaRow["columns"] {
  return Object.fromEntries(spec.stored.map((column) => [column.name, columnValue(column, data)]));
}

/** The change to a new revision `number`, or of the current one where `kind` is modified. */
export function revisionChange(
  scope: Scope,
  kind: "updated" | "modified",
  { meta, revision }: Stored,
  form: StoredForm,
  status: RevisionStatus,
): PlannedChange {
  const { spec, actor } = scope;
  const at = nextInstant(scope, meta);
  const by = actor.id;
  const { body, hash, size } = form;
  const fresh = {
    id: meta.id,
    status,
    hash,
    size,
    body,
    shape: spec.shape,
    schemaVersion: spec.schemaVersion,
    updatedAt: at,
    updatedBy: by,
  };
  const next: Revision =
    kind === "modified"
      ? { ...fresh, number: revision.number, parent: revision.parent, createdAt: revision.createdAt, createdBy: revision.createdBy }
      : { ...fresh, number: meta.revisionCount + 1, parent: meta.current, createdAt: at, createdBy: by };
  const revisionCount = Math.max(meta.revisionCount, next.number);
  const change = metaChange(
    scope,
    kind,
    meta,
    { current: next.number, revisionCount, status, schemaVersion: spec.schemaVersion, columns: columnsOf(spec, form.data) },
    at,
    next,
  );
  return { change: { ...change, blobs: form.blobs }, current: next };
}

/** A change of the meta row: one version further, at a later instant, by this actor. */
export function metaChange(
  scope: Scope,
  kind: Change["kind"],
  meta: MetaRow,
  changed: Partial<MetaRow>,
  instant?: number,
  revision?: Revision,
): Change {
  const at = instant ?? nextInstant(scope, meta);
  const by = scope.actor.id;
  return {
    kind,
    type: scope.spec.name,
    expected: meta.version,
    meta: { ...meta, ...changed, version: meta.version + 1, updatedAt: at, updatedBy: by },
    ...(revision ? { revision } : {}),
    previous: kind === "modified" ? null : meta.current,
    at,
    by,
  };
}

/** Instants strictly increase per resource, whatever the clock does. */
export const nextInstant = ({ core }: Scope, meta: MetaRow): number => Math.max(core.context.now(), meta.updatedAt + 1);
