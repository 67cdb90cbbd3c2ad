import type { Context } from "../../storage/context.ts";
import type { Read, SqliteConnection, Write } from "./sqlite-connection.ts";

/** Keys whose bytes the sweeper deletes. Writes wait for one another, so a key is either in a revision or marked, and never both. */
export class SqliteSweptKeys {
  readonly #connection: SqliteConnection;
  readonly #context: Context;
  readonly #unreferenced: Read;
  readonly #mark: Write;
  readonly #marked: Read;

  constructor(connection: SqliteConnection, context: Context) {
    this.#connection = connection;
    this.#context = context;
    this.#unreferenced = connection.prepareRead(
      "select value from json_each(?) where not exists (select 1 from specstar_revision where key = value)",
    );
    this.#mark = connection.prepareWrite("insert or ignore into specstar_swept (key, at) select value, ? from json_each(?)");
    this.#marked = connection.prepareRead("select 1 from specstar_swept where key in (select value from json_each(?)) limit 1");
  }

  condemn(keys: readonly string[]): Promise<readonly string[]> {
    return this.#connection.write(() =>
      this.#connection.transaction(() => {
        const unreferenced = this.#unreferenced.all(JSON.stringify(keys)).map(([key]) => String(key));
        if (unreferenced.length > 0) this.#mark.run(this.#context.now(), JSON.stringify(unreferenced));
        return unreferenced;
      }),
    );
  }

  /** Whether one of these is marked; within the transaction that is to refer to them. */
  hasAny(keys: readonly string[]): boolean {
    return keys.length > 0 && this.#marked.get(JSON.stringify(keys)) !== undefined;
  }
}
