import { write, writeSync } from "node:fs";

const blockBytes = 64 * 1024;
const heldBytes = 16 * 1024 * 1024;
const waitMs = 250;

/**
 * Collects lines and writes them out in blocks, beside the work: a write per line costs more than many a request. A reader
 * that stalls costs lines and not memory; how many were lost is told when it goes on.
 */
export class LineBuffer {
  readonly #fd: number;
  #text = "";
  #lost = 0;
  #block: Buffer | undefined;

  constructor(fd: number) {
    this.#fd = fd;
    setInterval(() => this.#next(), waitMs).unref();
    process.once("exit", () => this.flush());
  }

  write(line: string): void {
    if (this.#text.length > heldBytes) this.#lost += 1;
    else this.#text += line;
    if (this.#text.length >= blockBytes && !this.#block) this.#next();
  }

  #next(): void {
    if (this.#block || this.#text === "") return;
    this.#block = Buffer.from(this.#text);
    this.#text = this.#lost > 0 ? `${JSON.stringify({ level: 40, lost: this.#lost, msg: "log lines were lost" })}\n` : "";
    this.#lost = 0;
    this.#send();
  }

  #send(): void {
    const block = this.#block;
    if (!block) return;
    write(this.#fd, block, (error, written) => {
      if (this.#block !== block) return;
      if (error?.code === "EAGAIN") setTimeout(() => this.#send(), waitMs).unref();
      else if (error || written >= block.byteLength) this.#done();
      else {
        this.#block = block.subarray(written);
        this.#send();
      }
    });
  }

  #done(): void {
    this.#block = undefined;
    if (this.#text.length >= blockBytes) this.#next();
  }

  /** Writes out what is held back, now. A block that is on its way is left to the system. */
  flush(): void {
    const rest = Buffer.from(this.#text);
    this.#text = "";
    try {
      for (let at = 0; at < rest.byteLength; ) at += writeSync(this.#fd, rest, at);
    } catch {
      // There is nobody left to tell.
    }
  }
}
