import { createPlatform, type IStorage, type Platform, SpecStarError } from "specstar";
import { importAtlas } from "./import.ts";
import { openapi } from "./openapi.ts";
import { queries } from "./queries.ts";
import { City, Country, Dataset } from "./resources.ts";

/** What the person who starts this has to change. */
export class SettingError extends Error {}

const stop = new AbortController();
// `on`, not `once`: at Ctrl-C the terminal and npm send one signal each, and the second would cut the stop short.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stop.abort());

export interface Atlas {
  readonly storage: IStorage;
  /** Where the data is, for people. */
  readonly where: string;
  /** False where another process imports. */
  readonly imports?: boolean;
}

/** Serves the atlas, imports what is missing of it, and ends at Ctrl-C. What somebody has to change is one line, and exit code 1. */
export async function runAtlas(make: () => Atlas): Promise<void> {
  try {
    await serve(make());
  } catch (thrown) {
    const expected = thrown instanceof SettingError || (thrown instanceof SpecStarError && thrown.code !== "INTERNAL");
    console.error(expected ? thrown.message : thrown);
    process.exitCode = 1;
  }
}

async function serve({ storage, where, imports = true }: Atlas): Promise<void> {
  const port = integer("PORT", 65_535) ?? 4000;
  const first = integer("ATLAS_LIMIT", 1e9) ?? null;
  const platform = createPlatform({ resources: [Country, City, Dataset], storage, openapi, log: { level: "warn" } });
  try {
    const { url } = await open(platform, port);
    console.log(`Data in ${where}, answering at ${url}`);
    if (imports) await importAtlas(platform, { first, signal: stop.signal });
    if (stop.signal.aborted) console.log("Stopped. The next start goes on with the import from here.");
    else welcome(url);
    await stopped();
  } finally {
    await platform.close();
  }
}

/** Before anything is imported: a port that is taken is known at once, and queries answer while the import runs. */
async function open(platform: Platform, port: number): Promise<{ readonly url: string }> {
  try {
    return await platform.listen({ port });
  } catch (thrown) {
    if (!(thrown instanceof SpecStarError) || thrown.details.reason !== "EADDRINUSE") throw thrown;
    throw new SettingError(`Port ${port} is taken by another program. Stop it, or choose another port: PORT=${port + 1} npm start`);
  }
}

function integer(name: string, max: number): number | undefined {
  const text = process.env[name];
  if (text === undefined || text === "") return undefined;
  if (!/^\d{1,10}$/.test(text) || Number(text) > max)
    throw new SettingError(`${name} must be a whole number from 0 to ${max}, not ${JSON.stringify(text)}`);
  return Number(text);
}

function welcome(url: string): void {
  console.log(`
GraphiQL  ${url}/graphql
REST      ${url}/countries?region=Asia&orderBy=-area
          ${url}/cities?name[startsWith]=San&population[gte]=500000

Queries to paste into GraphiQL:
${queries.map(({ title, text }) => `\n# ${title}\n${text}`).join("\n")}

Ctrl-C stops.`);
}

function stopped(): Promise<void> {
  const { signal } = stop;
  return new Promise((done) => (signal.aborted ? done() : signal.addEventListener("abort", () => done(), { once: true })));
}
