import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fail } from "../../src/errors.ts";
import { type Child, startServer } from "./child.ts";
import { load } from "./load.ts";
import { middle } from "./middle.ts";
import type { Place } from "./place.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";
import type { ServerKind } from "./server.ts";
import { type Door, type Operation, operations, type Workload, workloadOf } from "./workload.ts";

const connections = 16;

/** One side of a duel: a server, what it stands on, and the language that it is asked in. */
export interface Entrant {
  readonly kind: ServerKind;
  readonly place: Place;
  readonly door: Door;
}

/** What is measured, and the share of their throughput that ours is to reach; null: only stated. */
export type Goals = Partial<Record<Operation, number | null>>;

export interface Contest {
  readonly name: string;
  readonly ours: Entrant;
  readonly theirs: Entrant;
  readonly goals: Goals;
  /** Both hold the same rows: answers are compared, but for the ids, before they are timed. */
  readonly alike?: boolean;
}

export interface Pace {
  readonly rounds: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

interface Side {
  readonly entrant: Entrant;
  readonly child: Child;
  readonly ids: readonly string[];
}

interface Round {
  readonly perSecond: number;
  readonly cpuMicros: number;
  readonly p99Ms: number;
}

/** Two servers beside each other, operation by operation, in alternating rounds. */
export async function duel({ name, ours, theirs, goals, alike = false }: Contest, pace: Pace): Promise<Line[]> {
  const sides = [await startSide(ours), await startSide(theirs)];
  const lines: Line[] = [];
  for (const operation of operations) {
    const goal = goals[operation];
    if (goal === undefined) continue;
    const workloads = sides.map(({ entrant, ids }) => workloadOf(entrant.door, operation, ids));
    if (alike) await compareAnswers(sides, workloads);
    const [a = [], b = []] = await alternate(sides, workloads, `${name} ${operation}`, pace);
    const [our, their] = [median(a), median(b)];
    // Each round against its neighbour: what disturbs the machine disturbs both.
    const ratio = middle(a.map(({ perSecond }, i) => perSecond / (b[i]?.perSecond ?? 0)));
    lines.push({
      name: `${name} ${operation}`,
      unit: "req/s",
      specstar: our.perSecond,
      baseline: their.perSecond,
      ratio,
      ...(goal === null ? {} : { goal }),
      cpu: [our.cpuMicros, their.cpuMicros],
      p99Ms: [our.p99Ms, their.p99Ms],
    });
  }
  await Promise.all(sides.map(({ child }) => child.stop()));
  return lines;
}

async function startSide(entrant: Entrant): Promise<Side> {
  const ids: string[] = JSON.parse(readFileSync(join(entrant.place.dir, "ids.json"), "utf8"));
  return { entrant, child: await startServer(entrant.kind, entrant.place), ids };
}

async function compareAnswers(sides: readonly Side[], workloads: readonly Workload[]): Promise<void> {
  const answers = await Promise.all(
    sides.map(async ({ child }, i) => {
      const [, body = ""] = workloads[i]?.next().split("\r\n\r\n") ?? [];
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`http://127.0.0.1:${child.port}/graphql`, { method: "POST", headers, body });
      return (await answer.text()).replaceAll(/"id":"[^"]*"/g, '"id":""');
    }),
  );
  if (answers[0] !== answers[1]) throw fail("INTERNAL", `The answers differ:\n${answers.map((text) => text.slice(0, 1000)).join("\n")}`);
}

async function alternate(sides: readonly Side[], workloads: readonly Workload[], name: string, pace: Pace): Promise<Round[][]> {
  const all: Round[][] = sides.map(() => []);
  for (let round = 0; round <= pace.rounds; round++) {
    for (const [i, { child }] of sides.entries()) {
      const workload = workloads[i];
      if (!workload) continue;
      const before = await child.usage();
      const result = await load({ port: child.port, connections, ms: round === 0 ? pace.warmUpMs : pace.roundMs, workload });
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
