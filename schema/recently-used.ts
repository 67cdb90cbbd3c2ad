/** Keeps what was used last, up to so many characters of text: what was not used for longest goes first. */
export class RecentlyUsed<V> {
  readonly #most: number;
  readonly #textOf: (value: V) => string;
  /** In order of use. */
  readonly #values = new Map<string, V>();
  #characters = 0;

  constructor(most: number, textOf: (value: V) => string) {
    this.#most = most;
    this.#textOf = textOf;
  }

  get(key: string): V | undefined {
    const value = this.#values.get(key);
    if (value === undefined) return undefined;
    this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  /** For a key that is not there yet. */
  add(key: string, value: V): void {
    this.#values.set(key, value);
    this.#characters += this.#textOf(value).length;
    for (const [oldest, dropped] of this.#values) {
      if (this.#characters <= this.#most) return;
      this.#values.delete(oldest);
      this.#characters -= this.#textOf(dropped).length;
    }
  }
}
