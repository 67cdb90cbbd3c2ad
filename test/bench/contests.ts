import { runChild } from "./child.ts";
import type { Contest, Entrant, Goals } from "./duel.ts";
import type { Place, Size } from "./place.ts";
import { installPostgraphile } from "./postgraphile-baseline.ts";
import { say } from "./progress.ts";
import type { SeedKind } from "./server.ts";
import type { Workspace } from "./workspace.ts";

/** Places on SQLite with the same articles on both sides. */
export interface Seeds {
  readonly specstar: Place;
  readonly baseline: Place;
}

/** Says what it does, how long it took (process start included), and gives the seconds back. */
export async function seed(kind: SeedKind, place: Place, size: Size): Promise<number> {
  say(
    `${kind}: ${size.articles} articles, ${size.edits + 1} revision${size.edits === 0 ? "" : "s"} each, on ${place.postgres ? "PostgreSQL" : "SQLite"}`,
  );
  const start = performance.now();
  await runChild(kind, place, size);
  const seconds = (performance.now() - start) / 1000;
  say(`… took ${seconds.toFixed(1)} s, process start included`);
  return seconds;
}

export async function sqliteSeeds({ dir }: Workspace, size: Size, name = "seed"): Promise<Seeds> {
  const seeds = { specstar: { dir: dir(`${name}-specstar`) }, baseline: { dir: dir(`${name}-baseline`) } };
  await seed("seed-baseline", seeds.baseline, size);
  await seed("seed-specstar", seeds.specstar, size);
  return seeds;
}

const sqliteGoals: Record<"rest" | "graphql", Goals> = {
  rest: { get: 0.8, list: 0.8, update: 1.3, create: 1.3 },
  graphql: { get: 2, list: 1.5, update: 1.5, create: 1.5 },
};

/** A history of 50 revisions, beside what is written by hand. */
export function sqliteHistory(door: "rest" | "graphql", seeds: Seeds): Contest {
  return {
    name: door,
    ours: { kind: "specstar", place: seeds.specstar, door },
    theirs: { kind: `baseline-${door}`, place: seeds.baseline, door },
    goals: { history: door === "rest" ? 0.8 : 1.5 },
  };
}

/** SpecStar beside servers written by hand, both on SQLite. */
export function sqliteContest(door: "rest" | "graphql", { copy }: Workspace, seeds: Seeds): Contest {
  const ours: Entrant = { kind: "specstar", place: copy(seeds.specstar, `${door}-specstar`), door };
  const theirs: Entrant = { kind: `baseline-${door}`, place: copy(seeds.baseline, `${door}-baseline`), door };
  return { name: door, ours, theirs, goals: sqliteGoals[door] };
}

/** What ten plugins cost that do nothing. */
export function pluginsContest({ copy }: Workspace, seeds: Seeds): Contest {
  const entrant = (kind: "specstar" | "specstar-plugins"): Entrant => ({ kind, place: copy(seeds.specstar, kind), door: "rest" });
  return { name: "ten plugins", ours: entrant("specstar-plugins"), theirs: entrant("specstar"), goals: { update: 0.9, create: 0.9 } };
}

/** SpecStar beside a server written by hand, both on PostgreSQL. */
export async function postgresRest(workspace: Workspace, size: Size): Promise<Contest> {
  const name = "postgres-rest";
  const theirs = await filled(workspace, `${name}-baseline`, "seed-baseline", size);
  const ours = await filled(workspace, `${name}-specstar`, "seed-specstar", size);
  return {
    name,
    ours: { kind: "specstar", place: ours, door: "rest" },
    theirs: { kind: "baseline-rest", place: theirs, door: "rest" },
    goals: { get: 0.6, list: 0.8, update: 1.2, create: 1.2 },
  };
}

/** SpecStar beside PostGraphile 5 on a table written by hand. */
export async function postgresGraphQL(workspace: Workspace, size: Size): Promise<Contest> {
  const name = "postgres-graphql";
  const theirs = await workspace.postgres(`${name}-baseline`);
  say("installing PostGraphile");
  await installPostgraphile(theirs.dir);
  await seed("seed-postgraphile", theirs, size);
  await workspace.vacuum(theirs);
  const ours = await filled(workspace, `${name}-specstar`, "seed-specstar", size);
  return {
    name,
    ours: { kind: "specstar", place: ours, door: "graphql" },
    theirs: { kind: "postgraphile", place: theirs, door: "postgraphile" },
    goals: { get: 1.2, list: 1.2, update: 1.2, create: 1.2 },
  };
}

async function filled(workspace: Workspace, name: string, kind: SeedKind, size: Size): Promise<Place> {
  const place = await workspace.postgres(name);
  await seed(kind, place, size);
  await workspace.vacuum(place);
  return place;
}
