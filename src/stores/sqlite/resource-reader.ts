import type { MetaStored } from "../../storage/meta-store.ts";
import type { PlacedRevision, ReadKey, RevisionPage, RevisionQuery } from "../../storage/rows.ts";
import { PagedOrders } from "../sql/paged-rows.ts";
import { type ResourceRows, type Row, revisionOf, selectedRevision } from "../sql/resource-rows.ts";
import { revisionWindow } from "../sql/revision-window.ts";
import { quoted } from "../sql/sql-text.ts";
import type { Read, SqliteConnection } from "./sqlite-connection.ts";

type Shape = "current" | "number" | "asOf";

const shapeOf = (key: ReadKey): Shape => (key.number !== undefined ? "number" : key.asOf !== undefined ? "asOf" : "current");

/** Prepared statements that read one resource's rows by id. */
export class ResourceReader {
  readonly rows: ResourceRows;
  readonly paged: PagedOrders;
  readonly #connection: SqliteConnection;
  readonly #one: Read;
  readonly #many: Readonly<Record<Shape, Read>>;
  readonly #counts: Read;
  readonly #revisions: Read;

  constructor(connection: SqliteConnection, rows: ResourceRows) {
    const table = quoted(rows.table);
    this.rows = rows;
    this.paged = new PagedOrders(rows.spec);
    this.#connection = connection;
    this.#one = connection.prepareRead(
      `select ${rows.selectedCurrent} from ${table} t cross join specstar_revision r on r.id = t._id and r.number = t._current where t._id = ?`,
    );
    // Each answer ends with the place of its key in the list; `cross join` keeps the order of the loops.
    const keyed = `from json_each(?) k cross join ${table} t on t._id = k.value ->> 0`;
    this.#many = {
      current: connection.prepareRead(
        `select ${rows.selectedCurrent}, k.key ${keyed} cross join specstar_revision r on r.id = t._id and r.number = t._current`,
      ),
      number: connection.prepareRead(
        `select ${rows.selected}, k.key ${keyed} cross join specstar_revision r on r.id = t._id and r.number = k.value ->> 1`,
      ),
      asOf: connection.prepareRead(
        `select ${rows.selected}, h.version, h.at, h."by", h.state, (select count(*) from specstar_revision c where c.id = t._id and c.created_at <= k.value ->> 1), k.key ${keyed}
        cross join specstar_history h on h.id = t._id and h.version = (select p.version from specstar_history p where p.id = t._id and p.at <= k.value ->> 1 order by p.version desc limit 1)
        cross join specstar_revision r on r.id = t._id and r.number = h.current`,
      ),
    };
    this.#counts = connection.prepareRead(
      `select k.key, t._revision_count from json_each(?) k cross join ${table} t on t._id = k.value where t._state < 2`,
    );
    this.#revisions = connection.prepareRead(
      `select ${selectedRevision}, k.key from json_each(?) k cross join specstar_revision r on r.id = k.value ->> 0 and r.number > k.value ->> 1 and r.number <= k.value ->> 2 order by k.key, r.number`,
    );
  }

  read(keys: readonly ReadKey[]): readonly (MetaStored | undefined)[] {
    const [only] = keys;
    if (keys.length === 1 && only && shapeOf(only) === "current") {
      const row = this.#one.get(only.id);
      return [row && this.rows.storedCurrent(row)];
    }
    return this.#connection.view(() => this.#readMany(keys));
  }

  /** One query for each shape of key. */
  #readMany(keys: readonly ReadKey[]): readonly (MetaStored | undefined)[] {
    const found = new Array<MetaStored | undefined>(keys.length).fill(undefined);
    const asked = keys.map((key, place) => ({ key, place }));
    for (const [shape, alike] of Map.groupBy(asked, ({ key }) => shapeOf(key))) {
      const list = alike.map(({ key }) => [key.id, key.number ?? key.asOf ?? null]);
      for (const row of this.#many[shape].all(JSON.stringify(list))) {
        const answered = alike[Number(row.at(-1))];
        if (answered) found[answered.place] = this.#stored(shape, row);
      }
    }
    return found;
  }

  #stored(shape: Shape, row: Row): MetaStored {
    if (shape === "current") return this.rows.storedCurrent(row);
    return shape === "asOf" ? this.rows.storedAsOf(row) : this.rows.storedOf(row);
  }

  /** How many there are says which numbers each page shows. */
  revisions(ids: readonly string[], query: RevisionQuery): readonly RevisionPage<PlacedRevision>[] {
    return this.#connection.view(() => {
      const totals = new Map(this.#counts.all(JSON.stringify(ids)).map(([place, total]) => [place, Number(total)]));
      const windows = ids.map((_, place) => revisionWindow(totals.get(place) ?? 0, query));
      const ranges = ids.map((id, place) => [id, windows[place]?.from, windows[place]?.to]);
      const rows = Map.groupBy(this.#revisions.all(JSON.stringify(ranges)), (row) => row.at(-1));
      return windows.map(({ from: _from, to: _to, ...page }, place) => ({
        ...page,
        rows: (rows.get(place) ?? []).map((row) => revisionOf(row)),
      }));
    });
  }
}
