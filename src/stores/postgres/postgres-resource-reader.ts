import type { AggregateQuery, AggregateRow } from "../../storage/aggregates.ts";
import type { Archived, ArchiveQuery } from "../../storage/archives.ts";
import type { Known } from "../../storage/known-states.ts";
import type { MetaState, MetaStored } from "../../storage/meta-store.ts";
import type { PastPage, PastQuery } from "../../storage/past.ts";
import type { ReferrerQuery } from "../../storage/referrers.ts";
import { refuseUnkept } from "../../storage/refuse-unkept.ts";
import type { PlacedRevision, ReadKey, RevisionPage, RevisionQuery, StoragePage, StorageQuery } from "../../storage/rows.ts";
import { aggregateGroups } from "../sql/aggregate-groups.ts";
import { archivePage } from "../sql/archive-page.ts";
import { keptOf, knownHistorySql } from "../sql/known-history.ts";
import { PagedOrders } from "../sql/paged-rows.ts";
import { pastSource } from "../sql/past-table.ts";
import { referrerPages } from "../sql/referrer-pages.ts";
import { type ResourceRows, type Row, revisionOf, selectedRevision } from "../sql/resource-rows.ts";
import { revisionWindow } from "../sql/revision-window.ts";
import { type Step, searchPage } from "../sql/search-page.ts";
import { quoted, type Sql } from "../sql/sql-text.ts";
import { type Steps, searchStates } from "../sql/states.ts";
import { Gathered } from "./gathered.ts";
import type { PostgresConnection, Statement } from "./postgres-connection.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { postgresLayout } from "./postgres-layout.ts";

type Shape = "current" | "number" | "asOf";
type All = (query: Sql) => Promise<readonly Row[]>;

const shapeOf = (key: ReadKey): Shape => (key.number !== undefined ? "number" : key.asOf !== undefined ? "asOf" : "current");

/** Reads one resource's rows. */
export class PostgresResourceReader {
  readonly rows: ResourceRows;
  readonly #paged: PagedOrders;
  readonly #connection: PostgresConnection;
  readonly #one: string;
  readonly #many: Readonly<Record<Shape, string>>;
  readonly #counts: string;
  readonly #gathered = new Gathered((ids: readonly string[]) => this.#current(ids));

