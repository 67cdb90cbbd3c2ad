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

/** More writers than this wait longer for one another than SQLite's patience lasts. */
const together = 3;

/** Processes that are killed at one point each, where the storage allows that all at once. */
async function killEach(place: Place, points: readonly CrashPoint[], hit: number): Promise<Finding[]> {
  const workers = points.length > 1 ? 2 : 8;
  const kill = async (point: CrashPoint): Promise<Finding[]> => {
    const child = place.start({ crash: { points: [point], action: "kill", hit }, workers });
    const reached = await child.until(({ points: seen }) => seen.has(point));
    await child.kill();
    return reached ? [] : [finding("stuck", `${point} was never reached`)];
  };
  if (backends[place.backend].shared) return (await Promise.all(points.map(kill))).flat();
  const findings: Finding[] = [];
  for (const point of points) findings.push(...(await kill(point)));
  return findings;
}

type Survived = Exclude<CrashOrder["action"], "kill">;

/** What happens each time a process stands at a point … */
const then: Record<Survived, (child: Child, other: Child | undefined) => Promise<Finding[]>> = {
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

/** One process does this at each of the points. */
async function survive(place: Place, { points, action, hit }: Crash & { action: Survived }, other: Child | undefined): Promise<Finding[]> {
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
  await child.kill();
  return findings;
}

interface Crash {
  readonly points: readonly CrashPoint[];
  readonly action: CrashOrder["action"];
  readonly hit: number;
}

/** In a place of its own, where another process works beside it if the storage allows that. */
async function crash(backend: BackendName, { points, action, hit }: Crash): Promise<Outcome> {
  const place = await Place.make(backend);
  const other = backends[backend].shared ? place.start() : undefined;
  await other?.until(({ ready }) => ready);
  const findings = action === "kill" ? await killEach(place, points, hit) : await survive(place, { points, action, hit }, other);
  if (other) findings.push(...(await goesOn(other, "acknowledged", `after another did ${action} at ${points.join()}`)));
  await other?.kill();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: points.length, acknowledged, findings };
}

/**
 * Every named crash point with each action, at its `hits`-th time. A hanging process ends at one point, one that throws or is
 * paused goes on to the next; in the slice some are killed in one place, because starting and checking cost the most.
 */
export async function crashAtPoints(
  backend: BackendName,
  actions: readonly CrashOrder["action"][],
  hits: readonly number[],
  { size, tell, goesOn: mayGoOn }: Run,
): Promise<Outcome> {
  const { points } = backends[backend];
  const inOnePlace = { kill: size === "slice" ? together : 1, hang: 1, throw: points.length, pause: points.length };
  const runs = actions.flatMap((action) =>
    hits.flatMap((hit) => groupsOf(points, inOnePlace[action]).map((group): Crash => ({ action, hit, points: group }))),
  );
  const outcomes: Outcome[] = [];
  for (const run of runs) {
    if (!mayGoOn()) break;
    outcomes.push(await crash(backend, run));
    const { findings } = sum(outcomes);
    tell(outcomes.length / runs.length, `${run.action} at ${run.points.join()}, time ${run.hit}; ${findings.length} findings so far`);
  }
  return sum(outcomes);
}

const groupsOf = <T>(all: readonly T[], most: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(all.length / most) }, (_, i) => all.slice(i * most, (i + 1) * most));

/** The same in short: processes that are killed at one point each, all on the same data; and one that throws at every point. */
export async function crashTogether(backend: BackendName, hit: number): Promise<Outcome> {
  const { points } = backends[backend];
  const place = await Place.make(backend);
  const throwing = place.start({ crash: { points, action: "throw", hit }, workers: 4 });
  const findings: Finding[] = [];
  for (const group of groupsOf(points, together)) findings.push(...(await killEach(place, group, hit)));
  if (!(await throwing.until(({ points: seen }) => seen.size >= points.length)))
    findings.push(finding("stuck", "a point was never reached"));
  findings.push(...(await goesOn(throwing, "acknowledged", "after all others were killed")));
  await throwing.kill();
  const acknowledged = place.written;
  findings.push(...(await place.check()), ...(await place.checkBytes()));
  await place.remove();
  return { cycles: points.length, acknowledged, findings };
}
