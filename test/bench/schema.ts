import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { middle } from "./middle.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";

const run = promisify(execFile);
const root = join(import.meta.dirname, "../..");

/** What a schema costs: the platform when it starts, and its user at every check. */
export async function schema(dir: (name: string) => string, rounds: number): Promise<Line[]> {
  const builds = await repeated(rounds, "100 resources × 30 fields", build);
  const folder = dir("atlas-types");
  const compilerOptions = { typeRoots: [join(root, "node_modules/@types")] };
  const tsconfig = { extends: join(root, "tsconfig.json"), compilerOptions, include: [join(root, "examples/01-atlas")] };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  const checks = await repeated(rounds, "type-checking the atlas", () => check(folder));
  return [
    { name: "schema of 100 resources × 30 fields", unit: "ms", specstar: middle(builds), goal: 1500, atMost: true },
    { name: "type-checking examples/01-atlas", unit: "ms", specstar: middle(checks), goal: 3000, atMost: true },
  ];
}

async function repeated(rounds: number, what: string, once: () => Promise<number>): Promise<number[]> {
  const times: number[] = [];
  for (let round = 1; round <= rounds; round++) {
    times.push(await once());
    say(`${what}, ${round}: ${Math.round(times.at(-1) ?? 0)} ms`);
  }
  return times;
}

async function build(): Promise<number> {
  const { stdout } = await run(process.execPath, ["--conditions=source", join(import.meta.dirname, "big-schema.ts")]);
  return JSON.parse(stdout).ms;
}

/** With the compiler's own start. */
async function check(folder: string): Promise<number> {
  const begin = performance.now();
  await run(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder]);
  return performance.now() - begin;
}
