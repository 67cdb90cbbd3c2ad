import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { z } from "zod";
import { fail } from "../../src/errors.ts";
import { type ColumnValue, columnValue } from "../../src/spec/column.ts";
import { ref } from "../../src/spec/field.ts";
import { parseOrder } from "../../src/spec/query.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import {
  type Change,
  type MetaRow,
  type Position,
  positionOf,
  type Revision,
  type RevisionStatus,
  type StoragePage,
  type Stored,
  type UnitOfWork,
} from "../../src/storage/rows.ts";

export const Author = defineResource("author", { schema: z.object({ name: z.string().nullish() }), index: ["name"] });

export const Article = defineResource("article", {
  schema: z.object({
    title: z.string().nullish(),
    slug: z.string().nullish(),
    text: z.string().nullish(),
    views: z.int().nullish(),
    score: z.number().nullish(),
    live: z.boolean().nullish(),
    tags: z.array(z.string()).nullish(),
    author: ref(Author).nullish(),
    editors: z.array(ref(Author, { inverse: "edited" })).nullish(),
  }),
  index: ["title", "views", "score", "live", "tags", "editors", ["title", "views"]],
  unique: ["slug"],
  history: true,
});

export const specs: readonly ResourceSpec[] = [Author, Article];

/** A resource right after one change: what a storage has to answer from now on, and the change that leads there. */
export interface Version extends Stored {
  readonly spec: ResourceSpec;
  readonly change: Change;
}

/** Instants of changes: 10 ms apart, so that there is room to read in between, and young enough to stay in the feed. */
let clock = Date.now();
const tick = (): number => {
  clock += 10;
  return clock;
};

let ids = 0;
export function newId(spec: ResourceSpec): string {
  ids += 1;
  return `${spec.names.prefix}_${String(ids).padStart(26, "0")}`;
}

export interface Options {
  readonly id?: string;
  readonly by?: string;
  readonly at?: number;
  readonly status?: RevisionStatus;
}

type Data = Readonly<Record<string, unknown>>;

export const hashOf = (bytes: string | Uint8Array): string => `sha256:${createHash("sha256").update(bytes).digest("hex")}`;

/** Of the stored form, where −0 is 0. */
export function columnsOf(spec: ResourceSpec, body: string): Record<string, ColumnValue> {
  const data: unknown = JSON.parse(body);
  return Object.fromEntries(spec.columns.map((column) => [column.name, columnValue(column, data)]));
}

function revisionOf(
  spec: ResourceSpec,
  id: string,
  number: number,
  parent: number | null,
  data: Data,
  at: number,
  { by = "anonymous", status = "stable" }: Options,
): Revision {
  const body = canonicalize(data);
  if (body === undefined) throw fail("INTERNAL", "The fixture has data that is not JSON");
  const stamp = { createdAt: at, createdBy: by, updatedAt: at, updatedBy: by };
  return {
    id,
    number,
    parent,
    status,
    hash: hashOf(body),
    size: Buffer.byteLength(body),
    schemaVersion: spec.schemaVersion,
    shape: spec.shape,
    body,
    ...stamp,
  };
}

export function create(spec: ResourceSpec, data: Data, options: Options = {}): Version {
  const { id = newId(spec), by = "anonymous", at = tick() } = options;
  const revision = revisionOf(spec, id, 1, null, data, at, options);
  const stamp = { createdAt: at, createdBy: by, updatedAt: at, updatedBy: by, deletedAt: null };
  const meta: MetaRow = {
    id,
    version: 1,
    current: 1,
    revisionCount: 1,
    status: revision.status,
    schemaVersion: spec.schemaVersion,
    state: "live",
    columns: columnsOf(spec, revision.body),
    ...stamp,
  };
  return { spec, meta, revision, change: { kind: "created", type: spec.name, expected: 0, meta, revision, previous: null, at, by } };
}

function next(
  from: Version,
  kind: Change["kind"],
  revision: Revision,
  changed: Partial<MetaRow>,
  { by = "anonymous", at = tick() }: Options,
  carries: boolean,
): Version {
  const meta: MetaRow = {
    ...from.meta,
    version: from.meta.version + 1,
    current: revision.number,
    status: revision.status,
    updatedAt: at,
    updatedBy: by,
    ...changed,
  };
  const previous = kind === "modified" ? null : from.meta.current;
  const change: Change = {
    kind,
    type: from.spec.name,
    expected: from.meta.version,
    meta,
    ...(carries ? { revision } : {}),
    previous,
    at,
    by,
  };
  return { spec: from.spec, meta, revision, change };
}

export function update(from: Version, data: Data, options: Options = {}): Version {
  const { spec, meta } = from;
  const at = options.at ?? tick();
  const revision = revisionOf(spec, meta.id, meta.revisionCount + 1, meta.current, data, at, options);
  return next(
    from,
    "updated",
    revision,
    { revisionCount: revision.number, columns: columnsOf(spec, revision.body) },
    { ...options, at },
    true,
  );
}

/** Replaces the current revision in place. */
export function modify(from: Version, data: Data, options: Options = {}): Version {
  const at = options.at ?? tick();
  const { number, parent, createdAt, createdBy } = from.revision;
  const revision = {
    ...revisionOf(from.spec, from.meta.id, number, parent, data, at, { status: "draft", ...options }),
    createdAt,
    createdBy,
  };
  return next(from, "modified", revision, { columns: columnsOf(from.spec, revision.body) }, { ...options, at }, true);
}

/** Moves the pointer to the revision that was current after `to`. */
export function switchTo(from: Version, to: Version, options: Options = {}): Version {
  return next(from, "switched", to.revision, { columns: to.meta.columns }, options, false);
}

export function remove(from: Version, options: Options = {}): Version {
  const at = options.at ?? tick();
  return next(from, "deleted", from.revision, { state: "deleted", deletedAt: at }, { ...options, at }, false);
}

export function restore(from: Version, options: Options = {}): Version {
  return next(from, "restored", from.revision, { state: "live", deletedAt: null }, options, false);
}

export function purge(from: Version, options: Options = {}): Version {
  return next(from, "purged", from.revision, { state: "purged", columns: {} }, options, false);
}

/** One unit of work of the changes that lead to these versions. */
export const unit = (...versions: readonly Version[]): UnitOfWork => ({ changes: versions.map(({ change }) => change) });

/** What a storage answers for a version while it is the current one. */
export const storedOf = ({ meta, revision }: Version): Stored => ({ meta, revision });

/** The same as a row of a page of this order, with where it stands. */
export const pagedOf =
  (...orderBy: readonly string[]) =>
  ({ spec, meta, revision }: Version): PagedRow => ({
    meta: { ...meta, columns: {} },
    revision,
    position: positionOf(meta, parseOrder(spec, orderBy)),
  });

export type PagedRow = Stored & { readonly position: Position };

/** A page with the position of each row beside it. */
export const paged = ({ rows, positions, ...around }: StoragePage) => ({
  rows: rows.map((row, i) => ({ ...row, position: positions[i] })),
  ...around,
});

export async function* streamOf(...chunks: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}
