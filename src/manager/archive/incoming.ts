import { hash } from "node:crypto";
import canonicalize from "canonicalize";
import { type Issue, toSpecStarError } from "../../errors.ts";
import { idPattern } from "../../spec/names.ts";
import { readData } from "../../spec/read-data.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { hostileKeys, walkData } from "../../spec/walk-data.ts";
import type { Imported, Pointer } from "../../storage/archives.ts";
import type { MetaRow, Revision } from "../../storage/rows.ts";
import { columnsOf } from "../change.ts";
import { keyedId } from "../checked-form.ts";
import { blobsIn, checkJson } from "../stored-form.ts";
import type { Item } from "./archive-reader.ts";
import type { PurgedRecord, ResourceRecord, RevisionRecord } from "./records.ts";
import { damaged, malformed, unfit } from "./refusals.ts";

/** A resource of an archive, as it may be written: the row that it will have, and what was before. */
export interface Incoming {
  readonly spec: ResourceSpec;
  readonly meta: MetaRow;
  readonly imported: Imported;
}

type HeldRevision = Imported["revisions"][number];

/**
 * What an archive says of a resource, checked against what every resource is: its bytes against their hashes, its numbers,
 * parents and pointers against one another, its data against the spec, its blobs against those that came before.
 * @param blobs that came before; `verified` where all of this was checked before, and only what is indexed is to be read again
 * @throws BAD_REQUEST for what no platform has written, VALIDATION_FAILED for what does not fit the specs of this one
 */
export function incomingOf(
  spec: ResourceSpec,
  { record, revisions }: Extract<Item, { kind: "resource" }>,
  blobs: ReadonlySet<string> | "verified",
): Incoming {
  const { id } = record;
  checkId(spec, id);
  const pointers = pointersOf(record);
  const [first, last] = [pointers[0], pointers.at(-1)];
  const checked = revisions.map((row, i) => revisionOf(spec, id, row, i + 1, blobs));
  const current = checked[(last?.current ?? 0) - 1];
  if (!first || !last || !current) throw malformed(`the pointer of ${id} is at a revision that it has not`);
  if (last.state === "live" && current.misfit) throw unfit(spec, id, current.misfit.message, current.misfit);
  const { status, schemaVersion } = current.held.revision;
  const meta: MetaRow = {
    id,
    version: last.version,
    current: last.current,
    revisionCount: checked.length,
    status,
    schemaVersion,
    createdAt: first.at,
    createdBy: first.by,
    updatedAt: last.at,
    updatedBy: last.by,
    deletedAt: last.state === "deleted" ? last.at : null,
    state: last.state,
    columns: current.held.columns,
  };
  return { spec, meta, imported: { pointers, revisions: checked.map(({ held }) => held) } };
}

/** Of a purged resource its id is all there is. */
export function incomingPurge(spec: ResourceSpec, { id, version }: PurgedRecord, at: number, by: string): Incoming {
  checkId(spec, id);
  const stamp = { createdAt: 0, createdBy: "", updatedAt: at, updatedBy: by, deletedAt: null };
  const nothing = { current: 0, revisionCount: 0, status: "stable", schemaVersion: spec.schemaVersion, columns: {} } as const;
  return { spec, meta: { id, version, state: "purged", ...stamp, ...nothing }, imported: { pointers: [], revisions: [] } };
}

const patterns = new WeakMap<ResourceSpec, RegExp>();

function checkId(spec: ResourceSpec, id: string): void {
  const pattern = patterns.get(spec) ?? idPattern(spec.name);
  patterns.set(spec, pattern);
  if (!pattern.test(id)) throw malformed(`${JSON.stringify(id.slice(0, 100))} is no id of ${spec.name}`);
}

function pointersOf({ id, pointers, revisions }: ResourceRecord): readonly Pointer[] {
  return pointers.map(([version, at, by, current, state], i) => {
    const before = pointers[i - 1];
    if (before && (version <= before[0] || at <= before[1])) throw malformed(`versions and instants of ${id} do not increase`);
    if (current > revisions) throw malformed(`the pointer of ${id} was at a revision that it has not`);
    return { version, at, by, current, state };
  });
}

interface Checked {
  readonly held: HeldRevision;
  /** Why today's spec cannot read it. Of what is not current that is in order: it could not where it comes from. */
  readonly misfit: ReturnType<typeof toSpecStarError> | undefined;
}

