import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";

const root = join(import.meta.dirname, "../..");

/** A program in a process of its own; ended with the test. */
export class RunningProgram {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  #out = "";
  #errors = "";

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(command, args, {
      cwd: root,
      env: { ...process.env, PORT: "0", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.setEncoding("utf8").on("data", (text: string) => (this.#out += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (this.#errors += text));
    this.#child = child;
    this.#ended = once(child, "close");
    onTestFinished(() => void child.kill("SIGKILL"));
  }

  get output(): string {
    return this.#out;
  }

  get errors(): string {
    return this.#errors;
  }

  /** Waits until the program has printed this. */
  async printed(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#out);
      if (found) return found;
      if (this.#child.exitCode !== null) throw new TypeError(`The program ended without printing ${pattern}:\n${this.#out}${this.#errors}`);
      await Promise.race([once(this.#child.stdout ?? this.#child, "data"), this.#ended]);
    }
  }

  /** Where it listens. */
  async url(): Promise<string> {
    const [url] = await this.printed(/http:\/\/127\.0\.0\.1:\d+/);
    return url;
  }

  /** Sends a signal, and waits for the end. */
  async end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal);
    return this.exit();
  }

  /** The exit code. */
  async exit(): Promise<number | null> {
    await this.#ended;
    return this.#child.exitCode;
  }
}

/** A program of `examples/`. */
export class RunningExample extends RunningProgram {
  constructor(name: string, env: Readonly<Record<string, string>> = {}, flags: readonly string[] = []) {
    super(process.execPath, ["--conditions=source", join(root, "examples", name, "main.ts"), ...flags], env);
  }
}

/** A directory that goes with the test. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "specstar-example-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

export async function getJson(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url);
  return Object(await response.json());
}

/** The `data` of a GraphQL answer; its errors are thrown. */
export async function ask(url: string, query: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}/graphql`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = Object(await response.json());
  if (errors) throw new TypeError(JSON.stringify(errors));
  return data;
}
