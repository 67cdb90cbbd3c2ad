import { backends, isBackend } from "./backends.ts";
import { killChildren } from "./child-process.ts";
import { finding } from "./finding.ts";
import { details, passes, type Row, table } from "./report.ts";
import { scenarios } from "./scenarios/all.ts";
import type { Outcome, Size } from "./scenarios/scenario.ts";
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

async function runAll(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, on, run } of scenarios.filter((each) => each.name.includes(only))) {
    for (const storage of on(size).filter((each) => wanted.includes(each))) {
      say(`${name}, ${storage}`);
      const from = performance.now();
      const outcome = await run(storage, size, (text) => say(`  ${text}`)).catch(broken);
      rows.push({ scenario: name, storage, outcome, seconds: (performance.now() - from) / 1000 });
    }
  }
  return rows;
}

/** What cannot even be tried has failed too, and the rest goes on. */
function broken(thrown: unknown): Outcome {
  killChildren();
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
