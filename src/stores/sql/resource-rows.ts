import { type Column, type ColumnValue, type Scalar, systemColumns } from "../../spec/column.ts";
import { instantKeyOfMs, msOfInstantKey } from "../../spec/instant.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import type { MetaStored } from "../../storage/meta-store.ts";
import type { BlobRow, ChangeKind, ChangeRow, MetaRow, PlacedRevision, Reply, ResourceState } from "../../storage/rows.ts";
import type { Layout } from "./layout.ts";
import { tableHash } from "./past-table.ts";
import { type Bind, quoted } from "./sql-text.ts";

/** A row as drivers give it: values in the order of the select list. */
export type Row = readonly Bind[];

export const resourceStates: readonly ResourceState[] = ["live", "deleted", "purged"];
export const stateNumber: Record<ResourceState, number> = { live: 0, deleted: 1, purged: 2 };

/** So many columns of a table are those of every resource; those of its data follow. */
export const systemWidth = systemColumns.length + 2;

export const revisionColumns = [
  "id",
  "number",
  "parent",
  "status",
  "hash",
  "size",
  "schema_version",
  "shape",
  "created_at",
  "created_by",
  "updated_at",
  "updated_by",
  "key",
  "inline",
] as const;
const selectOf = (columns: readonly string[]): string => columns.map((column) => `r.${quoted(column)}`).join(", ");
export const selectedRevision = selectOf(revisionColumns);

/** What the resource's own row says of its current revision is not read twice. */
const inResource: readonly string[] = ["id", "number", "status", "schema_version"];
const currentColumns = revisionColumns.filter((column) => !inResource.includes(column));
export const currentWidth = currentColumns.length;
const selectedCurrent = selectOf(currentColumns);

export function revisionBinds(revision: PlacedRevision): Bind[] {
  const { id, number, parent, status, hash, size, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy, key, inline } =
    revision;
  return [id, number, parent, status, hash, size, schemaVersion, shape, createdAt, createdBy, updatedAt, updatedBy, key, inline];
}

// The one place where rows of the database become typed ones: its column types come from the layouts.

/** A revision from the values that begin at `at`. */
export function revisionOf(row: Row, at = 0): PlacedRevision {
  return {
    id: row[at] as string,
    number: row[at + 1] as number,
    parent: row[at + 2] as number | null,
    status: row[at + 3] as PlacedRevision["status"],
    hash: row[at + 4] as string,
    size: row[at + 5] as number,
    schemaVersion: row[at + 6] as number,
    shape: row[at + 7] as string,
    createdAt: row[at + 8] as number,
    createdBy: row[at + 9] as string,
    updatedAt: row[at + 10] as number,
    updatedBy: row[at + 11] as string,
    key: row[at + 12] as string | null,
    inline: row[at + 13] as string | null,
  };
}

/** The current revision of a resource, from what `selectedCurrent` reads at `at`. */
function currentOf(row: Row, at: number, { id, current, status, schemaVersion }: MetaRow): PlacedRevision {
  return {
    id,
    number: current,
    parent: row[at] as number | null,
    status,
    hash: row[at + 1] as string,
    size: row[at + 2] as number,
    schemaVersion,
    shape: row[at + 3] as string,
    createdAt: row[at + 4] as number,
    createdBy: row[at + 5] as string,
    updatedAt: row[at + 6] as number,
    updatedBy: row[at + 7] as string,
    key: row[at + 8] as string | null,
    inline: row[at + 9] as string | null,
  };
}

export function changeOf(row: Row): ChangeRow {
  const [position, type, id, kind, revision, previous, version, at, by] = row as [
    number,
    string,
    string,
    ChangeKind,
    number,
    number | null,
    number,
    number,
    string,
  ];
  return { position, type, id, kind, revision, previous, version, at, by };
}

export function blobOf(row: Row): BlobRow {
  const [id, hash, size, contentType, createdAt, createdBy] = row as [string, string, number, string, number, string];
  return { id, hash, size, contentType, createdAt, createdBy };
}

export const replyOf = ([key, payload, id, result, expiresAt]: Row): Reply => ({
  key: String(key),
  payload: String(payload),
  id: String(id),
  result: String(result),
  expiresAt: Number(expiresAt),
});

/** How rows of one resource's table are read: with all columns of the data, or with some. */
export class SelectedRows {
  readonly spec: ResourceSpec;
  readonly table: string;
  /** Names of the columns, in the order of the select lists. */
  readonly columns: readonly string[];
  /** The same columns of `t`, then any revision's of `r`: what `storedOf` reads. */
  readonly selected: string;
  /** The same columns of `t`, then those of its current revision `r` that they do not hold: what `storedCurrent` reads. */
  readonly selectedCurrent: string;
  readonly #columns: readonly Column[];

