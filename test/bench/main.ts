import { SpecStarError } from "../../src/errors.ts";
import { archive } from "./archive.ts";
import { pluginsContest, postgresGraphQL, postgresRest, type Seeds, sqliteContest, sqliteHistory, sqliteSeeds } from "./contests.ts";
import { duel } from "./duel.ts";
import { fanOut } from "./fan-out.ts";
import { hostile } from "./hostile.ts";
import { nestedByRow, nestedPostgres, nestedSqlite } from "./nested.ts";
import { past } from "./past.ts";
import { say } from "./progress.ts";
import { type Line, passes, table } from "./report.ts";
import { rows } from "./rows.ts";
import { schema } from "./schema.ts";
import { atlas } from "./start.ts";
import { openWorkspace } from "./workspace.ts";

/** `npm run bench`: see the usage. Ratios of one run can be trusted, absolute numbers belong to the machine. */
const usage = `Usage: npm run bench -- [part …] [--json] [--quick]

  rest              3 min   SpecStar on SQLite beside a server written by hand, and histories of 50 revisions
  graphql           4 min   the same for GraphQL, beside Yoga and Pothos
  atlas             1 min   the import of the atlas, its start and its memory
  schema            1 min   building the schema of 100 resources × 30 fields, and type-checking the atlas
  postgres-rest     2 min   SpecStar on PostgreSQL beside a server written by hand
  postgres-graphql  3 min   SpecStar on PostgreSQL beside PostGraphile 5, which is installed into a temporary folder
  nested            2 min   20 authors, 10 books of each, 5 reviews of each: beside a query for each list, and beside PostGraphile 5
  plugins           1 min   what ten plugins cost that do nothing, beside none
  past              1 min   writes of a spec with history: true beside the same without, and pages as of an instant; both storages
  hostile           2 min   how long refusals take, and how long hostile searches of 60 000 rows on SQLite hold up others
  fan-out           2 min   200 subscribers of one server, over WebSocket and SSE, and the memory of 5 000 that are idle
  archive           1 min   an export and an import of 20 000 revisions, and their memory; both storages
  all              21 min   these eleven; so does no part at all
  rows-sqlite      20 min   1 000 000 articles with 3 revisions each beside 10 000, on SQLite; takes 5 GB of disk
  rows-postgres    20 min   the same on PostgreSQL; takes 8 GB
  rows             40 min   both
  archive-rows     10 min   an export and an import of 1 000 000 revisions on SQLite; takes 6 GB of disk

  --json   the results as JSON
  --quick  small and short: shows that the bench works, not how fast anything is

PostgreSQL is postgres://127.0.0.1:5432/test or what SPECSTAR_BENCH_POSTGRES names; schemas are made in it and dropped.
BENCH_PROFILE=dir writes CPU profiles of the servers there.`;

const ordinary = [
  "rest",
  "graphql",
  "atlas",
  "schema",
  "postgres-rest",
  "postgres-graphql",
  "nested",
  "plugins",
  "past",
  "hostile",
  "fan-out",
  "archive",
] as const;
const parts = [...ordinary, "rows-sqlite", "rows-postgres", "archive-rows"] as const;
type Part = (typeof parts)[number];
/** Words for several parts. */
const groups: Readonly<Record<string, readonly Part[]>> = {
  all: ordinary,
  rows: ["rows-sqlite", "rows-postgres"],
};

const given = process.argv.slice(2);
const json = given.includes("--json");
const quick = given.includes("--quick");
const words = given.filter((word) => word !== "--json" && word !== "--quick");
const wanted = (words.length === 0 ? ["all"] : words).flatMap((word): readonly string[] => groups[word] ?? [word]);
const unknown = wanted.filter((word) => !parts.some((part) => part === word));

if (unknown.length > 0) {
  say(unknown.includes("--help") ? usage : `Unknown: ${unknown.join(", ")}.\n${usage}`);
  process.exit(1);
}

const pace = quick ? { rounds: 2, warmUpMs: 200, roundMs: 300 } : { rounds: 5, warmUpMs: 1000, roundMs: 2000 };
const size = { articles: quick ? 2000 : 100_000, edits: 0 };
const sizes = { few: { articles: quick ? 1000 : 10_000, edits: 2 }, many: { articles: quick ? 10_000 : 1_000_000, edits: 2 } };
const fans = { subscribers: 200, rate: 60, seconds: quick ? 1 : 6, idleSockets: quick ? 5 : 50, idlePerSocket: 100 };
const workspace = openWorkspace();

let seeded: Promise<Seeds> | undefined;
const onSqlite = async (door: "rest" | "graphql"): Promise<Line[]> => {
  seeded ??= sqliteSeeds(workspace, size);
  return duel(sqliteContest(door, workspace, await seeded), pace);
};
let histories: Promise<Seeds> | undefined;
const historyOnSqlite = async (door: "rest" | "graphql"): Promise<Line[]> => {
  histories ??= sqliteSeeds(workspace, { articles: quick ? 50 : 1000, edits: 49 }, "history");
  return duel(sqliteHistory(door, await histories), pace);
};
const runs: Record<Part, readonly (() => Promise<Line[]>)[]> = {
  rest: [() => onSqlite("rest"), () => historyOnSqlite("rest")],
  graphql: [() => onSqlite("graphql"), () => historyOnSqlite("graphql")],
  atlas: [() => atlas(workspace.dir)],
  schema: [() => schema(workspace.dir, quick ? 1 : 5)],
  "postgres-rest": [async () => duel(await postgresRest(workspace, size), pace)],
  "postgres-graphql": [async () => duel(await postgresGraphQL(workspace, size), pace)],
  nested: [
    async () => duel(await nestedSqlite(workspace), pace),
    async () => duel(await nestedByRow(workspace), pace),
    async () => duel(await nestedPostgres(workspace), pace),
  ],
  plugins: [
    async () => {
      seeded ??= sqliteSeeds(workspace, size);
      return duel(pluginsContest(workspace, await seeded), pace);
    },
  ],
  past: [() => past("sqlite", workspace, pace), () => past("postgres", workspace, pace)],
  hostile: [() => hostile(workspace.dir, quick ? 2000 : 60_000)],
  "fan-out": [async () => fanOut(await workspace.sqlite("fan-out"), fans)],
  archive: [() => archive("sqlite", workspace, quick ? 2_000 : 20_000), () => archive("postgres", workspace, quick ? 2_000 : 20_000)],
  "archive-rows": [() => archive("sqlite", workspace, quick ? 2_000 : 1_000_000)],
  "rows-sqlite": [() => rows("sqlite", workspace, sizes, pace)],
  "rows-postgres": [() => rows("postgres", workspace, sizes, pace)],
};

/** What cannot be had costs its part alone, and the exit code. */
async function run(work: () => Promise<Line[]>): Promise<Line[]> {
  try {
    return await work();
  } catch (reason) {
    if (!(reason instanceof SpecStarError && reason.code === "UNAVAILABLE")) throw reason;
    say(`Left out: ${reason.message}`);
    process.exitCode = 1;
    return [];
  }
}

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void workspace.close().finally(() => process.exit(1)));
}

const lines: Line[] = [];
try {
  for (const part of parts.filter((each) => wanted.includes(each))) for (const work of runs[part]) lines.push(...(await run(work)));
} finally {
  // What was measured before a failure was measured.
  console.log(
    json
      ? JSON.stringify(
          lines.map((line) => ({ ...line, pass: passes(line) })),
          null,
          2,
        )
      : table(lines),
  );
  await workspace.close();
}
