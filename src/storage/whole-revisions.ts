import { corrupt, decode, hashOf, MissingBytes } from "./revision-bytes.ts";
import type { RevisionStore } from "./revision-store.ts";
import type { PlacedRevision, Revision } from "./rows.ts";

/**
 * Between the rows and their bytes a purge or a modification may take the bytes away. Then the rows are read again: they no
 * longer point there. Bytes that are missing for the same row twice are lost.
 */
export async function rereading<T>(read: () => Promise<T>): Promise<T> {
  let missing: string | undefined;
  for (;;) {
    try {
      return await read();
    } catch (reason) {
      if (!(reason instanceof MissingBytes) || reason.key === missing) throw reason instanceof MissingBytes ? corrupt(reason.row) : reason;
      missing = reason.key;
    }
  }
}

/** What puts bodies into these rows: inline ones as they are, the others fetched by one batched call. */
export async function wholeRevisions(store: RevisionStore, rows: readonly PlacedRevision[]): Promise<(row: PlacedRevision) => Revision> {
  const keys = rows.flatMap(({ key }) => (key === null ? [] : [key]));
  const stored = keys.length > 0 ? await store.get(keys) : [];
  const byKey = new Map(keys.map((key, i) => [key, stored[i]]));
  return (row) => {
    const body = row.inline ?? decode(byKey.get(row.key ?? ""));
    if (body === undefined) throw new MissingBytes(row.key ?? "", row);
    if (hashOf(body) !== row.hash) throw corrupt(row);
    // Spelled out: a page reads as many rows as it shows, and a spread costs ten times as much.
    const { id, number, parent, status, hash, size, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy } = row;
    return { id, number, parent, status, hash, size, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy, body };
  };
}
