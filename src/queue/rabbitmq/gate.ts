/** Lets so many in at once, in the order in which they came, and nobody while it is shut. */
export class Gate {
  readonly #size: number;
  #inside = 0;
  #shut = false;
  readonly #waiting = new Set<() => void>();

  constructor(size: number) {
    this.#size = size;
  }

  /** Whether it was let in before its time was over; who was must leave. */
  enter(ms: number): Promise<boolean> {
    if (this.#isFree && this.#waiting.size === 0) {
      this.#inside += 1;
      return Promise.resolve(true);
    }
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(enter);
        resolve(false);
      }, ms);
      const enter = () => {
        clearTimeout(timer);
        this.#waiting.delete(enter);
        this.#inside += 1;
        resolve(true);
      };
      this.#waiting.add(enter);
    });
  }

  leave(): void {
    this.#inside -= 1;
    this.#letIn();
  }

  setShut(shut: boolean): void {
    this.#shut = shut;
    this.#letIn();
  }

  get isShut(): boolean {
    return this.#shut;
  }

  get #isFree(): boolean {
    return !this.#shut && this.#inside < this.#size;
  }

  #letIn(): void {
    for (const enter of this.#waiting) {
      if (!this.#isFree) return;
      enter();
    }
  }
}
