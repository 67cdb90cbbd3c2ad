import { rm } from "node:fs/promises";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { memoryStorage } from "../../src/memory.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { newDirectory } from "../support/new-directory.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { aggregates } from "./aggregate-arbitrary.ts";
import { answeredGroups, expectedGroups } from "./aggregate-oracle.ts";
import { aggregateQuery, searchQuery } from "./case.ts";
import type { BackendName } from "./conformance.ts";
import { unit } from "./fixtures.ts";
import { aggregators } from "./mutants/aggregators.ts";
import { mutated } from "./mutants/mutant.ts";
import { relators } from "./mutants/relators.ts";
import { searchers } from "./mutants/searchers.ts";
import { newPlace, storageAt } from "./postgres-fixtures.ts";
import { type GeneratedSearch, searches } from "./query-arbitrary.ts";
import { dataSet, Thing } from "./query-data.ts";
import { expectedIds, nanoseconds, type OracleRow } from "./query-oracle.ts";

const removals: (() => Promise<void>)[] = [];

/** Those that are left out search by the same code as one of these. */
const openers: Record<Exclude<BackendName, "s3" | "postgres, revisions in sql">, () => Promise<IStorage>> = {
  memory: async () => memoryStorage(),
  disk: async () => {
    const dir = await newDirectory("query");
    removals.push(() => rm(dir, { recursive: true }));
    return diskStorage(dir);
  },
  postgres: async () => {
    const place = await newPlace();
    removals.push(place.remove);
    return storageAt(place, "files");
  },
};

/** The same on every run; another number tries what nobody has seen. A failure prints seed and path. */
const seed = 20_261_122;
const seedsOfData = [1, 2, 3];

async function load(storage: IStorage, of: number): Promise<readonly OracleRow[]> {
  const { steps, rows } = dataSet(of, 60);
  await storage.open([Thing], () => {});
  const results = await storage.commit(steps.map((step) => unit(step)));
  expect(results.filter(({ ok }) => !ok)).toEqual([]);
  return rows;
}

/** The rows of a search as the storage answers it, all at once. */
async function whole(storage: IStorage, search: GeneratedSearch): Promise<string[]> {
  const page = await storage.search("thing", searchQuery(Thing, { ...search, total: true }));
  expect(page).toMatchObject({ hasPrevious: false, hasNext: false, total: page.rows.length });
  return page.rows.map(({ meta }) => meta.id);
}

/** The same rows page by page, each page beginning where the one before it ended. */
async function paged(storage: IStorage, search: GeneratedSearch, limit: number, fromEnd: boolean): Promise<string[]> {
  const ids: string[] = [];
  const query = searchQuery(Thing, { ...search, limit, fromEnd });
  let edge = {};
  for (let more = true; more; ) {
    const page = await storage.search("thing", { ...query, ...edge });
    const found = page.rows.map(({ meta }) => meta.id);
    if (found.length > 0) expect(fromEnd ? page.hasNext : page.hasPrevious).toBe(ids.length > 0);
    if (fromEnd) ids.unshift(...found);
    else ids.push(...found);
    const last = fromEnd ? page.positions[0] : page.positions.at(-1);
    more = last !== undefined && (fromEnd ? page.hasPrevious : page.hasNext);
    if (last) edge = { [fromEnd ? "before" : "after"]: last };
  }
  return ids;
}

const answersAsExpected = (storage: IStorage, rows: readonly OracleRow[]) =>
  fc.asyncProperty(searches, async (search) => {
    expect(await whole(storage, search)).toEqual(expectedIds(rows, search));
  });

const pagesAsExpected = (storage: IStorage, rows: readonly OracleRow[]) =>
  fc.asyncProperty(searches, fc.integer({ min: 1, max: 25 }), fc.boolean(), async (search, limit, fromEnd) => {
    expect(await paged(storage, search, limit, fromEnd)).toEqual(expectedIds(rows, search));
  });

const groupsAsExpected = (storage: IStorage, rows: readonly OracleRow[]) =>
  fc.asyncProperty(aggregates, async (asked) => {
    const answered = await storage.aggregates.groups("thing", aggregateQuery(Thing, asked));
    expect(answeredGroups(answered, asked)).toEqual(expectedGroups(rows, asked));
  });

afterAll(async () => {
  for (const remove of removals) await remove();
});

/** PostgreSQL answers a tenth as often in the same time: it has a share of the searches. */
const share = (name: string): number => (name === "postgres" ? 0.3 : 1);

describe.each(Object.entries(openers))("generated searches on %s storage", (name, open) => {
  if (name === "postgres" && withoutPostgres()) return;
  describe.each(seedsOfData)("over data set %i", (of) => {
    let storage: IStorage;
    let rows: readonly OracleRow[];
    beforeAll(async () => {
      storage = await open();
      rows = await load(storage, of);
    });
    afterAll(() => storage.close());

    test("find the rows of the oracle, in its order", async () => {
      await fc.assert(answersAsExpected(storage, rows), { seed: seed + of, numRuns: 600 * share(name) });
    }, 60_000);

    test("page through them without gap or repeat, both ways", async () => {
      await fc.assert(pagesAsExpected(storage, rows), { seed: seed - of, numRuns: 150 * share(name) });
    }, 60_000);

    test("are grouped and measured as the oracle does", async () => {
      await fc.assert(groupsAsExpected(storage, rows), { seed: seed + of, numRuns: 300 * share(name) });
    }, 60_000);
  });
});

describe("the generated searches themselves", () => {
  test("often find some rows and not all", () => {
    const { rows } = dataSet(1, 60);
    const live = rows.filter(({ meta }) => meta.state === "live").length;
    const sizes = fc
      .sample(searches, { seed, numRuns: 1_000 })
      .map((search) => expectedIds(rows, { ...search, includeDeleted: false }).length);
    expect(sizes.filter((size) => size > 0 && size < live).length).toBeGreaterThan(400);
  });

  test.each([...searchers, ...relators].filter(({ seenByOracle }) => seenByOracle))("notice a storage that $name", async (mutant) => {
    const storage = mutated(memoryStorage(), mutant);
    const rows = await load(storage, 1);
    const outcome = await fc.check(answersAsExpected(storage, rows), { seed, numRuns: 3_000, endOnFailure: true });
    expect(outcome.failed).toBe(true);
  });

  test.each(aggregators)("notice in its groups a storage that $name", async (mutant) => {
    const storage = mutated(memoryStorage(), mutant);
    const rows = await load(storage, 1);
    const outcome = await fc.check(groupsAsExpected(storage, rows), { seed, numRuns: 3_000, endOnFailure: true });
    expect(outcome.failed).toBe(true);
  });

  test("know instants to the nanosecond, whatever their offset", () => {
    expect(nanoseconds("2026-01-31T17:30:00.000000001+05:30")).toBe(nanoseconds("2026-01-31T12:00:00Z") + 1n);
    expect(nanoseconds("1970-01-01T00:00:00Z")).toBe(0n);
    expect(nanoseconds("0000-01-01T00:00:00+01:00")).toBeLessThan(nanoseconds("0000-01-01T00:00:00Z"));
    expect(nanoseconds(5)).toBe(nanoseconds("1970-01-01T00:00:00.005Z"));
  });
});
