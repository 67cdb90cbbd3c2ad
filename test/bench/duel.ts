import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, runChild, startServer } from "./child.ts";
import { load } from "./load.ts";
import { middle } from "./middle.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";
import type { Kind } from "./server.ts";
import { type Door, type Operation, operations, type Workload, workloadOf } from "./workload.ts";

const connections = 16;
const rounds = 5;
const warmUpMs = 1000;
const roundMs = 2000;

/** Share of the hand-written server's throughput that SpecStar is to reach. */
const goals: Record<Door, Record<Operation, number>> = {
  rest: { get: 0.6, list: 0.8, update: 1.3, create: 1.3 },
  graphql: { get: 0.9, list: 0.9, update: 0.9, create: 0.9 },
};

/** Directories with the rows of both, and the ids of these rows. */
export interface Seeds {
  readonly specstar: string;
  readonly baseline: string;
}

export async function seed(dir: (name: string) => string): Promise<Seeds> {
  const seeds = { specstar: dir("seed-specstar"), baseline: dir("seed-baseline") };
  say("seeding the baseline with 100 000 articles");
  await runChild("seed-baseline", seeds.baseline);
  say("seeding SpecStar with 100 000 articles");
  const start = performance.now();
  await runChild("seed-specstar", seeds.specstar);
  say(`… took ${((performance.now() - start) / 1000).toFixed(1)} s, process start included`);
  return seeds;
}

interface Side {
  readonly child: Child;
  readonly ids: readonly string[];
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
}

/** SpecStar beside the hand-written server of one door, operation by operation, in alternating rounds. */
export async function duel(door: Door, seeds: Seeds, dir: (name: string) => string): Promise<Line[]> {
  const baselineKind: Kind = door === "rest" ? "baseline-rest" : "baseline-graphql";
  const ours = await startSide("specstar", seeds.specstar, dir(`${door}-specstar`));
  const theirs = await startSide(baselineKind, seeds.baseline, dir(`${door}-baseline`));
  const lines: Line[] = [];
  for (const operation of operations) {
    const workloads = [ours, theirs].map(({ ids }) => workloadOf(door, operation, ids));
    const [a = [], b = []] = await alternate([ours, theirs], workloads, `${door} ${operation}`);
    const [our, their] = [median(a), median(b)];
    // Each round against its neighbour: what disturbs the machine disturbs both.
    const ratio = middle(a.map(({ perSecond }, i) => perSecond / (b[i]?.perSecond ?? 0)));
    lines.push({
      name: `${door} ${operation}`,
      unit: "req/s",
      specstar: our.perSecond,
      baseline: their.perSecond,
      ratio,
      goal: goals[door][operation],
      cpu: [our.cpuMicros, their.cpuMicros],
      p99Ms: [our.p99Ms, their.p99Ms],
    });
  }
  await Promise.all([ours.child.stop(), theirs.child.stop()]);
  return lines;
}

async function startSide(kind: Kind, seeded: string, dir: string): Promise<Side> {
  cpSync(seeded, dir, { recursive: true });
  const ids: string[] = JSON.parse(readFileSync(join(dir, "ids.json"), "utf8"));
  return { child: await startServer(kind, dir), ids };
}

async function alternate(sides: readonly Side[], workloads: readonly Workload[], name: string): Promise<Round[][]> {
  const all: Round[][] = sides.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const [i, { child }] of sides.entries()) {
      const workload = workloads[i];
      if (!workload) continue;
      const before = await child.usage();
      const result = await load({ port: child.port, connections, ms: round === 0 ? warmUpMs : roundMs, workload });
      const after = await child.usage();
      if (round === 0) continue;
      all[i]?.push({ perSecond: result.perSecond, cpuMicros: (after.cpuMicros - before.cpuMicros) / result.requests, p99Ms: result.p99Ms });
    }
    if (round > 0) say(`${name}, round ${round}: ${all.map((each) => Math.round(each.at(-1)?.perSecond ?? 0)).join(" against ")} req/s`);
  }
  return all;
}

function median(rounds: readonly Round[]): Round {
  return {
    perSecond: middle(rounds.map((each) => each.perSecond)),
    cpuMicros: middle(rounds.map((each) => each.cpuMicros)),
    p99Ms: middle(rounds.map((each) => each.p99Ms)),
  };
}
