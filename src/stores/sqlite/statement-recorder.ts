import type { Read, Write } from "./sqlite-connection.ts";
import type { Step } from "./sqlite-journal.ts";

/** Notes the statements that change rows, while it is asked to. Savepoints, one at a time, leave only what was not undone. */
export class StatementRecorder {
  #steps: Step[] | undefined;
  #savepoint = 0;

  get recording(): boolean {
    return this.#steps !== undefined;
  }

  /** Runs `work` and gives what it did. What fails in it is not noted, because it did nothing. */
  record<Answer>(work: () => Answer): { readonly answer: Answer; readonly steps: readonly Step[] } {
    const steps: Step[] = [];
    this.#steps = steps;
    try {
      return { answer: work(), steps };
    } finally {
      this.#steps = undefined;
    }
  }

  /** Everything so far was undone. */
  discard(): void {
    this.#steps?.splice(0);
  }

  watchWrite(text: string, statement: Write): Write {
    return {
      run: (...values) => {
        const result = statement.run(...values);
        this.#note({ text, values });
        return result;
      },
    };
  }

  #note(step: Step): void {
    const steps = this.#steps;
    if (!steps) return;
    if (step.text.startsWith("savepoint ")) this.#savepoint = steps.length;
    else if (step.text.startsWith("rollback to ")) steps.length = this.#savepoint;
    else if (!step.text.startsWith("release ")) steps.push(step);
  }

  /** Of a statement that changes rows and answers some. */
  watchRead(text: string, statement: Read): Read {
    const noted = <Answer>(answer: Answer, values: Step["values"]): Answer => {
      this.#note({ text, values });
      return answer;
    };
    return {
      get: (...values) => noted(statement.get(...values), values),
      all: (...values) => noted(statement.all(...values), values),
    };
  }
}
