import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readFileSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { adopt } from "./child.ts";
import { middle } from "./middle.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";

const root = join(import.meta.dirname, "../..");
const starts = 5;
const idleMs = 3000;
const importDeadlineMs = 150_000;
const query = JSON.stringify({
  query:
    "{ cities(where: { population: { gt: 5000000 } }, orderBy: [{ population: DESC }], first: 5) { nodes { name country { name { common } } } totalCount } }",
});

/** How the program is started: from its sources, or from what is published. */
interface Form {
  readonly name: "sources" | "dist";
  readonly flags: readonly string[];
  readonly startMs: number;
  readonly idleMiB: number;
}

const sources: Form = {
  name: "sources",
  flags: ["--max-semi-space-size=8", "--heap-growing-percent=50", "--conditions=source"],
  startMs: 1500,
  idleMiB: 190,
};
const dist: Form = { name: "dist", flags: [], startMs: 1000, idleMiB: 150 };

/** The atlas of `npm start`: its import into an empty directory, then how fast it is back, and how small. */
export async function atlas(dir: (name: string) => string): Promise<Line[]> {
  await buildIfOld();
  const data = dir("atlas");
  const lines = await measureImport(data);
  for (const form of [sources, dist]) lines.push(...(await measureStarts(form, data)));
  return lines;
}

async function measureImport(data: string): Promise<Line[]> {
  say("importing the atlas");
  const program = await startAtlas(sources, data);
  await program.printed("answering at", 20_000);
  const begin = performance.now();
  await program.printed("GraphiQL", importDeadlineMs);
  const seconds = (performance.now() - begin) / 1000;
  const rows = (await counted(program.port, "countries")) + (await counted(program.port, "cities"));
  const peak = program.memory("VmHWM");
  await program.stop();
  say(`… ${rows} rows took ${seconds.toFixed(1)} s`);
  return [
    { name: "atlas import", unit: "rows/s", specstar: rows / seconds, goal: 5000 },
    { name: "atlas import, most memory", unit: "MiB", specstar: peak, goal: 300, atMost: true },
  ];
}

async function measureStarts(form: Form, data: string): Promise<Line[]> {
  const times: number[] = [];
  const memory: number[] = [];
  for (let n = 1; n <= starts; n++) {
    const begin = performance.now();
    const program = await startAtlas(form, data);
    await firstAnswer(program);
    times.push(performance.now() - begin);
    if (n <= 3) {
      await sleep(idleMs);
      memory.push(program.memory("VmRSS"));
    }
    await program.stop();
    say(`start from ${form.name}, ${n}: ${Math.round(times.at(-1) ?? 0)} ms`);
  }
  return [
    { name: `start to first answer, ${form.name}`, unit: "ms", specstar: middle(times), goal: form.startMs, atMost: true },
    { name: `idle memory, ${form.name}`, unit: "MiB", specstar: middle(memory), goal: form.idleMiB, atMost: true },
  ];
}

interface Program {
  readonly port: number;
  readonly child: ChildProcess;
  /** Resolves when the text has been printed. */
  printed(text: string, deadlineMs: number): Promise<void>;
  /** MiB, as Linux counts them. */
  memory(field: "VmRSS" | "VmHWM"): number;
  stop(): Promise<void>;
}

async function startAtlas({ flags }: Form, data: string): Promise<Program> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port), DATA_DIR: data };
  const child = adopt(
    spawn(process.execPath, [...flags, "examples/01-atlas/main.ts"], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] }),
  );
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
  });
  return {
    port,
    child,
    printed: async (text, deadlineMs) => {
      const deadline = performance.now() + deadlineMs;
      while (!output.includes(text)) {
        if (child.exitCode !== null || performance.now() > deadline)
          throw new Error(`The atlas did not say "${text}" but: ${output.slice(-500)}`);
        await sleep(10);
      }
    },
    memory: (field) => Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]) / 1024,
    stop: async () => {
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      await exit;
    },
  };
}

async function firstAnswer({ port, child }: Program): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The atlas ended with ${child.exitCode}`);
    const response = await fetch(`http://127.0.0.1:${port}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: query,
    }).catch(() => undefined);
    const text = await response?.text();
    if (text?.includes('"nodes":[{"name"')) return;
    if (text !== undefined) throw new Error(`The atlas answered ${text.slice(0, 500)}`);
    await sleep(2);
  }
}

async function counted(port: number, path: string): Promise<number> {
  const answer: { count: number } = await (await fetch(`http://127.0.0.1:${port}/${path}/count`)).json();
  return answer.count;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address ? address.port : 0;
}

/** What is measured from dist is what the sources say now. */
async function buildIfOld(): Promise<void> {
  const newest = Math.max(...globSync("{src,schema,plugins}/**/*.ts", { cwd: root }).map((file) => statSync(join(root, file)).mtimeMs));
  const built = statSync(join(root, "dist/src/index.js"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (built >= newest) return;
  say("building dist");
  const tsc = adopt(
    spawn(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"], {
      cwd: root,
      stdio: ["ignore", "inherit", "inherit"],
    }),
  );
  const [code] = await once(tsc, "exit");
  if (code !== 0) throw new Error("The build failed: npm run build");
}
