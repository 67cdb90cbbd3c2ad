import fc from "fast-check";
import { type Sequence, sequences } from "./operations.ts";
import { type Report, runSequence, Twins } from "./run-sequence.ts";
import type { OpenStorage } from "./twin.ts";

export interface Checks {
  readonly count: number;
  readonly seed: number;
  readonly openStorage: OpenStorage;
  /** Called after each sequence that agreed. */
  readonly tell?: (done: number) => void;
}

export interface Checked {
  readonly sequences: number;
  readonly operations: number;
  /** How often the manager answered with each code; "ok" for no failure. */
  readonly answers: ReadonlyMap<string, number>;
  /** Where doors disagree, after shrinking, for people. */
  readonly failure?: string;
}

/** Making platforms costs more than a sequence does, so one set of twins has several. */
const perTwins = 50;

export async function checkSequences({ count, seed, openStorage, tell }: Checks): Promise<Checked> {
  let twins = await Twins.open(openStorage);
  const renew = async () => {
    await twins.close();
    twins = await Twins.open(openStorage);
  };
  const answers = new Map<string, number>();
  const done = { sequences: 0, operations: 0 };
  const run = async (sequence: Sequence): Promise<boolean> => {
    if (twins.sequences >= perTwins) await renew();
    const report = await runSequence(twins, sequence);
    done.sequences += 1;
    done.operations += report.steps.length;
    for (const [answer, times] of report.answers) answers.set(answer, (answers.get(answer) ?? 0) + times);
    if (report.problem === undefined) tell?.(done.sequences);
    // From here on the twins are none.
    else await renew();
    return report.problem === undefined;
  };
  try {
    const checked = await fc.check(fc.asyncProperty(sequences, run), { numRuns: count, seed });
    if (!checked.failed) return { ...done, answers };
    const [sequence] = checked.counterexample ?? [];
    await renew();
    const alone = sequence && (await runSequence(twins, sequence));
    // Something was thrown that no door may throw.
    const more = alone?.problem === undefined && checked.errorInstance instanceof Error ? `\n${checked.errorInstance.stack}` : "";
    return { ...done, answers, failure: shown(seed, checked.counterexamplePath, alone) + more };
  } finally {
    await twins.close();
  }
}

function shown(seed: number, path: string | null, report: Report | undefined): string {
  const steps = report?.steps.map((step, i) => `${String(i + 1).padStart(3)}. ${JSON.stringify(step)}`) ?? [];
  const problem =
    report?.problem ?? "On new platforms these agree: what ran before them on the same ones belongs to it. Run the whole seed again.";
  return [`Doors disagree (PARITY_SEED=${seed}, path ${path}):`, ...steps, problem].join("\n");
}
