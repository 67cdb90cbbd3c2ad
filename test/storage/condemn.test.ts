import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { systemContext } from "../../src/storage/context.ts";
import type { MetaStore } from "../../src/storage/meta-store.ts";
import { MemoryMetaStore } from "../../src/stores/memory/memory-meta-store.ts";
import { PostgresMetaStore } from "../../src/stores/postgres/postgres-meta-store.ts";
import { S3Bucket } from "../../src/stores/s3/s3-bucket.ts";
import { S3Journal } from "../../src/stores/s3/s3-journal.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { execute, withoutPostgres } from "../support/postgres-database.ts";
import { condemnCases, condemnMutants, isThere, mutate, newKey, ofOne, outcomes } from "./condemn-cases.ts";
import { tamper, temporaryDirectory } from "./disk-fixtures.ts";
import { Article, create, specs } from "./fixtures.ts";
import { temporaryPlace } from "./postgres-fixtures.ts";
import { elsewhere, S3World } from "./s3-fixtures.ts";

const world = new S3World();

interface Stores {
  /** Each call makes a store over the same data, as another process would. */
  readonly make: () => Promise<MetaStore>;
  /** Makes the data those of a version that knew no condemned keys. */
  readonly age?: () => Promise<unknown>;
}

const backends: Readonly<Record<string, () => Promise<Stores>>> = {
  memory: async () => ({ make: async () => new MemoryMetaStore(systemContext) }),
  sqlite: async () => {
    const dir = await temporaryDirectory();
    return {
      make: async () => new SqliteMetaStore(join(dir, "meta.db")),
      age: async () => {
        tamper(dir, "drop table specstar_swept");
        tamper(dir, "update specstar_spec set hash = 'of before'");
      },
    };
  },
  "sqlite, kept in S3": async () => {
    const place = await world.newPlace();
    return {
      make: async () => {
        const { dir } = await elsewhere(place);
        const journal = new S3Journal({
          bucket: new S3Bucket(place),
          context: systemContext,
          name: "node",
          leaseMs: 30_000,
          snapshotBytes: 1e6,
          retentionMs: 1e6,
        });
        return new SqliteMetaStore(join(dir, "meta.db"), { journal });
      },
    };
  },
  postgres: async () => {
    const { url, schema } = await temporaryPlace();
    const timeouts = { connectMs: 5_000, statementMs: 30_000, lockMs: 5_000, idleInTransactionMs: 10_000 };
    return {
      make: async () => new PostgresMetaStore({ settings: { address: { url }, schema, pool: 2, timeouts } }),
      age: () => execute(url, `set search_path = ${schema}; drop table specstar_swept; update specstar_spec set hash = 'of before'`),
    };
  },
};

async function opened({ make }: Stores): Promise<MetaStore> {
  const meta = await make();
  await meta.open(specs);
  onTestFinished(() => meta.close());
  return meta;
}

describe.each(Object.entries(backends))("%s", (backend, start) => {
  if (backend === "postgres" && withoutPostgres()) return;
  test.each(condemnCases)("$name", async ({ run }) => run(await opened(await start())));

  if (backend === "memory") return;
  test("a condemned key stays so in every process, and when all of them have ended", async () => {
    const stores = await start();
    const first = await opened(stores);
    const [article, key] = [create(Article, {}), newKey()];
    await first.condemn([key]);
    await first.close();
    const second = await opened(stores);
    expect(await outcomes(second, ofOne(article, key))).toEqual(["UNAVAILABLE"]);
    expect(await isThere(second, article)).toBe(false);
  });

  if (backend === "sqlite, kept in S3") return;
  test("of a commit and a sweep that meet on one key, exactly one comes through", async () => {
    const stores = await start();
    const [writer, sweeper] = [await opened(stores), await opened(stores)];
    for (let round = 0; round < 40; round++) {
      const articles = Array.from({ length: 4 }, () => ({ article: create(Article, {}), key: newKey() }));
      const keys = articles.map(({ key }) => key);
      const [written, condemned] = await Promise.all([
        outcomes(writer, ...articles.map(({ article, key }) => ofOne(article, key))),
        sweeper.condemn(keys),
      ]);
      expect(written).toEqual(keys.map((key) => (condemned.includes(key) ? "UNAVAILABLE" : true)));
    }
  });

  test("a store of before is widened when it is opened", async () => {
    const { age, ...stores } = await start();
    const before = await opened(stores);
    const [old, key] = [create(Article, {}), newKey()];
    await outcomes(before, ofOne(old));
    await before.close();
    await age?.();
    const meta = await opened(stores);
    expect(await isThere(meta, old)).toBe(true);
    expect(await meta.condemn([key])).toEqual([key]);
    expect(await outcomes(meta, ofOne(create(Article, {}), key))).toEqual(["UNAVAILABLE"]);
  });
});

describe("the cases themselves", () => {
  /** Names of the cases that a mutant fails. */
  async function failedBy(mutant: (typeof condemnMutants)[number]): Promise<string[]> {
    const failed: string[] = [];
    for (const { name, run } of condemnCases) {
      const meta = mutate(new MemoryMetaStore(systemContext), mutant);
      await meta.open(specs);
      await run(meta).catch(() => failed.push(name));
    }
    return failed;
  }

  test("each mutant is caught, and each case catches one", async () => {
    const caught = await Promise.all(condemnMutants.map(failedBy));
    expect(condemnMutants.filter((_, i) => caught[i]?.length === 0)).toEqual([]);
    expect(condemnCases.map(({ name }) => name).filter((name) => !caught.flat().includes(name))).toEqual([]);
  });
});
