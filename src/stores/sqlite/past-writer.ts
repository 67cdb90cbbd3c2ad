import { instantKeyOfMs } from "../../spec/instant.ts";
import type { MetaRow } from "../../storage/rows.ts";
import type { KnownHistory } from "../sql/known-history.ts";
import { followSql, pastName } from "../sql/past-table.ts";
import type { ResourceRows, Row } from "../sql/resource-rows.ts";
import { quoted, raw } from "../sql/sql-text.ts";
import type { SqliteConnection, Write } from "./sqlite-connection.ts";
import { sqliteLayout } from "./sqlite-layout.ts";

/** Prepared statements that keep the past of one resource's rows. */
export class PastWriter {
  readonly #keep: Write | undefined;
  readonly #follow: Write | undefined;
  readonly #purge: Write | undefined;

  /** @param known undefined where there is no table of the past; where it is no longer added to, a purge still takes from it */
  constructor(connection: SqliteConnection, { spec, columns }: ResourceRows, known: KnownHistory | undefined) {
    const past = quoted(pastName(spec));
    if (known) this.#purge = connection.prepareWrite(`delete from ${past} where _id = ?`);
    if (!known?.on) return;
    const names = [...columns, "_to"];
    this.#keep = connection.prepareWrite(
      `insert into ${past} (${names.map(quoted).join(", ")}) values (${names.map(() => "?").join(", ")})`,
    );
    this.#follow = connection.prepareWrite(followSql(sqliteLayout, spec, raw("t._id = ?")).text);
  }

  /** Whether the past is kept. */
  get on(): boolean {
    return this.#keep !== undefined;
  }

  /** The row that there was is past from this change on. */
  keep(before: Row, { updatedAt }: MetaRow): void {
    this.add(before, updatedAt);
  }

  /** A row that there was until an instant. */
  add(row: Row, to: number): void {
    this.#keep?.run(...row, instantKeyOfMs(to));
  }

  /** What is known of a revision that was modified in place. */
  follow(id: string): void {
    this.#follow?.run(id);
  }

  purge(id: string): void {
    this.#purge?.run(id);
  }
}
