import { parseArgs } from "node:util";
import { memoryStorage } from "../../../src/memory.ts";
import { timeLeft } from "../../crash/report.ts";
import { checkSequences } from "./check-sequences.ts";

const usage = `Usage: npm run test:parity -- [--sequences 10000] [--seed n]

Random sequences of operations through TypeScript, GraphQL, REST and the client, which must agree on every answer, event and
state. Another seed each time, unless told; it is printed, and gives the same sequences again.`;

function argumentsGiven() {
  try {
    return parseArgs({
      options: { sequences: { type: "string", default: "10000" }, seed: { type: "string" }, help: { type: "boolean" } },
    }).values;
  } catch (thrown) {
    say(`${thrown instanceof Error ? thrown.message : thrown}\n${usage}`);
    process.exit(1);
  }
}

const given = argumentsGiven();
const count = Number(given.sequences);
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed);
if (given.help || !(Number.isInteger(count) && count > 0 && Number.isInteger(seed))) {
  say(usage);
  process.exit(given.help ? 0 : 1);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}

say(`${count} sequences, PARITY_SEED=${seed}`);
const from = performance.now();
let told = from;
const { failure, sequences, operations, answers } = await checkSequences({
  count,
  seed,
  openStorage: (context) => memoryStorage({ context }),
  tell: (done) => {
    if (performance.now() - told < 5_000) return;
    told = performance.now();
    say(`  ${done} of ${count} agree; ${timeLeft((told - from) / 1000, done / count)}`);
  },
});
const seconds = Math.round((performance.now() - from) / 1000);
const times = [...answers].toSorted(([, a], [, b]) => b - a).map(([code, n]) => `  ${code} ${n}`);
process.stdout.write(
  [`${sequences} sequences, ${operations} operations on each of four doors in ${seconds} s`, ...times, failure ?? "All agree", ""].join(
    "\n",
  ),
);
process.exit(failure === undefined ? 0 : 1);
