interface Waiting<Answer> {
  readonly key: string;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (reason: unknown) => void;
}

/** Questions that are asked in one turn of the event loop are put together: a round trip costs more than many of its rows. */
export class Gathered<Answer> {
  readonly #ask: (keys: readonly string[]) => Promise<readonly Answer[]>;
  #waiting: Waiting<Answer>[] = [];

  /** @param ask one answer per key, in order */
  constructor(ask: (keys: readonly string[]) => Promise<readonly Answer[]>) {
    this.#ask = ask;
  }

  ask(key: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#waiting.push({ key, resolve, reject }) === 1) setImmediate(() => void this.#askAll());
    });
  }

  async #askAll(): Promise<void> {
    const waiting = this.#waiting;
    this.#waiting = [];
    try {
      const answers = await this.#ask(waiting.map(({ key }) => key));
      for (const [i, answer] of answers.entries()) waiting[i]?.resolve(answer);
    } catch (thrown) {
      for (const { reject } of waiting) reject(thrown);
    }
  }
}
