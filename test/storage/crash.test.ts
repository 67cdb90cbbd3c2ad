import { isDeepStrictEqual } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { fail } from "../../src/errors.ts";
import { memoryStorage } from "../../src/memory.ts";
import { type CrashPoint, crashPoints, setCrashHandler } from "../../src/storage/crash-points.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { postgresMissing, withoutPostgres } from "../support/postgres-database.ts";
import { bytesOf, commit, expectCurrent, readOne } from "./case.ts";
import { type BackendName, type Variant, variants } from "./conformance.ts";
import { openDisk, temporaryDirectory } from "./disk-fixtures.ts";
import { Article, Author, create, hashOf, modify, purge, specs, storedOf, streamOf, unit, update, type Version } from "./fixtures.ts";
import { borrowedPlaces, type Files, openPostgres } from "./postgres-fixtures.ts";

/** A storage, and how it is found again after it was left as it is: without closing, as a crash leaves it. */
interface Running {
  readonly storage: IStorage;
  readonly after: () => Promise<IStorage>;
}

/** On S3 one node at a time may have it open, and what it leaves behind has tests of its own. */
const running: Record<Exclude<BackendName, "s3">, (variant: Variant) => Promise<Running>> = {
  memory: async (variant) => {
    const storage = memoryStorage(variant);
    await storage.open(specs, () => {});
    return { storage, after: async () => storage };
  },
  disk: async (variant) => {
    const dir = await temporaryDirectory();
    return { storage: await openDisk(dir, variant), after: () => openDisk(dir, variant) };
  },
  postgres: (variant) => runningPostgres(variant, "files"),
  "postgres, revisions in sql": (variant) => runningPostgres(variant, "sql"),
};

const postgresPlace = borrowedPlaces();

async function runningPostgres(variant: Variant, files: Files): Promise<Running> {
  const place = await postgresPlace();
  return { storage: await openPostgres(place, variant, files), after: () => openPostgres(place, variant, files) };
}

/** Per crash point how often it was reached in this file: a point that is never reached tests nothing. */
const reached = new Map<CrashPoint, number>();

/** Crashes at a point while `work` is under way. Says whether the work was acknowledged all the same. */
async function crashing(at: CrashPoint, work: () => Promise<unknown>): Promise<boolean> {
  setCrashHandler((point) => {
    if (point !== at) return;
    reached.set(point, (reached.get(point) ?? 0) + 1);
    throw fail("UNAVAILABLE", `Crashed at ${point}`);
  });
  try {
    await work();
    return true;
  } catch (thrown) {
    expect(thrown).toMatchObject({ message: `Crashed at ${at}` });
    return false;
  } finally {
    setCrashHandler(undefined);
  }
}

/** Whether the whole of a unit is there; anything in between fails. `before` has what its resources were, if they were. */
async function isPresent(storage: IStorage, after: readonly Version[], before: readonly (Version | undefined)[]): Promise<boolean> {
  const stored = await Promise.all(after.map((version) => readOne(storage, version)));
  const then = after.map((version) => (version.meta.state === "purged" ? undefined : storedOf(version)));
  const present = isDeepStrictEqual(stored, then);
  expect(stored).toEqual(present ? then : before.map((version) => version && storedOf(version)));
  return present;
}

interface Work {
  readonly name: string;
  /** From a draft that is there, the versions of one unit. */
  readonly of: (draft: Version) => readonly Version[];
}

const large = "x".repeat(20_000);
const works: readonly Work[] = [
  {
    name: "a unit of several changes",
    of: (draft) => [
      create(Author, { name: "new" }),
      update(draft, { title: "updated", slug: "updated", text: large }),
      create(Article, { slug: "draft", text: large }),
    ],
  },
  { name: "a modification", of: (draft) => [modify(draft, { title: "modified", text: large })] },
  { name: "a purge", of: (draft) => [purge(draft)] },
];

describe.each(Object.entries(running))("%s storage after a crash", (backend, start) => {
  if (backend.startsWith("postgres") && withoutPostgres()) return;
  afterEach(() => setCrashHandler(undefined));

  // Where all bodies are in the database, both are the same.
  const own = Object.entries(variants).slice(0, backend === "postgres, revisions in sql" ? 1 : undefined);
  describe.each(own)("with %s", (_variant, variant) => {
    describe.each(crashPoints)("at %s", (point) => {
      test.each(works)("holds all or nothing of $name, and goes on", async ({ of }) => {
        const { storage, after } = await start(variant);
        const draft = create(Article, { title: "draft", slug: "draft", text: large }, { status: "draft" });
        await commit(storage, draft);
        const unitOf = of(draft);
        const before = unitOf.map(({ meta }) => (meta.id === draft.meta.id ? draft : undefined));

        const acknowledged = await crashing(point, async () => {
          expect(await storage.commit([unit(...unitOf)])).toEqual([{ ok: true }]);
        });
        await crashing(point, () => storage.changes({ after: 0, limit: 10 }));
        const present = await isPresent(storage, unitOf, before);
        if (acknowledged) expect(present).toBe(true);

        const again = await after();
        expect(await isPresent(again, unitOf, before)).toBe(present);
        expect(await again.changes({ after: 0, limit: 10 })).toHaveLength(present ? 1 + unitOf.length : 1);

        if (!present) expect(await again.commit([unit(...unitOf)])).toEqual([{ ok: true }]);
        expect(await isPresent(again, unitOf, before)).toBe(true);
        const next = create(Article, { title: "next", text: large });
        await commit(storage, next);
        await expectCurrent(again, next);
        const positions = (await again.changes({ after: 0, limit: 10 })).map(({ position }) => position);
        expect(positions).toEqual(Array.from({ length: unitOf.length + 2 }, (_, index) => index + 1));
      });

      test("holds all or nothing of a blob, and goes on", async () => {
        const { storage, after } = await start(variant);
        const row = { id: "blob_00000000000000000000000000", contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
        const expected = { ...row, hash: hashOf(large), size: large.length };
        const put = () => storage.putBlob(streamOf(large), row);
        const acknowledged = await crashing(point, put);
        const again = await after();
        expect(await again.blobs([row.id])).toEqual([acknowledged ? expected : undefined]);
        expect(await put()).toEqual(expected);
        expect(await bytesOf(again.readBlob(expected))).toHaveLength(large.length);
      });

      test("disturbs no unit of the same batch that was acknowledged", async () => {
        const { storage, after } = await start(variant);
        const articles = Array.from({ length: 10 }, (_, views) => create(Article, { views, text: "x".repeat(views * 4_000) }));
        const acknowledged: Version[] = [];
        await crashing(point, async () => {
          await Promise.allSettled(
            articles.map(async (article) => {
              const [result] = await storage.commit([unit(article)]);
              if (result?.ok) acknowledged.push(article);
            }),
          );
        });
        const again = await after();
        await expectCurrent(again, ...acknowledged);
        const rows = await again.changes({ after: 0, limit: 20 });
        const stored = await again.read(
          "article",
          articles.map(({ meta }) => ({ id: meta.id })),
        );
        expect(rows.map(({ id }) => id).toSorted()).toEqual(stored.flatMap((each) => (each ? [each.meta.id] : [])));
      });
    });
  });
});

test("every crash point was reached", () => {
  const elsewhere: readonly CrashPoint[] = ["after-journal"];
  const onPostgres: readonly CrashPoint[] = postgresMissing === undefined ? [] : ["before-sequence", "after-sequence"];
  const expected = crashPoints.filter((point) => !elsewhere.includes(point) && !onPostgres.includes(point));
  expect([...reached.keys()].toSorted()).toEqual(expected.toSorted());
});
