/** What has come and was not looked at yet. */
export class Inbox<T> {
  readonly #items: T[] = [];
  #failure: unknown;
  #ended = false;
  #wake: () => void = () => {};

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  /** Nothing more comes; `next` rejects with the reason where there is one. */
  end(reason?: unknown): void {
    this.#failure ??= reason;
    this.#ended = true;
    this.#wake();
  }

  /** The next one, undefined at the end. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#ended && this.#failure !== undefined) throw this.#failure;
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
