import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

interface Running {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Several server processes on one storage, which can be killed and replaced. */
export class ServerFleet {
  readonly #storage: string;
  #running: Running[] = [];

  constructor(storage: string) {
    this.#storage = storage;
  }

  async start(count: number): Promise<void> {
    // The first one makes the tables.
    for (let i = 0; i < count; i++) this.#running.push(await this.#spawn());
  }

  /** Where the server stands whose turn it is. */
  url(turn: number): string {
    return this.#running[turn % this.#running.length]?.url ?? "";
  }

  get urls(): readonly string[] {
    return this.#running.map(({ url }) => url);
  }

  /** Kills one without warning, and starts another in its place. */
  async replace(turn: number): Promise<void> {
    const at = turn % this.#running.length;
    const [killed] = this.#running.splice(at, 1);
    if (!killed) return;
    const closed = once(killed.child, "close");
    killed.child.kill("SIGKILL");
    await closed;
    this.#running.splice(at, 0, await this.#spawn());
  }

  /** Resident memory of each in bytes. */
  async memory(): Promise<readonly number[]> {
    return Promise.all(
      this.#running.map(async ({ child }) => {
        const answer = once(child, "message");
        child.send("memory");
        return Number(Object((await answer)[0]).rss);
      }),
    );
  }

  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = [];
    await Promise.all(
      running.map(({ child }) => {
        const closed = once(child, "close");
        child.kill("SIGKILL");
        return closed;
      }),
    );
  }

  async #spawn(): Promise<Running> {
    const child = fork(join(import.meta.dirname, "server-process.ts"), [this.#storage], {
      execArgv: ["--max-semi-space-size=8", "--heap-growing-percent=50", "--conditions=source", "--expose-gc"],
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const [message] = await Promise.race([
      once(child, "message"),
      once(child, "close").then(([code]) => {
        throw new TypeError(`The server ended with ${code} before it listened`);
      }),
    ]);
    return { child, url: String(Object(message).url) };
  }
}
