import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { fail, type SpecStarError, validationFailed } from "../errors.ts";
import type { ResourceSpec } from "../spec/resource.ts";
import type { Stored } from "../storage/rows.ts";
import { mayHoldBlob } from "./blobs/blob-access.ts";
import { putInlineBlobs, takeInlineBlobs } from "./blobs/inline-blobs.ts";
import type { WriteOperation } from "./plugins/events.ts";
import { Resource } from "./resource.ts";
import type { Scope } from "./scope.ts";
import { blobsIn, type StoredForm, storedForm } from "./stored-form.ts";

/**
 * The stored form of input after the `before` handlers, which see what zod has seen; zod looks at it again after them.
 * @throws VALIDATION_FAILED, REFERENCE_VIOLATION for unknown blobs, and whatever a handler refuses with.
 */
export async function checkedForm(
  scope: Scope,
  operation: WriteOperation,
  id: string,
  input: unknown,
  previous: Stored | undefined,
): Promise<StoredForm> {
  const { core, spec } = scope;
  const { input: plain, blobs: inline } = takeInlineBlobs(scope, input);
  const form = await storedForm(spec, plain);
  const checked = core.dispatch.has(spec.name, operation, "before") ? await handledForm(scope, operation, id, form, previous) : form;
  if (typeof spec.key === "string" && id !== keyedId(spec, checked.data[spec.key])) {
    throw validationFailed(spec.name, [{ path: [spec.key], message: `${spec.key} is the key of ${id} and cannot change`, code: "custom" }]);
  }
  await checkBlobs(
    scope,
    checked.blobs.filter((blob) => !inline.has(blob)),
    previous,
  );
  if (inline.size === 0) return checked;
  await putInlineBlobs(scope, inline, checked.blobs);
  return { ...checked, payload: hash("sha256", canonicalize(input) ?? "") };
}

async function handledForm(
  { core, spec, actor }: Scope,
  operation: WriteOperation,
  id: string,
  form: StoredForm,
  previous: Stored | undefined,
): Promise<StoredForm> {
  const data = await core.dispatch.before({
    type: spec.name,
    operation,
    actor,
    id,
    data: structuredClone(form.data),
    previous: previous && new Resource(spec, previous),
  });
  return storedForm(spec, data);
}

/** `before` handlers of operations that write no data: they may refuse. */
export async function askBefore({ core, spec, actor }: Scope, operation: WriteOperation, stored: Stored): Promise<void> {
  if (!core.dispatch.has(spec.name, operation, "before")) return;
  const previous = new Resource(spec, stored);
  await core.dispatch.before({ type: spec.name, operation, actor, id: previous.id, data: structuredClone(previous.data), previous });
}

export const keyedId = (spec: ResourceSpec, key: unknown): string => `${spec.names.prefix}_${String(key)}`;

/** Says no before bytes are written; the transaction looks again. Who may not read a blob learns nothing of it by holding it. */
async function checkBlobs({ core, spec, actor }: Scope, blobs: readonly string[], previous: Stored | undefined): Promise<void> {
  if (blobs.length === 0) return;
  const rows = await core.storage.blobs(blobs);
  const missing = blobs.find((_, i) => !rows[i]);
  if (missing !== undefined) throw noSuchBlob(spec, missing);
  const kept = new Set(previous ? blobsIn(spec, JSON.parse(previous.revision.body)) : []);
  for (const row of rows) {
    if (row && !kept.has(row.id) && !(await mayHoldBlob(core, actor, row))) throw noSuchBlob(spec, row.id);
  }
}

export const noSuchBlob = (spec: ResourceSpec, id: string): SpecStarError =>
  fail("REFERENCE_VIOLATION", `There is no blob ${id}. Put it first`, { resource: spec.name, id });
