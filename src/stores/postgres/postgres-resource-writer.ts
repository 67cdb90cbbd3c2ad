import { type Column, systemColumns } from "../../spec/column.ts";
import { instantKeyOfMs } from "../../spec/instant.ts";
import { pastStates } from "../../storage/archives.ts";
import type { Change, ChangeKind, Guard, MetaRow, PlacedRevision } from "../../storage/rows.ts";
import { metaValue } from "../../storage/rows.ts";
import type { KnownHistory } from "../sql/known-history.ts";
import type { SqlType, TableColumn } from "../sql/layout.ts";
import { followSql, pastName } from "../sql/past-table.ts";
import { type ResourceRows, stateNumber, systemWidth } from "../sql/resource-rows.ts";
import { type Bind, quoted, raw } from "../sql/sql-text.ts";
import type { Parameter, Statement } from "./postgres-connection.ts";
import { isLongText, postgresLayout, startSql } from "./postgres-layout.ts";

const arrayTypes: Record<SqlType, string> = {
  text: "text[]",
  integer: "bigint[]",
  real: "double precision[]",
  blob: "bytea[]",
  json: "jsonb[]",
  boolean: "boolean[]",
};

/** A row to lock until the transaction ends, and what it has to be. */
export interface Held {
  readonly id: string;
  /** For a change; else only nobody else may change it. */
  readonly exclusive: boolean;
  readonly version: number | null;
  readonly live: boolean | null;
}

/** Rows as lists of the values of each column: what `unnest` takes. */
export function columnwise(width: number, rows: readonly (readonly Bind[])[]): Bind[][] {
  const columns: Bind[][] = Array.from({ length: width }, () => []);
  for (const row of rows) for (let i = 0; i < width; i++) columns[i]?.push(row[i] ?? null);
  return columns;
}

/** Divides by zero, and so ends the transaction, where something is not as it has to be. */
export const insist = (truth: string): string => `1 / (${truth})::int`;

/** Statements that change one resource's table, each for any number of rows. */
export class PostgresResourceWriter {
  readonly rows: ResourceRows;
  /** Where there is a table of the past, and whether it is added to. */
  readonly #history: KnownHistory | undefined;
  readonly #table: string;
  readonly #derived: readonly { readonly source: Column; readonly of: (value: ReturnType<typeof metaValue>) => string | null }[];
  readonly #width: number;
  readonly #insert: string;
  readonly #update: string;
  readonly #replace: string;
  readonly #importPast: string;
  readonly #look: string;
  readonly #insist: string;
  readonly #arrays: ReadonlyMap<string, string>;

