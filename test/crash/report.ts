import type { Rule } from "./finding.ts";
import type { Outcome } from "./scenarios/scenario.ts";

/** One scenario on one storage, and what came of it. */
export interface Row {
  readonly scenario: string;
  readonly storage: string;
  readonly outcome: Outcome;
  readonly seconds: number;
}

const head = ["", "storage", "cycles", "acknowledged", "lost", "dangling", "ghosts", "other", "", "s", ""];

const counted: Readonly<Record<"lost" | "dangling" | "ghosts", readonly Rule[]>> = {
  lost: ["lost", "numbers"],
  dangling: ["dangling", "corrupt"],
  ghosts: ["ghost", "half"],
};

export const passes = ({ outcome }: Row): boolean => outcome.findings.length === 0;

export function table(rows: readonly Row[]): string {
  const lines = [head, ...rows.map(cells)];
  const widths = head.map((_, column) => Math.max(...lines.map((line) => line[column]?.length ?? 0)));
  return lines
    .map((line) =>
      line
        .map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function cells(row: Row): string[] {
  const { scenario, storage, outcome, seconds } = row;
  const { findings } = outcome;
  const counts = Object.values(counted).map((rules) => findings.filter(({ rule }) => rules.includes(rule)).length);
  const other = findings.length - counts.reduce((sum, count) => sum + count, 0);
  return [
    scenario,
    storage,
    String(outcome.cycles),
    String(outcome.acknowledged),
    ...counts.map(String),
    String(other),
    passes(row) ? "pass" : "FAIL",
    seconds.toFixed(1),
    outcome.note ?? "",
  ];
}

export function summary({ scenario, storage, outcome, seconds }: Row): string {
  const { cycles, acknowledged, findings } = outcome;
  return `${scenario}, ${storage}: ${cycles} cycles, ${acknowledged} acknowledged writes, ${findings.length} findings in ${seconds.toFixed(1)} s`;
}

export function timeLeft(seconds: number, done: number): string {
  const left = (seconds / done) * (1 - done);
  return done >= 1 ? "done" : left < 90 ? `${Math.ceil(left)} s left` : `${Math.ceil(left / 60)} min left`;
}

const shown = 5;

/** What was found, a few of each kind. */
export function details(rows: readonly Row[]): string {
  return rows
    .filter((row) => !passes(row))
    .flatMap(({ scenario, storage, outcome }) => [
      `${scenario} on ${storage}:`,
      ...[...Map.groupBy(outcome.findings, ({ rule }) => rule)].flatMap(([rule, of]) => [
        `  ${rule} ${of.length}`,
        ...of.slice(0, shown).map(({ about }) => `    ${about}`),
      ]),
    ])
    .join("\n");
}
