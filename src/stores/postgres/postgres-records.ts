import { blobUses, revisionsIn } from "../../storage/archives.ts";
import type { Change, PlacedRevision, Reply } from "../../storage/rows.ts";
import { revisionBinds, revisionColumns, stateNumber } from "../sql/resource-rows.ts";
import type { Bind } from "../sql/sql-text.ts";
import { keepTokenSql } from "./commit-tokens.ts";
import type { Statement } from "./postgres-connection.ts";
import { columnwise, insist } from "./postgres-resource-writer.ts";

// What a batch writes into the tables that all resources share: one statement for each, however many changes there are.

type Placed = Change<PlacedRevision>;

const integers: ReadonlySet<string> = new Set(["number", "parent", "size", "schema_version", "created_at", "updated_at"]);
const revisionTypes = revisionColumns.map((column) => (integers.has(column) ? "bigint[]" : "text[]"));
const names = revisionColumns.join(", ");

const lists = (types: readonly string[], from: number): string => types.map((type, i) => `$${from + i}::${type}`).join(", ");

const logTypes = ["text[]", "text[]", "text[]", "bigint[]", "bigint[]", "bigint[]", "bigint[]", "text[]"];
const logNames = 'type, id, kind, revision, previous, version, at, "by"';
const pointerTypes = ["text[]", "bigint[]", "bigint[]", "text[]", "bigint[]", "bigint[]"];
const [pointersFrom, revisionsFrom] = [4 + logTypes.length, 4 + logTypes.length + pointerTypes.length];

const record = `with
  token as (${keepTokenSql("$1")}),
  input as (select * from unnest(${lists(logTypes, 4)}) with ordinality i (${logNames}, n)),
  history as (insert into specstar_history (id, version, at, "by", current, state) select * from unnest(${lists(pointerTypes, pointersFrom)})),
  waiting as (insert into specstar_waiting (type, id, kind, revision, previous, version, at, "by")
    select type, id, kind, revision, previous, version, at, "by" from input order by n),
  revisions as (insert into specstar_revision (${names}) select * from unnest(${lists(revisionTypes, revisionsFrom)}))
  select ${insist("count(*) = cardinality($2)")} from specstar_spec s join unnest($2::text[], $3::text[]) k (name, hash) on s.name = k.name and s.hash = k.hash`;

const newRevisions = (change: Placed): readonly PlacedRevision[] => (change.kind === "modified" ? [] : revisionsIn(change));

function pointersOf({ meta, imported, at, by }: Placed): Bind[][] {
  const { id, version, current, state } = meta;
  const pointers = imported?.pointers ?? [{ version, at, by, current, state }];
  return pointers.map((each) => [id, each.version, each.at, each.by, each.current, stateNumber[each.state]]);
}

/**
 * The batch's token, each change's pointer and feed row, and new revisions. Comes last: only a transaction that has written
 * to the tables knows that nobody changes their definition, and it fails where somebody did before.
 */
export function recordStatement(
  token: string,
  definitions: readonly { readonly table: string; readonly hash: string }[],
  changes: readonly Placed[],
): Statement {
  const log = changes.map(({ type, kind, meta, previous, at, by }): Bind[] => [
    type,
    meta.id,
    kind,
    meta.current,
    previous,
    meta.version,
    at,
    by,
  ]);
  const revisions = changes.flatMap(newRevisions).map(revisionBinds);
  return {
    text: record,
    values: [
      token,
      definitions.map(({ table }) => table),
      definitions.map(({ hash }) => hash),
      ...columnwise(logTypes.length, log),
      ...columnwise(pointerTypes.length, changes.flatMap(pointersOf)),
      ...columnwise(revisionTypes.length, revisions),
    ],
  };
}