  constructor(rows: ResourceRows, history: KnownHistory | undefined) {
    this.rows = rows;
    this.#history = history;
    this.#table = quoted(rows.table);
    const sources: readonly Column[] = [...systemColumns, ...rows.spec.stored];
    this.#derived = sources.flatMap((source) => postgresLayout.derived(source).map(({ of }) => ({ source, of })));
    const { columns } = postgresLayout.resource(rows.spec);
    this.#width = columns.length;
    this.#arrays = new Map(columns.map(({ name, type }) => [name, arrayTypes[type]]));
    const names = columns.map(({ name }) => quoted(name));
    const lists = columns.map(({ type }: TableColumn, i) => `$${i + 1}::${arrayTypes[type]}`);
    this.#insert = `insert into ${this.#table} (${names.join(", ")}) select * from unnest(${lists.join(", ")})`;
    // A deletion leaves the data's columns as they are: while they are being filled, its own may be older.
    const kept = (each: string) => `case when i._state = ${stateNumber.deleted} then t.${each} else i.${each} end`;
    const set = names.map((each, i) => `${each} = ${i < systemWidth ? `i.${each}` : kept(each)}`).slice(1);
    // All parts of a statement see the rows as they were before it.
    const before = names.map((each) => `t.${each}`).join(", ");
    const keep = `insert into ${quoted(pastName(rows.spec))} (${names.join(", ")}, _to)
      select ${before}, i._updated_at from i join ${this.#table} t on t._id = i._id where i._state < ${stateNumber.purged}`;
    const past = history?.on ? `, past as (${keep})` : "";
    const given = `select * from unnest(${[...lists, `$${this.#width + 1}::bigint[]`].join(", ")}) i (${[...names, "expected"].join(", ")})`;
    const setting = (columns: readonly string[]) => `update ${this.#table} t set ${columns.join(", ")} from i
      where t._id = i._id and t._version = i.expected and t._state < ${stateNumber.purged} returning 1`;
    const comparing = (first: string, columns: readonly string[]) =>
      `with i as (${given})${first}, replaced as (${setting(columns)}) select ${insist(`count(*) = cardinality($1)`)} from replaced`;
    this.#update = comparing(past, set);
    this.#replace = comparing("", names.map((each) => `${each} = i.${each}`).slice(1));
    this.#importPast = `insert into ${quoted(pastName(rows.spec))} (${[...names, "_to"].join(", ")})
      select * from unnest(${[...lists, `$${this.#width + 1}::text[]`].join(", ")})`;
    const found = `left join lateral (select * from ${this.#table} t where t._id = k.id and k.exclusive for update) u on true
      left join lateral (select * from ${this.#table} t where t._id = k.id and not k.exclusive for share) s on true`;
    const version = "coalesce(u._version, s._version)";
    const state = "coalesce(u._state, s._state)";
    this.#look = `select k.id, ${[version, state, ...rows.spec.uniques.map(({ name }) => `u.${quoted(name)}`)].join(", ")}
      from unnest($1::text[], $2::boolean[]) k (id, exclusive) ${found} where ${version} is not null`;
    const asExpected = `(k.version is null or (${version} = k.version and ${state} < 2)) and (k.live is null or (coalesce(${state}, 2) = 0) = k.live)`;
    this.#insist = `select ${insist(`count(*) filter (where ${asExpected}) = cardinality($1)`)}
      from unnest($1::text[], $2::boolean[], $3::bigint[], $4::boolean[]) k (id, exclusive, version, live) ${found}`;
  }

  #binds(meta: MetaRow): Bind[] {
    if (meta.state === "purged") return [...this.rows.binds(meta), ...this.#derived.map(() => null)];
    return [...this.rows.binds(meta), ...this.#derived.map(({ source, of }) => of(metaValue(meta, source)))];
  }

  insert(changes: readonly Change<PlacedRevision>[]): Statement {
    return { text: this.#insert, values: this.#lists(changes.map(({ meta }) => meta)) };
  }

  /** The compare-and-set: locks rows in the order of their ids in every process, and fails where one has not the version that it must have. */
  update(changes: readonly Change<PlacedRevision>[]): Statement {
    return this.#compared(this.#update, changes);
  }

  /** The same for imports: nothing of the row stays, and what it was is no past state. */
  replace(changes: readonly Change<PlacedRevision>[]): Statement {
    return this.#compared(this.#replace, changes);
  }

  #compared(text: string, changes: readonly Change<PlacedRevision>[]): Statement {
    const ordered = changes.toSorted((a, b) => (a.meta.id < b.meta.id ? -1 : 1));
    return { text, values: [...this.#lists(ordered.map(({ meta }) => meta)), ordered.map(({ expected }) => expected)] };
  }

  /** What is known of revisions that were modified in place, where the past is kept. */
  followModified(changes: readonly Change<PlacedRevision>[]): Statement | undefined {
    const ids = idsOf(changes, "modified");
    if (!this.#history?.on || ids.length === 0) return undefined;
    return { text: followSql(postgresLayout, this.rows.spec, raw("t._id = any($1::text[])")).text, values: [ids] };
  }

  purgePast(changes: readonly Change<PlacedRevision>[]): Statement | undefined {
    const ids = changes.filter(({ kind, imported }) => kind === "purged" || imported).map(({ meta }) => meta.id);
    if (!this.#history || ids.length === 0) return undefined;
    return { text: `delete from ${quoted(pastName(this.rows.spec))} where _id = any($1::text[])`, values: [ids] };
  }

  /** The past of imports, where it is kept. */
  importPast(changes: readonly Change<PlacedRevision>[]): Statement | undefined {
    const states = this.#history?.on ? changes.flatMap(pastStates) : [];
    if (states.length === 0) return undefined;
    return {
      text: this.#importPast,
      values: [...this.#lists(states.map(({ meta }) => meta)), states.map(({ to }) => instantKeyOfMs(to))],
    };
  }

  #lists(metas: readonly MetaRow[]): Bind[][] {
    return columnwise(
      this.#width,
      metas.map((meta) => this.#binds(meta)),
    );
  }

  /** Locks rows, in the order of their ids in every process, and fails where one of them is not as it has to be. */
  insist(held: readonly Held[]): Statement {
    return { text: this.#insist, values: listsOf(inOrder(held)) };
  }

  /** Locks rows in the same order, and answers those that there are: id, version, state, and the values of `uniques`. */
  look(held: readonly Held[]): Statement {
    return { text: this.#look, values: listsOf(inOrder(held)).slice(0, 2) };
  }

  get uniques(): readonly Column[] {
    return this.rows.spec.uniques;
  }

  /** Value and id of the live resources that hold one of these values. */
  holders(column: Column, values: readonly Bind[]): Statement {
    const name = quoted(column.name);
    const text = `select ${name}, _id from ${this.#table} where ${name} = any($1::${this.#arrays.get(column.name) ?? "text[]"}) and _state = 0`;
    if (!isLongText(column)) return { text, values: [values] };
    return { text: `${text} and ${startSql(name)} = any(select ${startSql("v")} from unnest($1::text[]) v)`, values: [values] };
  }

  /** Ids of live resources that refer to these, each with the id that it refers to; of each at most `limit`. */
  referrers(column: string, ids: readonly string[], limit: number): Statement {
    const name = quoted(column);
    const list = this.#arrays.get(column) === "jsonb[]";
    return {
      text: `select k.id, r._id from unnest($1::text[]) k (id)
        cross join lateral (select _id from ${this.#table} t where t.${name} ${list ? "@> jsonb_build_array(k.id)" : "= k.id"} and t._state = 0 limit $2) r`,
      values: [ids, limit],
    };
  }

  /** Nobody else writes to this table until the transaction ends: where the absence of a row is built upon. */
  lock(): Statement {
    return { text: `lock table ${this.#table} in share row exclusive mode`, values: [] };
  }
}

/** What a change needs of the row that it replaces; what is created must not be there, which its key sees to. */
export const heldByChange = ({ meta, expected }: Change<PlacedRevision>): Held => ({
  id: meta.id,
  exclusive: true,
  version: expected,
  live: null,
});

export function heldByGuard(guard: Exclude<Guard, { kind: "noReferrers" }>): Held {
  const version = guard.kind === "version" ? guard.version : null;
  return { id: guard.id, exclusive: false, version, live: guard.kind === "version" ? null : guard.kind === "exists" };
}

const idsOf = (changes: readonly Change<PlacedRevision>[], of: ChangeKind): readonly string[] =>
  changes.filter(({ kind }) => kind === of).map(({ meta }) => meta.id);

const inOrder = (held: readonly Held[]): readonly Held[] =>
  held.toSorted((a, b) => (a.id === b.id ? Number(b.exclusive) - Number(a.exclusive) : a.id < b.id ? -1 : 1));

const listsOf = (held: readonly Held[]): Parameter[] => [
  held.map(({ id }) => id),
  held.map(({ exclusive }) => exclusive),
  held.map(({ version }) => version),
  held.map(({ live }) => live),
];
