import { runChild } from "./child.ts";
import type { Contest } from "./duel.ts";
import type { Place } from "./place.ts";
import { installPostgraphile } from "./postgraphile-baseline.ts";
import { say } from "./progress.ts";
import type { Workspace } from "./workspace.ts";

/** 20 authors, 10 books of each, 5 reviews of each: SpecStar beside resolvers that ask for each row's rows. */
export async function nestedSqlite(workspace: Workspace): Promise<Contest> {
  const [ours, theirs] = [await workspace.sqlite("nested-specstar"), await workspace.sqlite("nested-baseline")];
  await seedBoth(workspace, ours, theirs);
  return {
    name: "graphql",
    ours: { kind: "specstar-library", place: ours, door: "graphql" },
    theirs: { kind: "baseline-library", place: theirs, door: "graphql" },
    goals: { nested: null },
    alike: true,
  };
}

/** The same on PostgreSQL, where each row's query is a round trip. */
export async function nestedByRow(workspace: Workspace): Promise<Contest> {
  const [ours, theirs] = [await workspace.postgres("nested-by-row-specstar"), await workspace.postgres("nested-by-row-baseline")];
  await seedBoth(workspace, ours, theirs);
  return {
    name: "postgres by row",
    ours: { kind: "specstar-library", place: ours, door: "graphql" },
    theirs: { kind: "baseline-library", place: theirs, door: "graphql" },
    goals: { nested: 3 },
    alike: true,
  };
}

/** The same beside PostGraphile 5. */
export async function nestedPostgres(workspace: Workspace): Promise<Contest> {
  const [ours, theirs] = [await workspace.postgres("nested-postgres-specstar"), await workspace.postgres("nested-postgres-baseline")];
  say("installing PostGraphile");
  await installPostgraphile(theirs.dir);
  await seedBoth(workspace, ours, theirs);
  return {
    name: "postgres-graphql",
    ours: { kind: "specstar-library", place: ours, door: "graphql" },
    theirs: { kind: "postgraphile", place: theirs, door: "postgraphile" },
    goals: { nested: 1.2 },
    alike: true,
  };
}

async function seedBoth(workspace: Workspace, ours: Place, theirs: Place): Promise<void> {
  say(`seeding the library on ${ours.postgres ? "PostgreSQL" : "SQLite"}`);
  await runChild("seed-specstar-library", ours);
  await runChild("seed-library-tables", theirs);
  for (const place of [ours, theirs]) await workspace.vacuum(place);
}
