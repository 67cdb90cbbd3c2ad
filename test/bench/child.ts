import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Place, Size } from "./place.ts";
import type { FromServer, SeedKind, ServerKind, ToServer } from "./server.ts";

export interface Usage {
  readonly cpuMicros: number;
  readonly rssBytes: number;
}

export interface Child {
  readonly kind: ServerKind;
  readonly port: number;
  usage(): Promise<Usage>;
  stop(): Promise<void>;
}

const script = join(import.meta.dirname, "server.ts");
const alive = new Set<ChildProcess>();

/** From now on this process ends with us. */
export function adopt<C extends ChildProcess>(child: C): C {
  alive.add(child);
  child.once("exit", () => alive.delete(child));
  return child;
}

/** Ends what is still running, each by its own handle. */
export function killChildren(): void {
  for (const child of alive) child.kill("SIGKILL");
}

function start(kind: ServerKind | SeedKind, place: Place & Partial<Size>, flags: readonly string[] = []): ChildProcess {
  const execArgv = ["--conditions=source", ...flags, ...profiling(kind, place.dir)];
  return adopt(fork(script, [kind, JSON.stringify(place)], { execArgv, stdio: ["ignore", "ignore", "inherit", "ipc"] }));
}

/** `BENCH_PROFILE=dir` writes a CPU profile of each server there when it stops. */
function profiling(kind: string, dir: string): string[] {
  const into = process.env.BENCH_PROFILE;
  return into === undefined
    ? []
    : ["--cpu-prof", `--cpu-prof-dir=${into}`, `--cpu-prof-name=${kind}-${dir.split("/").at(-1)}-${Date.now()}.cpuprofile`];
}

/** A seed: resolves when its process has ended well. */
export async function runChild(kind: SeedKind, place: Place, size?: Size): Promise<void> {
  const [code] = await once(start(kind, { ...place, ...size }), "exit");
  if (code !== 0) throw new Error(`${kind} ended with ${code}`);
}

export async function startServer(kind: ServerKind, place: Place, flags: readonly string[] = []): Promise<Child> {
  const child = start(kind, place, flags);
  const ended = once(child, "exit").then(([code]): never => {
    throw new Error(`${kind} ended with ${code}`);
  });
  ended.catch(() => {});
  const say = (message: ToServer) => child.send(message);
  const hear = async (): Promise<FromServer> => {
    const [message]: FromServer[] = await Promise.race([once(child, "message"), ended]);
    if (!message) throw new Error(`${kind} said nothing`);
    return message;
  };
  const ready = await hear();
  if (!("port" in ready)) throw new Error(`${kind} did not say its port`);
  return {
    kind,
    port: ready.port,
    usage: async () => {
      const heard = hear();
      say("usage");
      const usage = await heard;
      if (!("cpuMicros" in usage)) throw new Error(`${kind} did not say its usage`);
      return usage;
    },
    stop: async () => {
      const exit = once(child, "exit");
      say("stop");
      await exit;
    },
  };
}
