import { setTimeout } from "node:timers/promises";
import Database, { type Database as Handle, type Statement } from "better-sqlite3";
import { fail } from "../../errors.ts";
import type { Context } from "../../storage/context.ts";
import type { Row } from "../sql/resource-rows.ts";
import type { Step } from "../sql/search-page.ts";
import type { Bind, Sql } from "../sql/sql-text.ts";
import type { JournaledFile } from "./journaled-file.ts";
import { JournaledWriter } from "./journaled-writer.ts";
import { readingThread } from "./reading-thread.ts";
import { addSqlFunctions } from "./sql-functions.ts";
import { isBusy, sqliteError } from "./sqlite-errors.ts";
import type { SqliteJournal } from "./sqlite-journal.ts";
import type { StatementRecorder } from "./statement-recorder.ts";

const oldestVersion = [3, 40] as const;
const keptStatements = 256;
const checkpointPages = 2000;

/** Statements that change rows, and statements that read them as lists of values. */
export type Write = Pick<Statement<Bind[]>, "run">;
export type Read = Pick<Statement<Bind[], Row>, "get" | "all">;

/** One handle on a database file, with what every user of it shares: settings, prepared statements, and waiting for other processes. */
export class SqliteConnection {
  readonly handle: Handle;
  readonly #file = readingThread.nextFile();
  readonly #statements = new Map<string, Statement<Bind[], Row>>();
  readonly #begin: Database.Statement;
  readonly #beginWrite: Database.Statement;
  readonly #end: Database.Statement;
  readonly #undo: Database.Statement;
  readonly #recorder: StatementRecorder | undefined;
  #writer: JournaledWriter | undefined;
  #frozen = false;
  readonly #deadlineMs: number;
  readonly #random: () => number;

  private constructor(handle: Handle, deadlineMs: number, random: () => number, recorder: StatementRecorder | undefined) {
    this.handle = handle;
    this.#begin = handle.prepare("begin");
    this.#beginWrite = handle.prepare("begin immediate");
    this.#end = handle.prepare("commit");
    this.#undo = handle.prepare("rollback");
    this.#recorder = recorder;
    this.#deadlineMs = deadlineMs;
    this.#random = random;
  }

  /** Waits at most `deadlineMs` for other processes, here and in `retry`. What is prepared with a recorder can be recorded. */
  static async open(path: string, deadlineMs: number, { random }: Context, recorder?: StatementRecorder): Promise<SqliteConnection> {
    // No busy timeout: SQLite would wait in this thread, and with it everything else.
    const connection = new SqliteConnection(new Database(path, { timeout: 0 }), deadlineMs, random, recorder);
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
      `wal_autocheckpoint = ${checkpointPages}`,
    ])
      this.handle.pragma(pragma);
    addSqlFunctions(this.handle);
  }

  prepareRead(text: string): Read {
    const statement = this.handle.prepare<Bind[], Row>(text).raw(true);
    return this.#recorder && !statement.readonly ? this.#recorder.watchRead(text, statement) : statement;
  }

  prepareWrite(text: string): Write {
    const statement = this.handle.prepare<Bind[]>(text);
    return this.#recorder ? this.#recorder.watchWrite(text, statement) : statement;
  }

  /** Runs a statement once; rows, if it has any. */
  rows(text: string, values: readonly Bind[]): readonly Row[] {
    const statement = this.handle.prepare<Bind[], Row>(text);
    if (statement.reader) return statement.raw(true).all(...values);
    statement.run(...values);
    return [];
  }

  /** Runs a statement whose text is made while running, and gives its rows; the newest texts stay prepared. */
  all({ text, values }: Sql): readonly Row[] {
    const known = this.#statements.get(text);
    const statement = known ?? this.handle.prepare<Bind[], Row>(text);
    if (!known && statement.reader) statement.raw(true);
    this.#statements.delete(text);
    this.#statements.set(text, statement);
    const [oldest] = this.#statements.keys();
    if (this.#statements.size > keptStatements && oldest !== undefined) this.#statements.delete(oldest);
    if (statement.reader) return statement.all(...values);
    statement.run(...values);
    return [];
  }

  /** Writes in one transaction: undone where it throws, or where its answer is not worth keeping. */
  transaction<Answer>(work: () => Answer, worth: (answer: Answer) => boolean = () => true): Answer {
    if (this.#recorder?.recording) {
      const answer = work();
      if (!worth(answer)) this.#recorder.discard();
      return answer;
    }
    this.#beginWrite.run();
    try {
      const answer = work();
      (worth(answer) ? this.#end : this.#undo).run();
      return answer;
    } catch (thrown) {
      if (this.handle.inTransaction) this.#undo.run();
      throw thrown;
    }
  }

  /** Does something in a transaction, and undoes it again. */
  undone<Answer>(work: () => Answer): Answer {
    this.#beginWrite.run();
    try {
      return work();
    } finally {
      if (this.handle.inTransaction) this.#undo.run();
    }
  }

  /** From now on `write` goes through the journal, and `read` asks it. For connections with a recorder. */
  keepIn(journal: SqliteJournal, file: JournaledFile): void {
    if (this.#recorder) this.#writer = new JournaledWriter(this, this.#recorder, file, journal);
  }

  /** Reads, in one turn of the event loop. */
  read<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    const writer = this.#writer;
    if (!writer) return this.retry(work);
    return this.retry(() => {
      writer.check();
      return work();
    });
  }

  /** Writes, in one turn of the event loop and in at most one transaction. `work` may run more than once. */
  write<Answer>(work: () => Answer): Promise<Answer> {
    return this.#writer ? this.#writer.write(work) : this.retry(work);
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

  /** The same for steps that follow from one another; `aside` in another thread, for what may take long. */
  drive<Answer>(steps: () => Generator<Step, Answer, readonly (readonly Row[])[]>, aside: boolean): Answer | Promise<Answer> {
    if (aside) return readingThread.drive(this.#file, this.handle.name, steps);
    return this.view(() => {
      const queries = steps();
      let step = queries.next();
      while (!step.done) step = queries.next(step.value.queries.map((query) => this.all(query)));
      return step.value;
    });
  }

  /** Tries again, with jitter, while another process holds the database. Between tries the event loop is free. */
  async retry<Answer>(work: () => Answer | Promise<Answer>): Promise<Answer> {
    const deadline = performance.now() + this.#deadlineMs;
    for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 32)) {
      try {
        const answer = work();
        return answer instanceof Promise ? await answer : answer;
      } catch (thrown) {
        if (!isBusy(thrown) || performance.now() >= deadline) throw sqliteError(thrown);
      }
      await setTimeout(waitMs * (0.5 + this.#random()));
    }
  }

  /** Keeps the file as it is, with all that is written so far in it; undefined while others read. */
  freeze(): (() => void) | undefined {
    if (!this.emptyLog()) return undefined;
    this.handle.pragma("wal_autocheckpoint = 0");
    this.#frozen = true;
    return () => {
      this.#frozen = false;
      this.handle.pragma(`wal_autocheckpoint = ${checkpointPages}`);
    };
  }

  /** Resolves when all writes that were begun are done, and no other thread reads. */
  async settled(): Promise<void> {
    await this.#writer?.settled();
    await readingThread.close(this.#file);
  }

  /** Writes what is in the log into the file and empties the log: only then deleted bytes are gone. False while others read. */
  emptyLog(): boolean {
    if (this.#frozen) return false;
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
