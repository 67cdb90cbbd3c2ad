import { parseArgs } from "node:util";
import { memoryStorage } from "../../../src/memory.ts";
import { timeLeft } from "../../crash/report.ts";
import { checkSequences } from "./check-sequences.ts";

/**
 * `npm run test:parity -- [--sequences 10000] [--seed n]`: random sequences of operations through TypeScript, GraphQL, REST and the
 * client, which must agree on every answer, event and state. Another seed each time, unless told.
 */
const { values: given } = parseArgs({
  options: { sequences: { type: "string", default: "10000" }, seed: { type: "string" } },
});
const count = Number(given.sequences);
const seed = given.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given.seed);

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
