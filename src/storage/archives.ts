import type { Change, MetaRow, ResourceState, Revision, RevisionRow } from "./rows.ts";

/** Where the pointer of a resource stood from a version on, until the next one. */
export interface Pointer {
  readonly version: number;
  readonly at: number;
  readonly by: string;
  /** Number of the revision that was current. */
  readonly current: number;
  readonly state: ResourceState;
}

export interface ArchivedRevision<R extends RevisionRow = Revision> {
  readonly revision: R;
  /** Ids of the blobs that it holds, in order. */
  readonly blobs: readonly string[];
}

/** All that is kept of one resource, as it was at one instant. Of a purged one that is its id: no pointers, no revisions. */
export interface Archived<R extends RevisionRow = Revision> {
  readonly meta: MetaRow;
  /** From the first version on; the last one is what `meta` says. */
  readonly pointers: readonly Pointer[];
  /** By number, from 1. */
  readonly revisions: readonly ArchivedRevision<R>[];
}

/** All that a resource is from a change on, in place of whatever was kept of it. */
export interface Imported<R extends RevisionRow = Revision> {
  readonly pointers: readonly Pointer[];
  /** Each with what is indexed of it. */
  readonly revisions: readonly (ArchivedRevision<R> & { readonly columns: MetaRow["columns"] })[];
}

export interface ArchiveQuery {
  /** Only ids strictly behind this one, by code point; empty for the first page. */
  readonly after: string;
  /** At most so many resources; fewer where they are large, but at least one where there is one. */
  readonly limit: number;
  /** Only these. */
  readonly ids?: readonly string[];
}

/** Resources as a whole, for whoever copies them to another storage. */
export interface Archives<R extends RevisionRow = Revision> {
  /** A page by id, purged ones too. The last page is the one that is empty. */
  page(type: string, query: ArchiveQuery): Promise<readonly Archived<R>[]>;
}

/** So much of bodies and so many revisions make a page full. */
export const fullPage = { bytes: 4 * 1024 * 1024, revisions: 2_000 };

/** How many of these resources, in order, are a page. */
export function countForPage(sizes: readonly { readonly bytes: number; readonly revisions: number }[]): number {
  let [bytes, revisions] = [0, 0];
  const over = sizes.findIndex((size) => {
    bytes += size.bytes;
    revisions += size.revisions;
    return bytes > fullPage.bytes || revisions > fullPage.revisions;
  });
  return over < 0 ? sizes.length : Math.max(1, over);
}

/** A state that a resource was in, and the instant from which it was no longer. */
export interface PastState {
  readonly meta: MetaRow;
  readonly to: number;
}

/** The states that an imported resource went through before the one that it is in. */
export function pastStates({ meta, imported }: Change<RevisionRow>): readonly PastState[] {
  const { pointers = [], revisions = [] } = imported ?? {};
  const created = revisions.map(({ revision }) => revision.createdAt).toSorted((a, b) => a - b);
  let revisionCount = 0;
  return pointers.slice(0, -1).flatMap((pointer, i) => {
    const held = revisions[pointer.current - 1];
    const to = pointers[i + 1]?.at;
    if (!held || to === undefined) return [];
    const { version, at, by, current, state } = pointer;
    const { status, schemaVersion } = held.revision;
    while ((created[revisionCount] ?? Number.POSITIVE_INFINITY) <= at) revisionCount += 1;
    const deletedAt = state === "deleted" ? at : null;
    const then = { version, current, state, status, schemaVersion, revisionCount, deletedAt, updatedAt: at, updatedBy: by };
    return [{ meta: { ...meta, ...then, columns: held.columns }, to }];
  });
}

/** Every revision that a change carries. */
export const revisionsIn = <R extends RevisionRow>({ revision, imported }: Change<R>): readonly R[] => [
  ...(revision ? [revision] : []),
  ...(imported?.revisions.map((each) => each.revision) ?? []),
];

/** Every revision of a change that holds blobs, with their ids. */
export function blobUses({ revision, blobs, imported }: Change<RevisionRow>): readonly { number: number; blobs: readonly string[] }[] {
  if (imported) return imported.revisions.map((each) => ({ number: each.revision.number, blobs: each.blobs }));
  return revision && blobs ? [{ number: revision.number, blobs }] : [];
}
