import { fieldPaths } from "../../spec/dropped.ts";
import type { ResourceSpec } from "../../spec/resource.ts";
import { type KnownHistory, knownHistoryOf } from "./known-history.ts";
import { columnMeanings } from "./layout.ts";
import type { ResourceRows, Row } from "./resource-rows.ts";
import { raw, type Sql, sql } from "./sql-text.ts";

/** A resource's table as it was last opened. Stores that were written before they kept fields have none. */
export interface KnownSpec {
  readonly hash: string;
  /** The meaning of each column that is kept up to date, or will be when it is filled. */
  readonly columns: Readonly<Record<string, string>>;
  readonly version?: number;
  /** Paths of all fields of the schema. */
  readonly fields?: readonly string[];
  readonly fill?: Fill;
  readonly history?: KnownHistory;
}

/** By the names of tables. */
export type KnownSpecs = ReadonlyMap<string, KnownSpec>;

/** What is still to be done in a table: resources are read in the order of their ids, as often as it takes. */
export interface Fill {
  /** Names of the columns that are not ready. */
  readonly columns: readonly string[];
  /** `index`: the indexes of the table are made online. `stopped`: what is left waits for the next start. */
  readonly phase: "fill" | "index" | "stopped";
  /** Id of the last resource that is done. */
  readonly after: string;
  readonly done: number;
  readonly total: number;
  readonly unfit: number;
  readonly unfitId?: string;
  /** Of this pass. */
  readonly conflicts: readonly Conflicts[];
  /** How many there were in the pass before. */
  readonly conflictsBefore?: number;
}

/** Resources whose unique value another one holds. */
export interface Conflicts {
  readonly column: string;
  readonly count: number;
  /** The first of them. */
  readonly first: readonly { readonly id: string; readonly holder: string }[];
}

/** Stores of format 1 had three columns, those of format 2 kept no history. */
export function knownSpecsSql(format: number): Sql {
  if (format < 2) return sql`select name, hash, columns from specstar_spec`;
  return sql`select name, hash, columns, version, fields, fill${raw(format < 3 ? "" : ", history")} from specstar_spec`;
}

export const knownSpecsOf = (rows: readonly Row[]): KnownSpecs =>
  new Map(
    rows.map(([name, hash, columns, version, fields, fill, past]) => {
      const history = knownHistoryOf(past);
      const known: KnownSpec = {
        hash: String(hash),
        columns: JSON.parse(String(columns)),
        ...(typeof version === "number" ? { version } : {}),
        ...(typeof fields === "string" ? { fields: JSON.parse(fields) } : {}),
        ...(typeof fill === "string" ? { fill: JSON.parse(fill) } : {}),
        ...(history ? { history } : {}),
      };
      return [String(name), known];
    }),
  );

export function keepSpecSql({ spec, table, hash }: ResourceRows, fill: Fill | undefined, history: KnownHistory | undefined): Sql {
  const columns = JSON.stringify(columnMeanings(spec));
  const fields = JSON.stringify(fieldPaths(spec.fields));
  return sql`insert into specstar_spec (name, hash, columns, version, fields, fill, history)
    values (${table}, ${hash}, ${columns}, ${spec.schemaVersion}, ${fields}, ${fill ? JSON.stringify(fill) : null}, ${history ? JSON.stringify(history) : null})
    on conflict (name) do update set hash = excluded.hash, columns = excluded.columns, version = excluded.version, fields = excluded.fields, fill = excluded.fill, history = excluded.history`;
}

/** The table is as this spec wants it, and the spec has the same fields as before. */
export const isKnown = ({ spec, hash }: ResourceRows, known: KnownSpec | undefined): boolean =>
  known?.hash === hash && sameFields(spec, known);

const sameFields = (spec: ResourceSpec, { fields }: KnownSpec): boolean =>
  JSON.stringify(fields) === JSON.stringify(fieldPaths(spec.fields));
