const momentMs = 100;

/**
 * Keeps what was made of something for one moment, or at most two, for all who ask for it at the same time. What comes later
 * makes its own, so that nothing is told from a state, or by a rule, that is older than that.
 */
export class Moment<K extends object, V> {
  #young = new Map<K, V>();
  #old = new Map<K, V>();
  #passing: NodeJS.Timeout | undefined;

  of(key: K, make: () => V): V {
    const known = this.#young.get(key) ?? this.#old.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#young.set(key, made);
    this.#wait();
    return made;
  }

  #wait(): void {
    this.#passing ??= setTimeout(() => {
      this.#passing = undefined;
      this.#old = this.#young;
      this.#young = new Map();
      if (this.#old.size > 0) this.#wait();
    }, momentMs).unref();
  }
}
