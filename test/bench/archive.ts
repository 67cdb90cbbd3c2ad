import { fork } from "node:child_process";
import { once } from "node:events";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { fail } from "../../src/errors.ts";
import { adopt } from "./child.ts";
import { openPlatform } from "./open-platform.ts";
import type { Place } from "./place.ts";
import { say } from "./progress.ts";
import type { Line } from "./report.ts";
import type { Workspace } from "./workspace.ts";

/** What a child does, and what it says of it. */
interface Task {
  readonly what: "seed" | "export" | "import";
  readonly place: Place;
  readonly file: string;
  readonly articles: number;
  readonly edits: number;
}
interface Done {
  readonly seconds: number;
  readonly residentMiB: number;
}

/** A process of its own for each, so that nobody stands in the memory of another. */
async function child(task: Task): Promise<Done> {
  const started = adopt(
    fork(import.meta.filename, [JSON.stringify(task)], {
      execArgv: ["--conditions=source", "--max-semi-space-size=8", "--heap-growing-percent=50"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    }),
  );
  const exited = once(started, "exit").then(([code]) => {
    throw fail("INTERNAL", `The ${task.what} ended with ${code}`);
  });
  exited.catch(() => {});
  const [done] = await Promise.race([once(started, "message"), exited]);
  return done;
}

/** Revisions per second of an export to a file and of an import from it, and the most memory that each takes. */
export async function archive(storage: "sqlite" | "postgres", workspace: Workspace, revisions: number): Promise<Line[]> {
  const edits = 3;
  const articles = Math.ceil(revisions / (1 + edits));
  const name = `archive-${storage}`;
  say(`${name}: ${articles} articles of ${1 + edits} revisions`);
  const make = storage === "sqlite" ? workspace.sqlite : workspace.postgres;
  const [source, target] = [await make(`${name}-from`), await make(`${name}-to`)];
  const task = { file: join(source.dir, "archive.specstar"), articles, edits };
  await child({ ...task, what: "seed", place: source });
  const lines: Line[] = [];
  for (const [what, place] of [
    ["export", source],
    ["import", target],
  ] as const) {
    const { seconds, residentMiB } = await child({ ...task, what, place });
    lines.push({ name: `${name} ${what}`, unit: "revisions/s", specstar: (articles * (1 + edits)) / seconds, goal: 10_000 });
    lines.push({ name: `${name} ${what} resident`, unit: "MiB", specstar: residentMiB, goal: 200, atMost: true });
  }
  for (const place of [source, target]) await workspace.remove(place);
  return lines;
}

async function seed({ place, articles, edits }: Task): Promise<void> {
  const { Article, articleAt, editedArticle } = await import("./article.ts");
  const platform = await openPlatform(place);
  const manager = platform.resource(Article);
  const one = async (n: number) => {
    const { id } = await manager.create(articleAt(n));
    for (let edit = 1; edit <= edits; edit++) await manager.update(id, editedArticle(n, n + edit));
  };
  for (let n = 0; n < articles; n += 128) await Promise.all(Array.from({ length: Math.min(128, articles - n) }, (_, i) => one(n + i)));
  await platform.close();
}

/** Seconds, from when the platform is there. */
async function copy({ what, place, file }: Task): Promise<number> {
  const platform = await openPlatform(place);
  await platform.ready();
  const start = performance.now();
  if (what === "export") await pipeline(await platform.export(), createWriteStream(file));
  else await platform.import(createReadStream(file));
  const seconds = (performance.now() - start) / 1000;
  await platform.close();
  return seconds;
}

const [given] = process.argv.slice(2);
if (process.argv[1] === import.meta.filename && given !== undefined) {
  const task: Task = JSON.parse(given);
  const seconds = (await (task.what === "seed" ? seed(task) : copy(task))) ?? 0;
  const done: Done = { seconds, residentMiB: process.resourceUsage().maxRSS / 1024 };
  process.send?.(done, () => process.exit());
}
