import { rm } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { createPlatform, type ResourceManager, SpecStarError } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { borrowedPlaces, storageAt } from "../storage/postgres-fixtures.ts";
import { newDirectory } from "../support/new-directory.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { type Command, expected, ids, type Knots, kept, Node, someCommand } from "./reference-oracle.ts";

type Manager = ResourceManager<typeof Node>;

/** Opens one store as often as it is called: as many processes would. */
type Opener = () => Promise<() => IStorage>;

const postgresPlace = borrowedPlaces();
const backends: Readonly<Record<string, { readonly place: Opener; readonly runs: number; readonly processes: number }>> = {
  memory: {
    place: async () => {
      const storage = memoryStorage();
      return () => storage;
    },
    runs: 60,
    processes: 1,
  },
  disk: {
    place: async () => {
      const folder = await newDirectory("references");
      onTestFinished(() => rm(folder, { recursive: true, force: true }));
      return () => diskStorage(folder);
    },
    runs: 25,
    processes: 3,
  },
  postgres: {
    place: async () => {
      const place = await postgresPlace();
      return () => storageAt(place, "sql");
    },
    runs: 8,
    processes: 3,
  },
};

/** One command as a client gives it: the code of its failure. */
async function run(knots: Manager, command: Command): Promise<string | undefined> {
  const { op, id } = command;
  try {
    if (op === "create") await knots.create(command.data, { key: id.slice("knot_".length) });
    else if (op === "update") await knots.update(id, command.data);
    else await knots[op](id);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof SpecStarError) return thrown.code;
    throw thrown;
  }
}

/** What is there: ids that are purged or were never used are not. */
async function found(knots: Manager): Promise<Record<string, unknown>> {
  const all = await knots.getMany(ids, { includeDeleted: true });
  return Object.fromEntries(
    all.flatMap((each) => (each ? [[each.id, { state: each.deleted ? "deleted" : "live", data: each.data, version: each.version }]] : [])),
  );
}

const shown = (knots: Knots): Record<string, unknown> => Object.fromEntries([...knots].filter(([, { state }]) => state !== "purged"));

/** Purged ids are never given again: the graphs of one store need ids of their own, so each has its store. */
async function openMany(place: Opener, count: number): Promise<{ managers: Manager[]; close: () => Promise<void> }> {
  const open = await place();
  const platforms = Array.from({ length: count }, () => createPlatform({ resources: [Node], storage: open(), log: false }));
  for (const platform of platforms) await platform.ready();
  return {
    managers: platforms.map((platform) => platform.resource(Node)),
    close: async () => void (await Promise.all(platforms.map((platform) => platform.close()))),
  };
}

describe.each(Object.entries(backends))("on %s", (name, { place, runs, processes }) => {
  if (name === "postgres" && withoutPostgres()) return;

  test("whatever is written, deleted, restored and purged, the graph is what the rules say", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(someCommand, { minLength: 5, maxLength: 30 }), async (commands) => {
        const { managers, close } = await openMany(place, 1);
        const [knots] = managers as [Manager];
        let model: Knots = new Map();
        for (const command of commands) {
          const next = expected(model, command);
          expect(await run(knots, command)).toBe(typeof next === "string" ? next : undefined);
          if (typeof next !== "string") model = next;
          expect(await found(knots)).toEqual(shown(model));
        }
        await close();
      }),
      { numRuns: runs },
    );
  });

  test("links, deletions and cascades at the same time leave no live ref to what is gone", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(someCommand, { minLength: 4, maxLength: 10 }), { minLength: 2, maxLength: 6 }), async (rounds) => {
        const { managers, close } = await openMany(place, processes);
        for (const commands of rounds) {
          const codes = await Promise.all(commands.map((command, i) => run(managers[i % managers.length] as Manager, command)));
          expect(codes.filter((code) => code !== undefined && !answers.has(code))).toEqual([]);
          const all = await (managers[0] as Manager).getMany(ids, { includeDeleted: true });
          const live = new Set(all.flatMap((each) => (each && !each.deleted ? [each.id] : [])));
          const broken = all.flatMap((each) => (each && live.has(each.id) ? kept(each.data).filter((id) => !live.has(id)) : []));
          expect(broken).toEqual([]);
        }
        await close();
      }),
      { numRuns: runs },
    );
  });
});

const answers = new Set(["REFERENCE_VIOLATION", "CONFLICT", "NOT_FOUND", "GONE"]);
