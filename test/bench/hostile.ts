import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { createPlatform } from "specstar";
import { diskStorage } from "specstar/disk";
import { objects } from "../hostile/data.ts";
import { costs } from "../hostile/documents.ts";
import { Article, Author, specs } from "../support/articles.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";

/** SECURITY: a refusal takes at most 50 ms, and no request holds the event loop for more than 100. */
const refusalMs = 50;
const loopMs = 100;
const authors = 1000;

const many = (count: number, make: (i: number) => object): object => ({ or: Array.from({ length: count }, (_, i) => make(i)) });

/** Within all limits, and as dear as that allows. */
const filters: Readonly<Record<string, object>> = {
  "45 tests that ignore case": many(45, (i) => ({ title: { iContains: `q${i}` } })),
  "45 tests of parts": many(45, (i) => ({ title: { contains: `q${i}` } })),
  "8 relations": many(8, (i) => ({ author: { name: { contains: `q${i}` } } })),
  "lists of 500": {
    title: { in: Array.from({ length: 500 }, (_, i) => `q${i}`) },
    tags: { hasAny: Array.from({ length: 500 }, (_, i) => `q${i}`) },
  },
  "every in every": { author: { articles: { every: { author: { articles: { every: { views: { gte: 0 } } } } } } } },
  "a count of all": {},
};

interface Taken {
  readonly ms: number;
  readonly heldMs: number;
}

/** How long something takes, and the longest turn of the event loop meanwhile. */
async function taken(work: () => Promise<unknown>): Promise<Taken> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  // The monitor's clock has to run before there is something to see.
  await sleep(5);
  delay.reset();
  const begin = performance.now();
  await work();
  const ms = performance.now() - begin;
  await sleep(5);
  delay.disable();
  return { ms, heldMs: delay.max / 1e6 };
}

/** The best of three, so that a busy machine counts less. */
async function best(work: (round: number) => Promise<unknown>): Promise<Taken> {
  const runs = [await taken(() => work(0)), await taken(() => work(1)), await taken(() => work(2))];
  return { ms: Math.min(...runs.map(({ ms }) => ms)), heldMs: Math.min(...runs.map(({ heldMs }) => heldMs)) };
}

/** How long refusals take, and how long the dearest requests within all limits keep others waiting. */
export async function hostile(dir: (name: string) => string, rows: number): Promise<Line[]> {
  const platform = createPlatform({ resources: specs, storage: diskStorage(dir("hostile")), log: false });
  say(`writing ${rows} articles`);
  const ids = await seed(platform, rows);
  const post = async (body: string) =>
    (
      await platform.fetch(
        new Request("http://localhost/graphql", { method: "POST", headers: { "content-type": "application/json" }, body }),
      )
    ).text();
  const lines: Line[] = [];
  const slowest = async (name: string, bodies: readonly ((round: number) => string)[]) => {
    const each: Taken[] = [];
    for (const body of bodies) each.push(await best((round) => post(body(round))));
    lines.push({ name: `${name}, slowest`, unit: "ms", specstar: Math.max(...each.map(({ ms }) => ms)), goal: refusalMs, atMost: true });
  };
  // A document of its own each time, so that no cache helps.
  const bodyOf = (query: string, variables: string | undefined, round: number) =>
    `{"query":${JSON.stringify(`${query} # ${round}`)}${variables === undefined ? "" : `,"variables":${variables}`}}`;
  await slowest(
    `${costs.length} refusals of costs`,
    costs.map(
      ({ query, variables }) =>
        (round: number) =>
          bodyOf(query, variables, round),
    ),
  );
  await slowest(
    `${objects.length} refusals of objects`,
    objects.flatMap(({ graphql }) =>
      graphql ? [(round: number) => bodyOf(graphql.query.replace("{id}", ids[0] ?? ""), graphql.variables, round)] : [],
    ),
  );
  const search = "query ($w: ArticleWhere) { articles(where: $w) { totalCount nodes { id } } }";
  for (const [name, where] of Object.entries(filters)) {
    const { ms, heldMs } = await taken(() => post(JSON.stringify({ query: search, variables: { w: where } })));
    lines.push({ name: `${name}, ${rows} rows`, unit: "ms", specstar: ms });
    lines.push({ name: "  longest turn of the loop", unit: "ms", specstar: heldMs, goal: loopMs, atMost: true });
  }
  await platform.close();
  return lines;
}

type Served = ReturnType<typeof createPlatform<typeof specs>>;

async function seed(platform: Served, rows: number): Promise<string[]> {
  const names = await inBatches(
    authors,
    (i) => ({ name: `a${i}` }),
    (data) => platform.resource(Author).batch(data),
  );
  return inBatches(
    rows,
    (i) => ({ title: `t${i}`, views: i % 1000, tags: [`tag${i % 50}`], author: names[i % names.length] }),
    (data) => platform.resource(Article).batch(data),
  );
}

async function inBatches(
  count: number,
  dataAt: (i: number) => object,
  // What a batch takes depends on the spec.
  write: (rows: never) => Promise<readonly object[]>,
): Promise<string[]> {
  const ids: string[] = [];
  for (let start = 0; start < count; start += 200) {
    const rows = Array.from({ length: Math.min(200, count - start) }, (_, i) => ({ op: "create", data: dataAt(start + i) }));
    for (const result of await write(rows as never)) if ("id" in result) ids.push(String(result.id));
  }
  return ids;
}