const replace = `with
  input as (select * from unnest(${lists(revisionTypes, 1)}) i (${names})),
  old as (select r.id, r.key from specstar_revision r join input i on r.id = i.id and r.number = i.number where r.key is not null and r.key is distinct from i.key),
  unused as (delete from specstar_blob_use u using input i where u.id = i.id and u.number = i.number),
  replaced as (update specstar_revision r set ${revisionColumns
    .slice(2)
    .map((each) => `${each} = i.${each}`)
    .join(", ")} from input i where r.id = i.id and r.number = i.number)
  select id, key from old`;

/** Drafts that are modified in place: answers their ids, each with the key of the bytes that it had. */
export function replaceStatement(changes: readonly Placed[]): Statement | undefined {
  const modified = changes.flatMap(({ kind, revision }) => (kind === "modified" && revision ? [revisionBinds(revision)] : []));
  return modified.length === 0 ? undefined : { text: replace, values: columnwise(revisionTypes.length, modified) };
}

const use = `insert into specstar_blob_use (blob, id, number) select * from unnest($1::text[], $2::text[], $3::bigint[]) on conflict do nothing`;

export function useBlobsStatement(changes: readonly Placed[]): Statement | undefined {
  const used = changes.flatMap((change) =>
    blobUses(change).flatMap(({ number, blobs }) => [...new Set(blobs)].map((blob): Bind[] => [blob, change.meta.id, number])),
  );
  return used.length === 0 ? undefined : { text: use, values: columnwise(3, used) };
}

const purge = `with
  revisions as (delete from specstar_revision where id = any($1::text[]) returning id, key),
  replies as (delete from specstar_reply where id = any($1::text[])),
  history as (update specstar_history set at = 0, "by" = '', current = 0 where id = any($1::text[])),
  used as (delete from specstar_blob_use where id = any($1::text[]) returning id, blob)
  select id, key, null from revisions where key is not null union all select distinct id, null, blob from used`;

/** Answers ids, each with a key of bytes that it had, or with a blob. */
export function purgeStatement(changes: readonly Placed[]): Statement | undefined {
  const ids = changes.filter(({ kind }) => kind === "purged").map(({ meta }) => meta.id);
  return ids.length === 0 ? undefined : { text: purge, values: [ids] };
}

const empty = purge.replace(/update specstar_history set .* where/, "delete from specstar_history where");

/** Before the rows of an import take the place of what was kept; answers the same. */
export function emptyStatement(changes: readonly Placed[]): Statement | undefined {
  const ids = changes.filter(({ imported, expected }) => imported && expected > 0).map(({ meta }) => meta.id);
  return ids.length === 0 ? undefined : { text: empty, values: [ids] };
}

const keep = `with kept as (
    insert into specstar_reply (key, payload, id, result, expires_at) select * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[])
    on conflict (key) do update set payload = excluded.payload, id = excluded.id, result = excluded.result, expires_at = excluded.expires_at
    where specstar_reply.expires_at <= $1 returning 1)
  select ${insist("count(*) = cardinality($2)")} from kept`;

/** Fails where one of the keys is in use. */
export function keepRepliesStatement(now: number, replies: readonly Reply[]): Statement | undefined {
  const rows = replies.map(({ key, payload, id, result, expiresAt }): Bind[] => [key, payload, id, result, expiresAt]);
  return rows.length === 0 ? undefined : { text: keep, values: [now, ...columnwise(5, rows)] };
}

/** Holds the blobs' rows, so that they are there when the transaction ends; answers those that there are. */
export const lookAtBlobs = (ids: readonly string[]): Statement => ({
  text: "select id from specstar_blob where id = any($1::text[]) order by id for share",
  values: [ids],
});

export const insistOnBlobs = (ids: readonly string[]): Statement => ({
  text: `select ${insist("count(*) = cardinality($1)")} from (${lookAtBlobs(ids).text}) b`,
  values: [ids],
});

export const lookAtReplies = (now: number, keys: readonly string[]): Statement => ({
  text: "select key, payload, id, result, expires_at from specstar_reply where key = any($1::text[]) and expires_at > $2",
  values: [keys, now],
});
