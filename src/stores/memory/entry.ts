import type { Pointer } from "../../storage/archives.ts";
import type { Change, MetaRow, PlacedRevision } from "../../storage/rows.ts";

/** All that is kept of one resource. */
export interface Entry {
  readonly meta: MetaRow;
  readonly revisions: readonly PlacedRevision[];
  readonly history: readonly Pointer[];
  /** What is indexed of each revision, in their order. */
  readonly columns: readonly MetaRow["columns"][];
}

/** The entry after a change. */
export function next(old: Entry | undefined, { kind, meta, revision, imported, at, by }: Change<PlacedRevision>): Entry {
  if (kind === "purged") return { meta, revisions: [], history: [], columns: [] };
  if (imported) {
    const { pointers: history, revisions } = imported;
    return { meta, history, revisions: revisions.map((each) => each.revision), columns: revisions.map(({ columns }) => columns) };
  }
  const before = old?.revisions ?? [];
  const revisions = !revision ? before : kind === "modified" ? before.with(revision.number - 1, revision) : [...before, revision];
  const pointer: Pointer = { version: meta.version, at, by, current: meta.current, state: meta.state };
  const known = old?.columns ?? [];
  const columns = !revision ? known : kind === "modified" ? known.with(revision.number - 1, meta.columns) : [...known, meta.columns];
  return { meta, revisions, history: [...(old?.history ?? []), pointer], columns };
}

/** Keys of bytes that nothing refers to once a change has taken the place of the entry. */
export function keysLeftBy(old: Entry | undefined, { kind, meta, imported }: Change<PlacedRevision>): readonly string[] {
  const all = old?.revisions ?? [];
  const gone = kind === "purged" || imported ? all : kind === "modified" ? all.filter(({ number }) => number === meta.current) : [];
  return gone.flatMap(({ key }) => (key === null ? [] : [key]));
}

/** The meta of an entry as it was at an instant; undefined before its creation. */
export function metaAsOf({ meta, revisions, history }: Entry, instant: number): MetaRow | undefined {
  const pointer = history.findLast((each) => each.at <= instant);
  const revision = pointer && revisions[pointer.current - 1];
  if (!pointer || !revision) return undefined;
  const { version, current, state } = pointer;
  const { status, schemaVersion } = revision;
  const revisionCount = revisions.filter((each) => each.createdAt <= instant).length;
  return {
    ...meta,
    version,
    current,
    state,
    status,
    schemaVersion,
    revisionCount,
    updatedAt: pointer.at,
    updatedBy: pointer.by,
    deletedAt: state === "deleted" ? pointer.at : null,
    columns: {},
  };
}

/** The entry as it was at an instant, with what was indexed then; undefined before its creation. */
export function entryAsOf(entry: Entry, instant: number): Entry | undefined {
  const meta = metaAsOf(entry, instant);
  return meta && { ...entry, meta: { ...meta, columns: entry.columns[meta.current - 1] ?? {} } };
}

/** What goes in can no longer be changed from outside. Bodies are strings, so freezing rows and columns is enough. */
export function frozen<T extends object>(value: T): T {
  for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null && !Object.isFrozen(inner)) frozen(inner);
  return Object.freeze(value);
}
