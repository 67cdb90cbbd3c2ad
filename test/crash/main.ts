import type { BackendName } from "../storage/conformance.ts";
import { backends, isBackend } from "./backends.ts";
import { killChildren } from "./child-process.ts";
import { finding } from "./finding.ts";
import { details, passes, type Row, table } from "./report.ts";
import { scenarios } from "./scenarios/all.ts";
import type { Outcome, Scenario, Size } from "./scenarios/scenario.ts";
import { stopServers } from "./servers.ts";

/**
 * `npm run test:crash -- [--soak] [--storage disk,…] [--only words]`: kills, breaks and starves storages, and proves after each
 * time that they have lost nothing. The slice takes some minutes, the soak a day.
 */
const args = process.argv.slice(2);
const given = (name: string): string | undefined => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const size: Size = args.includes("--soak") ? "soak" : "slice";
const wanted = given("--storage")?.split(/,(?! )/) ?? Object.keys(backends);
const only = given("--only") ?? "";

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

const unknown = wanted.filter((name) => !isBackend(name));
if (unknown.length > 0) {
  say(`Unknown storage: ${unknown.join(", ")}. There are ${Object.keys(backends).join(", ")}`);
  process.exit(1);
}

interface Job {
  readonly scenario: Scenario;
  readonly storage: BackendName;
}

/** Two lines of work at a time: much of it is waiting. Whatever stands on PostgreSQL is in one, because its server is killed. */
async function runAll(): Promise<Row[]> {
  const jobs = scenarios
    .filter(({ name }) => name.includes(only))
    .flatMap((scenario) => scenario.on(size).map((storage): Job => ({ scenario, storage })))
    .filter(({ storage }) => wanted.includes(storage));
  const lines = Map.groupBy(jobs, ({ storage }) => storage.startsWith("postgres"));
  const rows = new Map<Job, Row>();
  const work = async (line: readonly Job[]) => {
    for (const job of line) rows.set(job, await runOne(job));
  };
  await Promise.all([...lines.values()].map(work));
  return jobs.flatMap((job) => rows.get(job) ?? []);
}

async function runOne({ scenario: { name, run }, storage }: Job): Promise<Row> {
  say(`${name}, ${storage}`);
  const from = performance.now();
  const outcome = await run(storage, size, (text) => say(`  ${storage}: ${text}`)).catch((thrown) => broken(storage, thrown));
  return { scenario: name, storage, outcome, seconds: (performance.now() - from) / 1000 };
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

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    killChildren();
    void stopServers().finally(() => process.exit(1));
  });
}

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
