import { runChild } from "./child.ts";
import type { Contest, Entrant } from "./duel.ts";
import type { Place } from "./place.ts";
import { installPostgraphile } from "./postgraphile-baseline.ts";
import { say } from "./progress.ts";
import type { Workspace } from "./workspace.ts";

/** 20 authors, 10 books of each, 5 reviews of each: SpecStar beside resolvers that ask for each row's rows. */
export const nestedSqlite = (workspace: Workspace): Promise<Contest> =>
  contest(workspace, "graphql", workspace.sqlite, { kind: "baseline-library", door: "graphql" }, null);

/** The same on PostgreSQL, where each row's query is a round trip. */
export const nestedByRow = (workspace: Workspace): Promise<Contest> =>
  contest(workspace, "postgres-by-row", workspace.postgres, { kind: "baseline-library", door: "graphql" }, 3);

/** The same beside PostGraphile 5. */
export const nestedPostgres = (workspace: Workspace): Promise<Contest> =>
  contest(workspace, "postgres-graphql", workspace.postgres, { kind: "postgraphile", door: "postgraphile" }, 1.2);

async function contest(
  workspace: Workspace,
  name: string,
  placeOf: (name: string) => Place | Promise<Place>,
  them: Omit<Entrant, "place">,
  goal: number | null,
): Promise<Contest> {
  const [ours, theirs] = [await placeOf(`nested-${name}-specstar`), await placeOf(`nested-${name}-baseline`)];
  if (them.kind === "postgraphile") {
    say("installing PostGraphile");
    await installPostgraphile(theirs.dir);
  }
  await seedBoth(workspace, ours, theirs);
  return {
    name,
    ours: { kind: "specstar-library", place: ours, door: "graphql" },
    theirs: { ...them, place: theirs },
    goals: { nested: goal },
    alike: true,
  };
}

async function seedBoth(workspace: Workspace, ours: Place, theirs: Place): Promise<void> {
  say(`seeding the library on ${ours.postgres ? "PostgreSQL" : "SQLite"}`);
  await runChild("seed-specstar-library", ours);
  await runChild("seed-library-tables", theirs);
  for (const place of [ours, theirs]) await workspace.vacuum(place);
}
