import { setTimeout } from "node:timers/promises";
import type { CrashPoint } from "../../../src/storage/crash-points.ts";
import type { BackendName } from "../../storage/conformance.ts";
import { backends } from "../backends.ts";
import type { Child } from "../child-process.ts";
import { type Finding, finding } from "../finding.ts";
import type { CrashOrder } from "../order.ts";
import { Place } from "../place.ts";
import { type Outcome, type Run, sum } from "./scenario.ts";

const pausedMs = 200;
/** Answers that show that a process goes on. */
const progress = 20;

/** What happens each time the process stands at a point … */
const then: Record<CrashOrder["action"], (child: Child, other: Child | undefined) => Promise<Finding[]>> = {
  kill: async (child) => {
    await child.ended();
    return [];
  },
  throw: async () => [],
  hang: async (child, other) => {
    // It may hold a lock: the others are answered, if only that they must try again.
    const findings = other ? await goesOn(other, "answered", "while another hangs") : [];
    await child.kill();
    return findings;
  },
  pause: async (child) => {
    await setTimeout(pausedMs);
    child.resume();
    return [];
  },
};

async function goesOn(child: Child, what: "acknowledged" | "answered", when: string): Promise<Finding[]> {
  const before = child[what];
  return (await child.until((each) => each[what] >= before + progress, 30_000))
    ? []
    : [finding("stuck", `a process does not go on ${when}`)];
}

/** One process does this at each of the points, while another one works beside it where the storage allows that. */
async function crash(backend: BackendName, points: readonly CrashPoint[], action: CrashOrder["action"], hit: number): Promise<Outcome> {
  const place = await Place.make(backend);
  const other = backends[backend].shared ? place.start() : undefined;
  await other?.until(({ ready }) => ready);
  const child = place.start({ crash: { points, action, hit } });
  const findings: Finding[] = [];
  for (let reached = 1; reached <= points.length; reached++) {
    if (!(await child.until(({ points: seen }) => seen.size >= reached))) {
      findings.push(finding("stuck", `${points.filter((point) => !child.points.has(point)).join(", ")} was never reached`));
      break;
    }
    findings.push(...(await then[action](child, other)));
  }
  // … and whoever is left goes on afterwards.
  if (!child.isOver) findings.push(...(await goesOn(child, "acknowledged", `after ${action} at all points`)));
  if (other) findings.push(...(await goesOn(other, "acknowledged", `after another did ${action} at ${points.join()}`)));
  await Promise.all([child.kill(), other?.kill()]);
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: points.length, acknowledged, findings };
}

/**
 * Every named crash point with each action, at its `hits`-th time. A killed or hanging process ends at one point; one that
 * throws or is paused goes on to the next.
 */
export async function crashAtPoints(
  backend: BackendName,
  actions: readonly CrashOrder["action"][],
  hits: readonly number[],
  { tell, goesOn }: Run,
): Promise<Outcome> {
  const { points } = backends[backend];
  const runs = actions.flatMap((action) =>
    hits.flatMap((hit) => {
      const each = action === "kill" || action === "hang" ? points.map((point) => [point]) : [points];
      return each.map((of) => ({ action, hit, points: of }));
    }),
  );
  const outcomes: Outcome[] = [];
  for (const { action, hit, points: of } of runs) {
    if (!goesOn()) break;
    outcomes.push(await crash(backend, of, action, hit));
    tell(outcomes.length / runs.length, `${action} at ${of.join()}, time ${hit}: ${sum(outcomes).findings.length} findings so far`);
  }
  return sum(outcomes);
}

/** More writers than this wait longer for one another than SQLite's patience lasts. */
const together = 3;

/** The same in short: processes that are killed at one point each, some at once, all on the same data; and one that throws at every point. */
export async function crashTogether(backend: BackendName, hit: number): Promise<Outcome> {
  const { points } = backends[backend];
  const place = await Place.make(backend);
  const throwing = place.start({ crash: { points, action: "throw", hit }, workers: 4 });
  const findings: Finding[] = [];
  const reaches = async (child: Child, count: number) => {
    if (!(await child.until(({ points: seen }) => seen.size >= count))) findings.push(finding("stuck", "a point was never reached"));
  };
  for (let from = 0; from < points.length; from += together) {
    const killed = points
      .slice(from, from + together)
      .map((point) => place.start({ crash: { points: [point], action: "kill", hit }, workers: 2 }));
    await Promise.all(killed.map((child) => reaches(child, 1)));
    await Promise.all(killed.map((child) => child.kill()));
  }
  await reaches(throwing, points.length);
  findings.push(...(await goesOn(throwing, "acknowledged", "after all others were killed")));
  await throwing.kill();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: points.length, acknowledged, findings };
}