  constructor(spec: ResourceSpec, columns: readonly Column[]) {
    this.spec = spec;
    this.table = spec.names.table;
    this.#columns = columns;
    this.columns = [...systemColumns.map(({ name }) => name), "_current", "_state", ...columns.map(({ name }) => name)];
    const selected = this.columns.map((column) => `t.${quoted(column)}`).join(", ");
    this.selected = `${selected}, ${selectedRevision}`;
    this.selectedCurrent = `${selected}, ${selectedCurrent}`;
  }

  #columnsOf(row: Row): MetaRow["columns"] {
    const columns: Record<string, ColumnValue> = {};
    for (let i = 0; i < this.#columns.length; i++) {
      const column = this.#columns[i] as Column;
      columns[column.name] = decode(column, row[systemWidth + i] as Bind);
    }
    return columns;
  }

  metaOf(row: Row, columns: MetaRow["columns"] = this.#columnsOf(row)): MetaRow {
    const deletedAt = row[6] as string | null;
    return {
      id: row[0] as string,
      version: row[1] as number,
      current: row[10] as number,
      revisionCount: row[7] as number,
      status: row[9] as MetaRow["status"],
      schemaVersion: row[8] as number,
      createdAt: msOfInstantKey(row[2] as string),
      createdBy: row[3] as string,
      updatedAt: msOfInstantKey(row[4] as string),
      updatedBy: row[5] as string,
      deletedAt: deletedAt === null ? null : msOfInstantKey(deletedAt),
      state: resourceStates[row[11] as number] as ResourceState,
      columns,
    };
  }

  /** Of a row that a purge has emptied. */
  purgedMeta([id, version]: Row): MetaRow {
    const nobody = { createdAt: 0, createdBy: "", updatedAt: 0, updatedBy: "", deletedAt: null };
    const nothing = { current: 0, revisionCount: 0, status: "stable", schemaVersion: 0, columns: {} } as const;
    return { id: String(id), version: Number(version), state: "purged", ...nobody, ...nothing };
  }

  storedOf(row: Row): MetaStored {
    return { meta: this.metaOf(row), revision: revisionOf(row, this.columns.length) };
  }

  storedCurrent(row: Row, columns?: MetaRow["columns"]): MetaStored {
    const meta = this.metaOf(row, columns);
    return { meta, revision: currentOf(row, this.columns.length, meta) };
  }

  /** As of an instant: behind the selected columns stand the pointer's version, time, actor and state, and the number of revisions then. */
  storedAsOf(row: Row): MetaStored {
    const { meta, revision } = this.storedOf(row);
    const [version, at, by, state, revisionCount] = row.slice(this.columns.length + revisionColumns.length) as [
      number,
      number,
      string,
      number,
      number,
    ];
    const { number: current, status, schemaVersion } = revision;
    const then: MetaRow = {
      ...meta,
      version,
      current,
      revisionCount,
      status,
      schemaVersion,
      updatedAt: at,
      updatedBy: by,
      deletedAt: state === stateNumber.deleted ? at : null,
      state: resourceStates[state] as ResourceState,
      columns: {},
    };
    return { meta: then, revision };
  }
}

/** How the rows of one resource's table are written, and read whole. */
export class ResourceRows extends SelectedRows {
  readonly hash: string;

  constructor(layout: Layout, spec: ResourceSpec) {
    super(spec, spec.stored);
    this.hash = tableHash(layout, spec);
  }

  binds(meta: MetaRow): Bind[] {
    if (meta.state === "purged") return this.#purgedBinds(meta);
    const { id, version, createdAt, createdBy, updatedAt, updatedBy, deletedAt, revisionCount, schemaVersion, status, current, state } =
      meta;
    const binds: Bind[] = [
      id,
      version,
      instantKeyOfMs(createdAt),
      createdBy,
      instantKeyOfMs(updatedAt),
      updatedBy,
      deletedAt === null ? null : instantKeyOfMs(deletedAt),
      revisionCount,
      schemaVersion,
      status,
      current,
      stateNumber[state],
    ];
    for (const { name } of this.spec.stored) binds.push(encode(meta.columns[name] ?? null));
    return binds;
  }

  /** Nothing but the id, the version and the state: what a purge leaves. */
  #purgedBinds({ id, version, current }: MetaRow): Bind[] {
    return [id, version, "", "", "", "", null, 0, 0, "", current, stateNumber.purged, ...this.spec.stored.map(() => null)];
  }
}

export function encode(value: ColumnValue): Bind {
  if (typeof value === "boolean") return value ? 1 : 0;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : value;
}

function decode(column: Column, value: Bind): ColumnValue {
  return column.array && value !== null ? (JSON.parse(value as string) as ColumnValue) : decodeScalar(column, value);
}

export function decodeScalar({ type }: Column, value: Bind): Scalar | null {
  if (value === null) return null;
  return type === "boolean" ? Boolean(value) : (value as string | number);
}
