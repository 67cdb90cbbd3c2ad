import type { ResourceManager } from "specstar";
import { Article, articleAt, categories, editedArticle, KeptArticle, stages } from "./article.ts";
import type { Pace } from "./duel.ts";
import { middle } from "./middle.ts";
import { openWith } from "./open-platform.ts";
import type { Place } from "./place.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";
import type { Workspace } from "./workspace.ts";

const writers = 16;

/** Managers of articles, with what is kept of them and without: all that is done here can be done with both. */
type Articles = Pick<ResourceManager<typeof Article>, "create" | "update">;
type Work = (n: number) => Promise<unknown>;

interface Round {
  readonly perSecond: number;
  /** Of this process: on SQLite that is all there is. */
  readonly cpuMicros: number;
}

/** As often as there is time, by so many at once. */
async function round(ms: number, work: Work): Promise<Round> {
  const before = process.cpuUsage();
  const start = performance.now();
  let done = 0;
  const worker = async () => {
    while (performance.now() - start < ms) await work(done++);
  };
  await Promise.all(Array.from({ length: writers }, worker));
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (1000 * done) / (performance.now() - start), cpuMicros: (user + system) / done };
}

/** One beside the other, in alternating rounds. */
async function beside(name: string, [ours, theirs]: readonly [Work, Work], { rounds, warmUpMs, roundMs }: Pace): Promise<Line> {
  const measured: (readonly [Round, Round])[] = [];
  for (let i = 0; i <= rounds; i++) {
    const ms = (i === 0 ? warmUpMs : roundMs) / 8;
    measured.push([await round(ms, ours), await round(ms, theirs)]);
  }
  const counted = measured.slice(1);
  const of = (pick: (each: readonly [Round, Round]) => number): number => middle(counted.map(pick));
  return {
    name,
    unit: "/s",
    specstar: of(([our]) => our.perSecond),
    baseline: of(([, their]) => their.perSecond),
    ratio: of(([our, their]) => our.perSecond / their.perSecond),
    cpu: [of(([our]) => our.cpuMicros), of(([, their]) => their.cpuMicros)],
  };
}

const page = (n: number) => ({
  where: { category: { eq: `category-${n % categories}` }, stage: { eq: stages[n % stages.length] ?? "draft" } },
  orderBy: "-publishedAt" as const,
  first: 20,
});

const sized = { articles: 1_024, edits: 3 };

/** Bytes on disk of the same articles, edited as often. */
async function sizeOf(place: Place, resource: typeof Article | typeof KeptArticle, workspace: Workspace): Promise<number> {
  const platform = await openWith(place, [resource], { log: false });
  const articles: Articles = platform.resource(resource);
  const one = async (n: number) => {
    const { id } = await articles.create(articleAt(n));
    for (let edit = 1; edit <= sized.edits; edit++) await articles.update(id, editedArticle(n, n + edit));
  };
  for (let n = 0; n < sized.articles; n += 64) await Promise.all(Array.from({ length: 64 }, (_, i) => one(n + i)));
  await platform.close();
  await workspace.vacuum(place);
  return (await workspace.size(place)) / 2 ** 20;
}

/** What `history: true` costs: the same articles with it beside without, each edited as often as there is time. */
export async function past(storage: "sqlite" | "postgres", workspace: Workspace, pace: Pace): Promise<Line[]> {
  const name = `past-${storage}`;
  say(`${name}: creates, updates and pages, with history beside without`);
  const make = (of: string): Promise<Place> => (storage === "sqlite" ? workspace.sqlite : workspace.postgres)(`${name}-${of}`);
  const [keptPlace, plainPlace] = [await make("kept"), await make("plain")];
  const [kept, plain] = [await openWith(keptPlace, [KeptArticle], { log: false }), await openWith(plainPlace, [Article], { log: false })];
  const [ours, theirs] = [kept.resource(KeptArticle), plain.resource(Article)];
  const ids: [string[], string[]] = [[], []];
  const creating =
    (of: Articles, into: string[]): Work =>
    async (n) =>
      into.push((await of.create(articleAt(n))).id);
  const updating =
    (of: Articles, from: readonly string[]): Work =>
    (n) =>
      of.update(from[(n * 7919) % from.length] ?? "", editedArticle(n, n + 1));
  const lines = [await beside(`${name} create`, [creating(ours, ids[0]), creating(theirs, ids[1])], pace)];
  const before = new Date().toISOString();
  lines.push(await beside(`${name} update`, [updating(ours, ids[0]), updating(theirs, ids[1])], pace));
  lines.push(
    await beside(
      `${name} page as of before all updates`,
      [(n) => ours.search({ ...page(n), asOf: before }), (n) => ours.search(page(n))],
      pace,
    ),
  );
  const now = new Date().toISOString();
  lines.push(await beside(`${name} page as of now`, [(n) => ours.search({ ...page(n), asOf: now }), (n) => ours.search(page(n))], pace));
  await Promise.all([kept.close(), plain.close()]);
  const [keptSize, plainSize] = [await make("kept-size"), await make("plain-size")];
  const [withIt, without] = [await sizeOf(keptSize, KeptArticle, workspace), await sizeOf(plainSize, Article, workspace)];
  const size: Line = { name: `${name} on disk`, unit: "MiB", specstar: withIt, baseline: without, ratio: withIt / without };
  for (const place of [keptPlace, plainPlace, keptSize, plainSize]) await workspace.remove(place);
  return [...lines, size];
}
