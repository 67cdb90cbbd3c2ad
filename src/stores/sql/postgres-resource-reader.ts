import type { MetaStored } from "../../storage/meta-store.ts";
import type { PlacedRevision, ReadKey, RevisionPage, RevisionQuery, StoragePage, StorageQuery } from "../../storage/rows.ts";
import type { PostgresConnection, Statement } from "./postgres-connection.ts";
import { postgresDialect } from "./postgres-dialect.ts";
import { type ResourceRows, type Row, revisionOf, revisionSelect } from "./resource-rows.ts";
import { type PageRows, searchPage } from "./search-page.ts";
import { quoted, type Sql, sql } from "./sql-text.ts";

type Shape = "current" | "number" | "asOf";
type All = (query: Sql) => Promise<readonly Row[]>;

const shapeOf = (key: ReadKey): Shape => (key.number !== undefined ? "number" : key.asOf !== undefined ? "asOf" : "current");

/** Reads one resource's rows. */
export class PostgresResourceReader {
  readonly rows: ResourceRows;
  readonly #connection: PostgresConnection;
  readonly #one: string;
  readonly #many: Readonly<Record<Shape, string>>;
  readonly #count: string;

  constructor(connection: PostgresConnection, rows: ResourceRows) {
    const table = quoted(rows.table);
    this.rows = rows;
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
    this.#count = `select _revision_count from ${table} where _id = ? and _state < 2`;
  }

  async read(keys: readonly ReadKey[]): Promise<readonly (MetaStored | undefined)[]> {
    const [only] = keys;
    if (keys.length === 1 && only && shapeOf(only) === "current") {
      const [row] = await this.#connection.read({ text: this.#one, values: [only.id] });
      return [row && this.rows.storedCurrent(row)];
    }
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

  #keyed(shape: Shape, keys: readonly ReadKey[]): Statement {
    const ids = keys.map(({ id }) => id);
    return { text: this.#many[shape], values: shape === "current" ? [ids] : [ids, keys.map(({ number, asOf }) => number ?? asOf ?? null)] };
  }

  #stored(shape: Shape, row: Row): MetaStored {
    if (shape === "current") return this.rows.storedCurrent(row);
    return shape === "asOf" ? this.rows.storedAsOf(row) : this.rows.storedOf(row);
  }

  async search(query: StorageQuery): Promise<StoragePage<PlacedRevision>> {
    const page = (await this.#atOnce(query)) ?? (await this.#connection.view((all) => this.#drive(all, query)));
    return { ...page, rows: page.rows.map((row) => this.rows.storedCurrent(row)) };
  }

  /** One query sees one state of the database, and needs no transaction. Undefined where it takes more. */
  async #atOnce(query: StorageQuery): Promise<PageRows<Row> | undefined> {
    const steps = searchPage<Row>(postgresDialect, this.rows, query);
    const step = steps.next();
    if (step.done) return step.value;
    const { queries, atOnce } = step.value;
    const beside = queries.length - 1;
    const whole = beside === 0 ? queries[0] : atOnce?.();
    const rows = whole && (await this.#connection.all(whole));
    if (!rows || (beside > 0 && rows.length === 0)) return undefined;
    const values = beside > 0 ? (rows[0]?.slice(-beside) ?? []) : [];
    const answered = steps.next([...values.map((value) => [[value]]), rows]);
    return answered.done ? answered.value : undefined;
  }

  async #drive(all: All, query: StorageQuery): Promise<PageRows<Row>> {
    const steps = searchPage<Row>(postgresDialect, this.rows, query);
    let step = steps.next();
    while (!step.done) step = steps.next(await Promise.all(step.value.queries.map(all)));
    return step.value;
  }

  /** Numbers are dense from 1, so a page is a range of them. */
  revisions(id: string, { limit, after, before, fromEnd }: RevisionQuery): Promise<RevisionPage<PlacedRevision>> {
    return this.#connection.view(async (all) => {
      const total = Number((await all({ text: this.#count, values: [id] }))[0]?.[0] ?? 0);
      const from = Math.min(after ?? 0, total);
      const to = Math.max(from, Math.min((before ?? total + 1) - 1, total));
      const start = fromEnd ? Math.max(from, to - limit) : from;
      const end = fromEnd ? to : Math.min(to, from + limit);
      const range = sql`where r.id = ${id} and r.number > ${start} and r.number <= ${end} order by r.number`;
      const rows = start < end ? await all({ text: `${revisionSelect} ${range.text}`, values: range.values }) : [];
      return { rows: rows.map((row) => revisionOf(row)), total, hasPrevious: start > 0, hasNext: end < total };
    });
  }
}