function revisionOf(spec: ResourceSpec, id: string, row: RevisionRecord, number: number, known: ReadonlySet<string> | "verified"): Checked {
  const { body, blobs: listed = [], ...rest } = row;
  const blobs = [...new Set(listed)].toSorted();
  const { columns, misfit } = known === "verified" ? read(spec, id, row) : verified(spec, id, row, number, { blobs, known });
  const revision: Revision = { id, ...rest, size: Buffer.byteLength(body), body };
  return { held: { revision, blobs, columns }, misfit };
}

interface HeldBlobs {
  readonly blobs: readonly string[];
  readonly known: ReadonlySet<string>;
}

function verified(spec: ResourceSpec, id: string, row: RevisionRecord, number: number, { blobs, known }: HeldBlobs): ReadRevision {
  const { body } = row;
  const named = `revision ${number} of ${id}`;
  if (row.number !== number) throw malformed(`the revisions of ${id} are not numbered 1, 2, 3 …`);
  if (row.parent === null ? number > 1 : row.parent >= number) throw malformed(`${named} has no parent that came before it`);
  if (row.hash !== `sha256:${hash("sha256", body)}`) throw damaged(`${named} does not match its hash`);
  if (row.schemaVersion > spec.schemaVersion)
    throw unfit(
      spec,
      id,
      `it has version ${row.schemaVersion} of the schema, and this platform knows ${spec.schemaVersion}. Deploy the newer one first`,
    );
  const data = checkedBody(spec, id, body);
  const unknown = blobs.find((blob) => !known.has(blob));
  if (unknown !== undefined) throw malformed(`${named} holds ${unknown.slice(0, 100)}, which is not in the archive before it`);
  const own = new Set(blobs);
  if (blobsIn(spec, data).some((blob) => !own.has(blob))) throw malformed(`${named} holds blobs that it does not name`);
  return readAnew(spec, id, row, data);
}

/** Stored data is in one form, has no keys that alter objects, and nothing that some storage cannot keep. */
function checkedBody(spec: ResourceSpec, id: string, body: string): unknown {
  let issues: Issue[] = [];
  try {
    const data: unknown = JSON.parse(body);
    if (hasHostileKeys(data)) throw unfit(spec, id, "its data has keys that alter objects");
    checkJson(data, [], issues);
    if (issues.length === 0 && canonicalize(data) === body) return data;
  } catch (thrown) {
    const error = toSpecStarError(thrown);
    // Data that is too deep for this overflows the stack.
    if (error.code !== "INTERNAL") throw error;
    issues = [];
  }
  throw unfit(spec, id, issues[0]?.message ?? "its data is not in the stored form");
}

function hasHostileKeys(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(hasHostileKeys);
  return Object.entries(value).some(([key, inner]) => hostileKeys.has(key) || hasHostileKeys(inner));
}

type ReadRevision = Pick<Checked, "misfit"> & { readonly columns: MetaRow["columns"] };

/** What is indexed of it, as far as today's spec understands it. */
function read(spec: ResourceSpec, id: string, { number, body, schemaVersion, shape }: RevisionRecord, as = shape): ReadRevision {
  try {
    return { columns: columnsOf(spec, readData(spec, { id, number, body, schemaVersion, shape: as })), misfit: undefined };
  } catch (thrown) {
    const misfit = toSpecStarError(thrown);
    if (misfit.code !== "DATA_CORRUPTION") throw misfit;
    return { columns: {}, misfit };
  }
}

/** That it has today's shape is only a claim: so it is read as if it had not. */
function readAnew(spec: ResourceSpec, id: string, row: RevisionRecord, data: unknown): ReadRevision {
  const anew = read(spec, id, row, "");
  if (row.shape !== spec.shape) return anew;
  if (anew.misfit) throw unfit(spec, id, anew.misfit.message, anew.misfit);
  if (!isKnown(spec, data)) throw unfit(spec, id, "its data has fields that the spec has not");
  if (typeof spec.key === "string" && id !== keyedId(spec, valueAt(data, spec.key)))
    throw unfit(spec, id, `it is not made of its field ${spec.key}`);
  return anew;
}

function isKnown(spec: ResourceSpec, data: unknown): boolean {
  let known = true;
  walkData(spec.fields, data, {
    unknown: () => {
      known = false;
    },
  });
  return known;
}

const valueAt = (data: unknown, field: string): unknown =>
  typeof data === "object" && data !== null ? Object.entries(data).find(([key]) => key === field)?.[1] : undefined;
