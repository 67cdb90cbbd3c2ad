import { parseArgs } from "node:util";
import type { BackendName } from "../storage/conformance.ts";
import { backends, isBackend } from "./backends.ts";
import { killChildren } from "./child-process.ts";
import { finding } from "./finding.ts";
import { details, passes, type Row, summary, table, timeLeft } from "./report.ts";
import { scenarios } from "./scenarios/all.ts";
import type { Outcome, Scenario, Size } from "./scenarios/scenario.ts";
import { stopServers, useS3 } from "./servers.ts";

/**
 * `npm run test:crash -- [--soak] [--storage disk,…] [--only words,…] [--minutes 60] [--s3 url]`: kills, breaks and starves
 * storages, and proves after each time that they have lost nothing. The slice takes some minutes, the soak most of a day;
 * after so many minutes, or an interrupt, what has begun is finished, checked and told. A second interrupt ends it at once.
 */
const { values: given } = parseArgs({
  options: {
    soak: { type: "boolean", default: false },
    storage: { type: "string", default: Object.keys(backends).join() },
    only: { type: "string", default: "" },
    minutes: { type: "string", default: "Infinity" },
    s3: { type: "string" },
  },
});
const size: Size = given.soak ? "soak" : "slice";
/** One storage has a comma in its name, and so has one scenario: lists have no blanks behind theirs. */
const listOf = (text: string): readonly string[] => text.split(/,(?! )/);
const wanted = listOf(given.storage);
let deadline = performance.now() + Number(given.minutes) * 60_000;
const goesOn = () => performance.now() < deadline;

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const unknown = wanted.filter((name) => !isBackend(name));
if (unknown.length > 0) {
  say(`Unknown storage: ${unknown.join(", ")}. There are ${Object.keys(backends).join(", ")}`);
  process.exit(1);
}
if (given.s3 !== undefined) await useS3(given.s3);

interface Job {
  readonly scenario: Scenario;
  readonly storage: BackendName;
}

/** Two lines of work at a time: much of it is waiting. Whatever stands on PostgreSQL is in one, because its server is killed. */
async function runAll(): Promise<Row[]> {
  const jobs = scenarios
    .filter(({ name }) => listOf(given.only).some((words) => name.includes(words)))
    .flatMap((scenario) => scenario.on(size).map((storage): Job => ({ scenario, storage })))
    .filter(({ storage }) => wanted.includes(storage));
  const lines = Map.groupBy(jobs, ({ storage }) => storage.startsWith("postgres"));
  const rows = new Map<Job, Row>();
  const work = async (line: readonly Job[]) => {
    for (const job of line) {
      if (!goesOn()) return;
      const row = await runOne(job);
      rows.set(job, row);
      say(`${summary(row)} (${rows.size} of ${jobs.length})`);
      if (!passes(row)) say(details([row]));
    }
  };
  await Promise.all([...lines.values()].map(work));
  return jobs.flatMap((job) => rows.get(job) ?? []);
}

async function runOne({ scenario: { name, run }, storage }: Job): Promise<Row> {
  say(`${name}, ${storage}`);
  const from = performance.now();
  const seconds = () => (performance.now() - from) / 1000;
  const tell = (done: number, text: string) => say(`  ${storage}: ${text}; ${timeLeft(seconds(), done)}`);
  const outcome = await run(storage, { size, tell, goesOn }).catch((thrown) => broken(storage, thrown));
  return { scenario: name, storage, outcome, seconds: seconds() };
}

/** What cannot even be tried has failed too, and the rest goes on. */
function broken(storage: BackendName, thrown: unknown): Outcome {
  killChildren(storage);
  return {
    cycles: 0,
    acknowledged: 0,
    findings: [finding("stuck", thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))],
  };
}

function endNow(): void {
  killChildren();
  void stopServers().finally(() => process.exit(1));
}
process.once("SIGTERM", endNow);
process.once("SIGINT", () => {
  say("Ending when what has begun is checked. Once more to end at once");
  deadline = 0;
  process.once("SIGINT", endNow);
});

let ok = false;
try {
  const rows = await runAll();
  process.stdout.write(`${table(rows)}\n${details(rows)}\n`);
  ok = rows.every(passes);
} finally {
  killChildren();
  await stopServers();
}
// Connections that were broken on purpose may still be open.
process.exit(ok ? 0 : 1);
