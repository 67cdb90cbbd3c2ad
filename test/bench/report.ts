/** One measurement beside its goal. */
export interface Line {
  readonly name: string;
  readonly unit: string;
  readonly specstar: number;
  /** What it stands beside, where there is something: a hand-written server, or the same with fewer rows. */
  readonly baseline?: number;
  /** Median of the rounds' ratios. */
  readonly ratio?: number;
  /** A share of the baseline where there is a ratio, else a value: the least, or with `atMost` the most. Absent: only stated. */
  readonly goal?: number;
  readonly atMost?: boolean;
  /** CPU µs of the server per request, SpecStar's and the baseline's. */
  readonly cpu?: readonly [number, number];
  readonly p99Ms?: readonly [number, number];
}

export function passes({ specstar, ratio, goal, atMost = false }: Line): boolean {
  if (goal === undefined) return true;
  const value = ratio ?? specstar;
  return atMost ? value <= goal : value >= goal;
}

const head = ["", "SpecStar", "baseline", "ratio", "goal", "", "CPU µs/req", "p99 ms"];

export function table(lines: readonly Line[]): string {
  const rows = [head, ...lines.map(row)];
  const widths = head.map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  return rows
    .map((cells) =>
      cells
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function row(line: Line): string[] {
  const { name, unit, specstar, baseline, ratio, goal, atMost, cpu, p99Ms } = line;
  const limit = (least: number) => (ratio === undefined ? `${number(least)} ${unit}` : `${Math.round(least * 100)} %`);
  return [
    name,
    `${number(specstar)} ${unit}`,
    baseline === undefined ? "" : `${number(baseline)} ${unit}`,
    ratio === undefined ? "" : `${Math.round(ratio * 100)} %`,
    goal === undefined ? "" : `${atMost ? "≤" : "≥"} ${limit(goal)}`,
    goal === undefined ? "" : passes(line) ? "pass" : "MISS",
    cpu ? cpu.map(Math.round).join(" : ") : "",
    p99Ms ? p99Ms.map((ms) => ms.toFixed(1)).join(" : ") : "",
  ];
}

const number = (value: number): string => (value < 10 ? value.toFixed(2) : Math.round(value).toLocaleString("en").replaceAll(",", " "));
