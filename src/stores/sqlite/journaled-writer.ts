import { crashPoint } from "../../storage/crash-points.ts";
import type { JournaledFile } from "./journaled-file.ts";
import type { SqliteConnection } from "./sqlite-connection.ts";
import type { SqliteJournal, Step } from "./sqlite-journal.ts";
import type { StatementRecorder } from "./statement-recorder.ts";

/**
 * Writes that are in the journal before they are in the file. Each is rehearsed first: done, noted, undone. Then its steps are
 * kept, and done for good in the same way as after a crash. So no transaction is open while the journal is waited for, and
 * nobody reads what may yet be lost.
 */
export class JournaledWriter {
  readonly #connection: SqliteConnection;
  readonly #recorder: StatementRecorder;
  readonly #file: JournaledFile;
  readonly #journal: SqliteJournal;
  #last: Promise<unknown> = Promise.resolve();
  /** In the journal and not yet in the file, because the file could not be written. */
  #missing: { readonly position: number; readonly steps: readonly Step[] } | undefined;

  constructor(connection: SqliteConnection, recorder: StatementRecorder, file: JournaledFile, journal: SqliteJournal) {
    this.#connection = connection;
    this.#recorder = recorder;
    this.#file = file;
    this.#journal = journal;
  }

  /** One write after the other. */
  write<Answer>(work: () => Answer): Promise<Answer> {
    const next = this.#last.then(() => this.#write(work));
    this.#last = next.catch(() => {});
    return next;
  }

  async #write<Answer>(work: () => Answer): Promise<Answer> {
    for (;;) {
      this.check();
      const { answer, steps } = await this.#connection.retry(() => this.#rehearse(work));
      if (steps.length === 0) return answer;
      const position = await this.#journal.append(steps);
      if (position === undefined) continue;
      this.#missing = { position, steps };
      crashPoint("after-journal");
      await this.#connection.retry(() => this.#catchUp());
      return answer;
    }
  }

  /** Resolves when all that was begun is done. */
  async settled(): Promise<void> {
    await this.#last;
  }

  #rehearse<Answer>(work: () => Answer): { readonly answer: Answer; readonly steps: readonly Step[] } {
    return this.#recorder.record(() => this.#connection.undone(work));
  }

  #catchUp(): void {
    if (!this.#missing) return;
    this.#file.apply(this.#missing.position, this.#missing.steps);
    this.#missing = undefined;
  }

  /** Throws where the file is behind: nothing may be answered from it. */
  check(): void {
    this.#journal.check();
    this.#catchUp();
  }
}
