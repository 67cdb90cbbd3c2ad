import { createHash } from "node:crypto";
import { type Context, systemContext } from "../../storage/context.ts";
import { SqliteConnection } from "./sqlite-connection.ts";
import type { Step } from "./sqlite-journal.ts";

/** How far a database file is, of all that its journal has; and what is done to get it further. */
export class JournaledFile {
  readonly #connection: SqliteConnection;

  constructor(connection: SqliteConnection) {
    this.#connection = connection;
    connection.handle.exec("create table if not exists specstar_journal (id integer primary key check (id = 1), position integer)");
  }

  /** Opens a file by itself, for work on it before any store uses it. */
  static async open(path: string, context: Context = systemContext): Promise<JournaledFile> {
    return new JournaledFile(await SqliteConnection.open(path, 0, context));
  }

  /** Of the newest entry that is in it, 0 when there is none. */
  get position(): number {
    return Number(this.#connection.rows("select position from specstar_journal", [])[0]?.[0] ?? 0);
  }

  /** Which store it is; undefined for one that was never used. */
  get epoch(): string | undefined {
    const [state] = this.#connection.rows("select 1 from sqlite_master where name = 'specstar_state'", []);
    const [row] = state ? this.#connection.rows("select epoch from specstar_state", []) : [];
    return row && String(row[0]);
  }

  /** Two files with the same one understand the same statements. */
  get schema(): string {
    const tables = this.#connection.rows("select name, sql from sqlite_master where name not like 'sqlite_%' order by name", []);
    const specs =
      this.epoch === undefined
        ? []
        : this.#connection.rows("select name, hash, columns, version, fields from specstar_spec order by name", []);
    return createHash("sha256")
      .update(JSON.stringify([tables, specs, this.epoch]))
      .digest("hex");
  }

  /** Does what an entry says, and notes that it is in; both or neither. */
  apply(position: number, steps: readonly Step[]): void {
    this.#connection.transaction(() => {
      for (const { text, values } of steps) this.#connection.all({ text, values });
      this.#connection.all({ text: "replace into specstar_journal (id, position) values (1, ?)", values: [position] });
    });
  }

  /**
   * Lets the file stand still while it is copied: what is written from now on stays in the log beside it. Undefined while
   * somebody is reading it. It stands still until `release`.
   */
  freeze(): { readonly position: number; readonly release: () => void } | undefined {
    const release = this.#connection.freeze();
    return release && { position: this.position, release };
  }

  close(): void {
    this.#connection.close();
  }
}
