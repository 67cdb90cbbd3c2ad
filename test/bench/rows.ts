import { seed } from "./contests.ts";
import { duel, type Entrant, type Goals, type Pace } from "./duel.ts";
import type { Place, Size } from "./place.ts";
import type { Line } from "./report.ts";
import type { Workspace } from "./workspace.ts";

export interface Sizes {
  readonly few: Size;
  readonly many: Size;
}

/** At most one and a half times as long, or twice; what counts rows grows with them and is only stated. */
const goals: Goals = { get: 1 / 1.5, page: 1 / 1.5, list: null, total: null, create: 1 / 2 };

/** SpecStar on many rows beside itself on few, on one storage: how fast both are, and what the many cost. */
export async function rows(storage: "sqlite" | "postgres", workspace: Workspace, sizes: Sizes, pace: Pace): Promise<Line[]> {
  const name = `rows-${storage}`;
  const place = storage === "sqlite" ? workspace.sqlite : workspace.postgres;
  const [few, many] = [await place(`${name}-few`), await place(`${name}-many`)];
  await seed("seed-specstar", few, sizes.few);
  const seconds = await seed("seed-specstar", many, sizes.many);
  for (const each of [few, many]) await workspace.vacuum(each);
  const writes = sizes.many.articles * (1 + sizes.many.edits);
  const costs: Line[] = [
    { name: `${name} seed`, unit: "writes/s", specstar: writes / seconds },
    { name: `${name} on disk`, unit: "MiB", specstar: await mebibytes(workspace, many), baseline: await mebibytes(workspace, few) },
  ];
  const speeds = await duel({ name, ours: specstar(many), theirs: specstar(few), goals }, pace);
  for (const each of [few, many]) await workspace.remove(each);
  return [...costs, ...speeds];
}

const specstar = (place: Place): Entrant => ({ kind: "specstar", place, door: "rest" });

const mebibytes = async (workspace: Workspace, place: Place): Promise<number> => (await workspace.size(place)) / 2 ** 20;
