import { setTimeout } from "node:timers/promises";
import Database, { type Database as Handle, type Statement } from "better-sqlite3";
import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import type { Row } from "./resource-rows.ts";
import type { Bind, Sql } from "./sql-text.ts";
import { isBusy, sqliteError } from "./sqlite-errors.ts";

const oldestVersion = [3, 40] as const;
const keptStatements = 256;

/** Statements that change rows, and statements that read them as lists of values. */
export type Write = Statement<Bind[]>;
export type Read = Statement<Bind[], Row>;

/** One handle on a database file, with what every user of it shares: settings, prepared statements, and waiting for other processes. */
export class SqliteConnection {
  readonly handle: Handle;
  readonly #statements = new Map<string, Read>();
  readonly #begin: Database.Statement;
  readonly #end: Database.Statement;
  readonly #deadlineMs: number;
  readonly #random: () => number;

  private constructor(handle: Handle, deadlineMs: number, random: () => number) {
    this.handle = handle;
    this.#begin = handle.prepare("begin");
    this.#end = handle.prepare("commit");
    this.#deadlineMs = deadlineMs;
    this.#random = random;
  }

  /** Waits at most `deadlineMs` for other processes, here and in `retry`. */
  static async open(path: string, deadlineMs: number, { random }: Context): Promise<SqliteConnection> {
    // No busy timeout: SQLite would wait in this thread, and with it everything else.
    const connection = new SqliteConnection(new Database(path, { timeout: 0 }), deadlineMs, random);
    try {
      await connection.retry(() => connection.#configure());
    } catch (thrown) {
      connection.handle.close();
      throw thrown;
    }
    return connection;
  }

  #configure(): void {
    const version = this.handle.prepare<[], string>("select sqlite_version()").pluck().get() ?? "";
    const [major = 0, minor = 0] = version.split(".").map(Number);
    if (major < oldestVersion[0] || (major === oldestVersion[0] && minor < oldestVersion[1])) {
      throw fail(
        "UNSUPPORTED",
        `SQLite ${version} is too old; specstar needs ${oldestVersion.join(".")} or newer. Install the better-sqlite3 that package-lock.json names`,
      );
    }
    for (const pragma of [
      "journal_mode = wal",
      "synchronous = full",
      "foreign_keys = off",
      "secure_delete = on",
      "cache_size = -49152",
      "temp_store = memory",
      "wal_autocheckpoint = 2000",
    ])
      this.handle.pragma(pragma);
    this.handle.function("js_lower", { deterministic: true }, (text: unknown) => (typeof text === "string" ? text.toLowerCase() : null));
  }

  prepareRead(text: string): Read {
    return this.handle.prepare<Bind[], Row>(text).raw(true);
  }

  prepareWrite(text: string): Write {
    return this.handle.prepare<Bind[]>(text);
  }

  /** Runs a query whose text is made while running; the newest texts stay prepared. */
  all({ text, values }: Sql): readonly Row[] {
    const known = this.#statements.get(text);
    const statement = known ?? this.prepareRead(text);
    this.#statements.delete(text);
    this.#statements.set(text, statement);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > keptStatements && oldest !== undefined) this.#statements.delete(oldest);
    return statement.all(...values);
  }

  /** Answers several queries from one state of the database. */
  view<Answer>(read: () => Answer): Answer {
    if (this.handle.inTransaction) return read();
    this.#begin.run();
    try {
      return read();
    } finally {
      this.#end.run();
    }
  }

  /** The same for queries that follow from one another. */
  drive<Answer>(queries: Generator<Sql, Answer, readonly Row[]>): Answer {
    return this.view(() => {
      let step = queries.next();
      while (!step.done) step = queries.next(this.all(step.value));
      return step.value;
    });
  }

  /** Tries again, with jitter, while another process holds the database. Between tries the event loop is free. */
  async retry<Answer>(work: () => Answer): Promise<Answer> {
    const deadline = performance.now() + this.#deadlineMs;
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 32)) {
      try {
        return work();
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() >= deadline) throw sqliteError(thrown);
      }
      await setTimeout(waitMs * (0.5 + this.#random()));
    }
  }

  /** Writes what is in the log into the file and empties the log: only then deleted bytes are gone. False while others read. */
  emptyLog(): boolean {
    // The first value that it answers says whether it was kept from its work.
    return this.handle.pragma("wal_checkpoint(truncate)", { simple: true }) === 0;
  }

  close(): void {
    if (!this.handle.open) return;
    try {
      this.handle.pragma("optimize");
    } catch (thrown) {
      // Statistics are for speed; while another process writes, they wait for the next one that closes.
      if (!isBusy(thrown)) throw sqliteError(thrown);
    } finally {
      this.handle.close();
    }
  }
}
