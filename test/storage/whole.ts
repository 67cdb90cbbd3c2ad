import type { Archived, Imported } from "../../src/storage/archives.ts";
import type { Change } from "../../src/storage/rows.ts";
import { columnsOf, type Version } from "./fixtures.ts";

/** All that is kept of a resource after these changes of it, the first of which created it. */
export function wholeOf(...versions: readonly [Version, ...Version[]]): Archived {
  const { meta } = versions.at(-1) ?? versions[0];
  const pointers = versions.map(({ change, meta: { version, current, state } }) => ({
    version,
    at: change.at,
    by: change.by,
    current,
    state,
  }));
  const byNumber = new Map<number, Archived["revisions"][number]>();
  for (const { change } of versions)
    if (change.revision) byNumber.set(change.revision.number, { revision: change.revision, blobs: [...(change.blobs ?? [])].toSorted() });
  return { meta, pointers, revisions: [...byNumber.values()] };
}

/** What is left of a purged resource. */
export const goneOf = ({ meta: { id, version } }: Version) => ({ meta: { id, version, state: "purged" }, pointers: [], revisions: [] });

/** The import of a resource in place of what there is under `expected`. */
export function importOf(version: Version, whole: Archived, expected = 0, changed: Partial<Change> = {}): Version {
  const { spec } = version;
  const revisions = whole.revisions.map((each) => ({ ...each, columns: columnsOf(spec, each.revision.body) }));
  const imported: Imported = { pointers: whole.pointers, revisions };
  const change: Change = {
    kind: expected === 0 ? "created" : "updated",
    type: spec.name,
    expected,
    meta: whole.meta,
    blobs: [...new Set(whole.revisions.flatMap(({ blobs }) => blobs))],
    imported,
    previous: null,
    at: version.change.at + 5,
    by: "importer",
    ...changed,
  };
  return { ...version, meta: whole.meta, change };
}
