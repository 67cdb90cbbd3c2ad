import { type Archived, type ArchivedRevision, type ArchiveQuery, countForPage, type Pointer } from "../../storage/archives.ts";
import type { PlacedRevision } from "../../storage/rows.ts";
import { type ResourceRows, type Row, resourceStates, revisionOf, selectedRevision, stateNumber } from "./resource-rows.ts";
import { name, operands, quoted, raw, type Sql, sql } from "./sql-text.ts";
import type { Steps } from "./states.ts";

type Placed = readonly ArchivedRevision<PlacedRevision>[];

/** Resources with all that is kept of them: first how large they are, and then the rows of as many as make a page. All of one state of the database. */
export function* archivePage(rows: ResourceRows, { after, limit, ids }: ArchiveQuery): Steps<readonly Archived<PlacedRevision>[]> {
  if (ids?.length === 0) return [];
  const columns = rows.columns.map((column) => `t.${quoted(column)}`).join(", ");
  const among = ids ? sql` and t._id in (${operands(ids)})` : raw("");
  const [found = []] = yield {
    queries: [sql`select ${raw(columns)} from ${name(rows.table)} t where t._id > ${after}${among} order by t._id limit ${limit}`],
  };
  if (found.length === 0) return [];
  const of = (chosen: readonly Row[]): Sql => operands(chosen.map(([id]) => String(id)));
  const [sizes = []] = yield {
    queries: [sql`select r.id, sum(r.size), count(*) from specstar_revision r where r.id in (${of(found)}) group by r.id`],
  };
  const sizeOf = new Map(sizes.map(([id, bytes, revisions]) => [id, { bytes: Number(bytes), revisions: Number(revisions) }]));
  const page = found.slice(0, countForPage(found.map(([id]) => sizeOf.get(id ?? "") ?? { bytes: 0, revisions: 0 })));
  const [revisions = [], pointers = [], uses = []] = yield {
    queries: [
      sql`select ${raw(selectedRevision)} from specstar_revision r where r.id in (${of(page)}) order by r.id, r.number`,
      sql`select h.id, h.version, h.at, h."by", h.current, h.state from specstar_history h where h.id in (${of(page)}) and h.version > 0 order by h.id, h.version`,
      sql`select u.id, u.number, u.blob from specstar_blob_use u where u.id in (${of(page)}) order by u.id, u.number, u.blob`,
    ],
  };
  const parts = { revisions: revisionsById(revisions, uses), pointers: Map.groupBy(pointers, ([id]) => String(id)) };
  return page.map((row) => archivedOf(rows, row, parts));
}

function revisionsById(revisions: readonly Row[], uses: readonly Row[]): ReadonlyMap<string, Placed> {
  const blobs = Map.groupBy(uses, ([id, number]) => `${id}:${number}`);
  const held = revisions.map((row) => {
    const revision = revisionOf(row);
    return { revision, blobs: (blobs.get(`${revision.id}:${revision.number}`) ?? []).map(([, , blob]) => String(blob)) };
  });
  return Map.groupBy(held, ({ revision }) => revision.id);
}

interface Parts {
  readonly revisions: ReadonlyMap<string, Placed>;
  readonly pointers: ReadonlyMap<string, readonly Row[]>;
}

function archivedOf(rows: ResourceRows, row: Row, { revisions, pointers }: Parts): Archived<PlacedRevision> {
  const id = String(row[0]);
  const state = row[11];
  // A purge leaves nothing else in the row.
  if (Number(state) === stateNumber.purged) return { meta: rows.purgedMeta(row), pointers: [], revisions: [] };
  return { meta: rows.metaOf(row), pointers: (pointers.get(id) ?? []).map(pointerOf), revisions: revisions.get(id) ?? [] };
}

const pointerOf = ([, version, at, by, current, state]: Row): Pointer => ({
  version: Number(version),
  at: Number(at),
  by: String(by),
  current: Number(current),
  state: resourceStates[Number(state)] ?? "live",
});
