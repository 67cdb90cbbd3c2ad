import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killChildren } from "./child.ts";
import { duel, seed } from "./duel.ts";
import { say } from "./progress.ts";
import { type Line, passes, table } from "./report.ts";
import { atlas } from "./start.ts";

/**
 * `npm run bench -- [rest] [graphql] [atlas] [--json]`: SpecStar beside hand-written servers, and the atlas. Ratios of one run
 * can be trusted, absolute numbers belong to the machine. All of it takes about five minutes.
 */
const parts = ["rest", "graphql", "atlas"] as const;
type Part = (typeof parts)[number];

const given = process.argv.slice(2);
const json = given.includes("--json");
const words = given.filter((word) => word !== "--json");
const unknown = words.filter((word) => word !== "all" && !parts.some((part) => part === word));
const chosen = (part: Part): boolean => words.length === 0 || words.includes("all") || words.includes(part);

if (unknown.length > 0) {
  say(`Unknown: ${unknown.join(", ")}. Usage: npm run bench -- [${parts.join("|")}|all] [--json]`);
  process.exit(1);
}

const root = mkdtempSync(join(tmpdir(), "specstar-bench-"));
const dir = (name: string): string => {
  const path = join(root, name);
  mkdirSync(path);
  return path;
};

function cleanUp(): void {
  killChildren();
  rmSync(root, { recursive: true, force: true });
}

async function run(): Promise<Line[]> {
  const lines: Line[] = [];
  const seeds = chosen("rest") || chosen("graphql") ? await seed(dir) : undefined;
  if (seeds && chosen("rest")) lines.push(...(await duel("rest", seeds, dir)));
  if (seeds && chosen("graphql")) lines.push(...(await duel("graphql", seeds, dir)));
  if (chosen("atlas")) lines.push(...(await atlas(dir)));
  return lines;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    cleanUp();
    process.exit(1);
  });
}

try {
  const lines = await run();
  const judged = lines.map((line) => ({ ...line, pass: passes(line) }));
  console.log(json ? JSON.stringify(judged, null, 2) : table(lines));
} finally {
  cleanUp();
}
