import { type Archived, type ArchiveQuery, countForPage } from "../../storage/archives.ts";
import type { PlacedRevision } from "../../storage/rows.ts";
import type { Entry } from "./entry.ts";

type Uses = (id: string) => ReadonlyMap<number, readonly string[]>;

/** Sorts on every call: this store is for tests and for what fits into memory. */
export function archivePage(
  entries: ReadonlyMap<string, Entry>,
  { after, limit, ids }: ArchiveQuery,
  uses: Uses,
): readonly Archived<PlacedRevision>[] {
  const known = ids ? ids.filter((id) => entries.has(id)) : [...entries.keys()];
  const sorted = [...new Set(known)].filter((id) => id > after).toSorted((a, b) => (a < b ? -1 : 1));
  const page = sorted.slice(0, limit).flatMap((id) => entries.get(id) ?? []);
  const count = countForPage(
    page.map(({ revisions }) => ({ bytes: revisions.reduce((sum, { size }) => sum + size, 0), revisions: revisions.length })),
  );
  return page.slice(0, count).map(({ meta, history, revisions }) => {
    const held = uses(meta.id);
    return {
      meta,
      pointers: history,
      revisions: revisions.map((revision) => ({ revision, blobs: (held.get(revision.number) ?? []).toSorted() })),
    };
  });
}
