import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { BackendName } from "../storage/conformance.ts";
import type { Line } from "./client-log.ts";
import type { Order } from "./order.ts";

const script = join(import.meta.dirname, "child.ts");
const alive = new Map<ChildProcess, BackendName>();

/** Node's usual place. Starting costs a child more than most of its writes: the first one leaves its compiled code to the others. */
const compiled = join(tmpdir(), "node-compile-cache");

/** Ends what is still running, on one storage or on all, each by its own handle. */
export function killChildren(storage?: BackendName): void {
  for (const [child, backend] of alive) if (storage === undefined || backend === storage) child.kill("SIGKILL");
}

/** A process that writes, and what it has said so far. */
export class Child {
  readonly #process: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: Line[];
  #watchers: (() => void)[] = [];
  #over = false;
  ready = false;
  acknowledged = 0;
  answered = 0;
  unknown = 0;
  readonly points = new Set<string>();

  /** @param lines where what it says is added to */
  constructor(order: Order, lines: Line[], command: readonly string[] = []) {
    const [file = process.execPath, ...args] = [...command, process.execPath, "--conditions=source", script, JSON.stringify(order)];
    const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
    this.#process = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"], env });
    this.#lines = lines;
    alive.set(this.#process, order.backend);
    const { stdout } = this.#process;
    const reader = stdout && createInterface({ input: stdout });
    reader?.on("line", (text) => this.#hear(text));
    this.#ended = Promise.all([once(this.#process, "exit"), reader && once(reader, "close")]).then(() => {
      alive.delete(this.#process);
      this.#over = true;
      this.#wake();
    });
  }

  #hear(text: string): void {
    // The last line of a killed process may be cut off: then its client was told nothing.
    if (!text.endsWith("}")) return;
    const line: Line = JSON.parse(text);
    this.#lines.push(line);
    if (line.kind === "ready") this.ready = true;
    if (line.kind === "point") this.points.add(line.point);
    if (line.kind === "answer" || line.kind === "read") this.answered += 1;
    if (line.kind === "answer" && line.outcome === "acknowledged") this.acknowledged += 1;
    if (line.kind === "answer" && line.outcome === "unknown") this.unknown += 1;
    this.#wake();
  }

  #wake(): void {
    for (const watcher of this.#watchers) watcher();
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** Waits until something has been said. False where it ended, or `patienceMs` passed, without it. */
  async until(said: (child: this) => boolean, patienceMs = 60_000): Promise<boolean> {
    const deadline = performance.now() + patienceMs;
    while (!said(this) && !this.#over && performance.now() < deadline) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, deadline - performance.now());
        this.#watchers = [
          () => {
            clearTimeout(timer);
            resolve();
          },
        ];
      });
    }
    return said(this);
  }

  resume(): void {
    this.#process.kill("SIGCONT");
  }

  /** Resolves when it is gone and all it said was heard. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  async ended(): Promise<void> {
    await this.#ended;
  }
}
