import { Worker } from "node:worker_threads";
import Database from "better-sqlite3";
import { fail } from "../../errors.ts";
import type { Row } from "../sql/resource-rows.ts";
import type { Step } from "../sql/search-page.ts";
import type { Sql } from "../sql/sql-text.ts";

/** What the thread is sent. `end` lets go of the state of the database that the rows before it were read from. */
export type Asked =
  | { readonly kind: "rows"; readonly file: number; readonly path: string; readonly queries: readonly Sql[] }
  | { readonly kind: "end" | "close"; readonly file: number };

export type Answered =
  | { readonly rows: readonly (readonly Row[])[] }
  | { readonly error: { readonly message: string; readonly code: string } };

interface Waiting {
  readonly resolve: (rows: readonly (readonly Row[])[]) => void;
  readonly reject: (reason: unknown) => void;
}

/** Beside this file, and with its ending: sources and what is built from them. */
const main = new URL(`./reading-thread-main${import.meta.url.slice(import.meta.url.lastIndexOf("."))}`, import.meta.url);

/**
 * A thread that reads SQLite files for searches that have to look at every row of a table, so that the event loop is free
 * meanwhile. It is made when it is first needed, and takes one search after the other.
 */
class ReadingThread {
  #worker: Worker | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #waiting: Waiting[] = [];
  #files = 0;

  /** A number for a file that is about to be read. */
  nextFile(): number {
    return ++this.#files;
  }

  /** Answers the steps of a search, all from one state of the database. */
  drive<Answer>(file: number, path: string, steps: () => Generator<Step, Answer, readonly (readonly Row[])[]>): Promise<Answer> {
    return this.#inTurn(async () => {
      const search = steps();
      try {
        let step = search.next();
        while (!step.done) step = search.next(await this.#ask({ kind: "rows", file, path, queries: step.value.queries }));
        return step.value;
      } finally {
        await this.#ask({ kind: "end", file });
      }
    });
  }

  /** Resolves when the thread has let go of a file. */
  close(file: number): Promise<unknown> {
    return this.#inTurn(async () => (this.#worker ? this.#ask({ kind: "close", file }) : undefined));
  }

  #inTurn<Answer>(work: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  #ask(asked: Asked): Promise<readonly (readonly Row[])[]> {
    const worker = this.#worker ?? this.#start();
    this.#worker = worker;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      // Only while somebody waits for it, it keeps the process alive.
      worker.ref();
      worker.postMessage(asked);
    });
  }

  #start(): Worker {
    const worker = new Worker(main);
    worker.on("message", (answered: Answered) => {
      const waiting = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      if ("rows" in answered) waiting?.resolve(answered.rows);
      else waiting?.reject(new Database.SqliteError(answered.error.message, answered.error.code));
    });
    worker.on("error", (error) => this.#lost(error));
    worker.on("exit", () => this.#lost(undefined));
    return worker;
  }

  /** The next search starts another one. */
  #lost(cause: unknown): void {
    this.#worker = undefined;
    for (const { reject } of this.#waiting.splice(0)) reject(fail("UNAVAILABLE", "The search was interrupted. Try again", {}, cause));
  }
}

/** One for the process, however many files it has open. */
export const readingThread = new ReadingThread();