  constructor(connection: PostgresConnection, rows: ResourceRows) {
    const table = quoted(rows.table);
    this.rows = rows;
    this.#paged = new PagedOrders(rows.spec);
    this.#connection = connection;
    const current = "join specstar_revision r on r.id = t._id and r.number = t._current";
    this.#one = `select ${rows.selectedCurrent} from ${table} t ${current} where t._id = $1`;
    // Each answer ends with the place of its key in the list, from 1.
    const keyed = (second: string) =>
      `from unnest($1::text[]${second}) with ordinality k (id${second && ", of"}, n) join ${table} t on t._id = k.id`;
    this.#many = {
      current: `select ${rows.selectedCurrent}, k.n ${keyed("")} ${current}`,
      number: `select ${rows.selected}, k.n ${keyed(", $2::bigint[]")} join specstar_revision r on r.id = t._id and r.number = k.of`,
      asOf: `select ${rows.selected}, h.version, h.at, h."by", h.state, (select count(*) from specstar_revision c where c.id = t._id and c.created_at <= k.of), k.n ${keyed(", $2::bigint[]")}
        cross join lateral (select * from specstar_history p where p.id = t._id and p.at <= k.of order by p.version desc limit 1) h
        join specstar_revision r on r.id = t._id and r.number = h.current where t._state < 2`,
    };
    this.#counts = `select k.n, t._revision_count from unnest($1::text[]) with ordinality k (id, n) join ${table} t on t._id = k.id where t._state < 2`;
  }

  async read(keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]> {
    const [only] = keys;
    if (keys.length === 1 && only && shapeOf(only) === "current") return [await this.#gathered.ask(only.id)];
    const found = new Array<MetaStored | undefined>(keys.length).fill(undefined);
    const byShape = [
      ...Map.groupBy(
        keys.map((key, place) => ({ key, place })),
        ({ key }) => shapeOf(key),
      ),
    ];
    const readAll = (run: (statement: Statement) => Promise<readonly Row[]>) => async () => {
      for (const [shape, alike] of byShape) {
        for (const row of await run(
          this.#keyed(
            shape,
            alike.map(({ key }) => key),
          ),
        )) {
          const answered = alike[Number(row.at(-1)) - 1];
          if (answered) found[answered.place] = this.#stored(shape, row);
        }
      }
    };
    if (byShape.length <= 1) await readAll((statement) => this.#connection.read(statement))();
    else await this.#connection.view((_, run) => readAll(run)());
    return found;
  }

  async #current(ids: readonly string[]): Promise<readonly (MetaStored | undefined)[]> {
    if (ids.length > 1) return this.read(ids.map((id) => ({ id })));
    const [row] = await this.#connection.read({ text: this.#one, values: [...ids] });
    return [row && this.rows.storedCurrent(row)];
  }

  #keyed(shape: Shape, keys: readonly ReadKey[]): Statement {
    const ids = keys.map(({ id }) => id);
    return { text: this.#many[shape], values: shape === "current" ? [ids] : [ids, keys.map(({ number, asOf }) => number ?? asOf ?? null)] };
  }

  #stored(shape: Shape, row: Row): MetaStored {
    if (shape === "current") return this.rows.storedCurrent(row);
    return shape === "asOf" ? this.rows.storedAsOf(row) : this.rows.storedOf(row);
  }

  search(query: StorageQuery, known: Known): Promise<StoragePage<MetaState["revision"]>> {
    const rows = this.#paged.in(query.order);
    return this.#drive(() => searchStates(postgresDialect, rows, query, known));
  }

  async pastSearch(query: PastQuery): Promise<PastPage<PlacedRevision>> {
    const { spec } = this.rows;
    refuseUnkept(spec, keptOf(spec, await this.#connection.all(knownHistorySql(this.rows))), query);
    const rows = this.#paged.in(query.order);
    const page = await this.#drive(() => searchPage<Row>(postgresDialect, pastSource(postgresDialect, postgresLayout, rows, query), query));
    return { ...page, rows: page.rows.map((row) => rows.storedPast(row)), positions: page.rows.map(rows.positionOf) };
  }

  referrerPages(query: ReferrerQuery, known: Known): Promise<readonly StoragePage<MetaState["revision"]>[]> {
    const rows = this.#paged.in(query.order);
    return this.#drive(() => referrerPages(postgresDialect, rows, query, known));
  }

  archivePage(query: ArchiveQuery): Promise<readonly Archived<PlacedRevision>[]> {
    return this.#connection.view((all) => this.#driveWith(all, archivePage(this.rows, query)));
  }

  /** One query sees one state of the database, and needs no transaction. What takes more begins again in one. */
  async #drive<Answer>(make: () => Steps<Answer>): Promise<Answer> {
    const steps = make();
    let step = steps.next();
    for (let first = true; !step.done; first = false) {
      const answers = first || step.value.compared ? await this.#atOnce(step.value) : undefined;
      if (!answers) return this.#connection.view((all) => this.#driveWith(all, make()));
      step = steps.next(answers);
    }
    return step.value;
  }

  /** Undefined where it takes more than one query. */
  async #atOnce({ queries, atOnce }: Step): Promise<readonly (readonly Row[])[] | undefined> {
    const beside = queries.length - 1;
    const whole = beside === 0 ? queries[0] : atOnce?.();
    const rows = whole && (await this.#connection.all(whole));
    if (!rows || (beside > 0 && rows.length === 0)) return undefined;
    const values = beside > 0 ? (rows[0]?.slice(-beside) ?? []) : [];
    return [...values.map((value) => [[value]]), rows];
  }

  async #driveWith<Answer>(all: All, steps: Steps<Answer>): Promise<Answer> {
    let step = steps.next();
    while (!step.done) step = steps.next(await Promise.all(step.value.queries.map(all)));
    return step.value;
  }

  async aggregateGroups(query: AggregateQuery): Promise<readonly AggregateRow[]> {
    const { sql, groups } = aggregateGroups(postgresDialect, this.rows.table, query);
    return groups(await this.#connection.all(sql));
  }

  /** How many there are says which numbers each page shows. */
  revisions(ids: readonly string[], query: RevisionQuery): Promise<readonly RevisionPage<PlacedRevision>[]> {
    return this.#connection.view(async (_, run) => {
      const counts = await run({ text: this.#counts, values: [ids] });
      const totals = new Map(counts.map(([place, total]) => [Number(place), Number(total)]));
      const windows = ids.map((_, place) => revisionWindow(totals.get(place + 1) ?? 0, query));
      const ranges = [ids, windows.map(({ from }) => from), windows.map(({ to }) => to)];
      const rows = Map.groupBy(await run({ text: revisionsInRanges, values: ranges }), (row) => Number(row.at(-1)));
      return windows.map(({ from: _from, to: _to, ...page }, place) => ({
        ...page,
        rows: (rows.get(place + 1) ?? []).map((row) => revisionOf(row)),
      }));
    });
  }
}

const revisionsInRanges = `select ${selectedRevision}, k.n from unnest($1::text[], $2::bigint[], $3::bigint[]) with ordinality k (id, lo, hi, n)
  join specstar_revision r on r.id = k.id and r.number > k.lo and r.number <= k.hi order by k.n, r.number`;
