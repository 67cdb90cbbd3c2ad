import type { BackendName } from "../../storage/conformance.ts";
import type { Finding } from "../finding.ts";

export type Size = "slice" | "soak";

/** What a scenario has shown. */
export interface Outcome {
  readonly cycles: number;
  readonly acknowledged: number;
  readonly findings: readonly Finding[];
  /** A figure worth a line of its own. */
  readonly note?: string;
}

/** What a scenario is run with. */
export interface Run {
  readonly size: Size;
  /** Says how much of it is done, from 0 to 1, and what that was. */
  readonly tell: (done: number, text: string) => void;
  /** False when its time is over: then what has begun is finished and checked, and nothing more is begun. */
  readonly goesOn: () => boolean;
}

export interface Scenario {
  readonly name: string;
  /** The storages on which it makes sense; in the slice it may be fewer. */
  readonly on: (size: Size) => readonly BackendName[];
  readonly run: (backend: BackendName, run: Run) => Promise<Outcome>;
}

export const sum = (outcomes: readonly Outcome[]): Outcome => ({
  cycles: outcomes.reduce((total, { cycles }) => total + cycles, 0),
  acknowledged: outcomes.reduce((total, { acknowledged }) => total + acknowledged, 0),
  findings: outcomes.flatMap(({ findings }) => findings),
});
