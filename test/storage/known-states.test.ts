import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { KnownStates } from "../../src/storage/known-states.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "../../src/stores/fs/fs-revision-store.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { commit, searchQuery } from "./case.ts";
import { openDisk, temporaryDirectory } from "./disk-fixtures.ts";
import { Article, create, modify, paged, pagedOf, purge, remove, restore, specs, storedOf, update, type Version } from "./fixtures.ts";
import { openPostgres, temporaryPlace } from "./postgres-fixtures.ts";

const everything = searchQuery(Article, { orderBy: ["views"] });

async function expectPage(storage: IStorage, versions: readonly Version[]): Promise<void> {
  expect(paged(await storage.search("article", everything)).rows).toEqual(versions.map(pagedOf("views")));
}

/** Two processes over the same data. */
const pairs: Readonly<Record<string, () => Promise<readonly [IStorage, IStorage]>>> = {
  disk: async () => {
    const dir = await temporaryDirectory();
    return [await openDisk(dir), await openDisk(dir)];
  },
  ...(!withoutPostgres() && {
    postgres: async () => {
      const place = await temporaryPlace();
      return [await openPostgres(place), await openPostgres(place)];
    },
  }),
};

describe.each(Object.entries(pairs))("pages on %s", (_name, open) => {
  test("show what another process has written, however often they were read before", async () => {
    const [reader, writer] = await open();
    const versions = [1, 2, 3, 4].map((views) => create(Article, { views, title: "one" }));
    await commit(writer, ...versions);
    for (let round = 0; round < 30; round++) {
      await expectPage(reader, versions);
      const place = round % versions.length;
      const version = versions[place] as Version;
      const next = update(version, { views: place + 1, title: `round ${round}` });
      await commit(round % 3 === 0 ? reader : writer, next);
      versions[place] = next;
    }
    await commit(writer, purge(versions.pop() as Version));
    await expectPage(reader, versions);
  });
});

test("pages show every kind of change, however often they were read before", async () => {
  const storage = await openDisk(await temporaryDirectory());
  const kept = create(Article, { views: 1, title: "kept" });
  const draft = create(Article, { views: 2, title: "draft" }, { status: "draft" });
  await commit(storage, kept, draft);
  for (let round = 0; round < 20; round++) await expectPage(storage, [kept, draft]);
  const modified = modify(draft, { views: 2, title: "modified" });
  await commit(storage, modified);
  await expectPage(storage, [kept, modified]);
  const removed = remove(kept);
  await commit(storage, removed);
  await expectPage(storage, [modified]);
  const restored = restore(removed);
  await commit(storage, restored);
  await expectPage(storage, [restored, modified]);
});

test("bytes of states that are known are not fetched again", async () => {
  const dir = await temporaryDirectory();
  const revisions = new FsRevisionStore(join(dir, "revisions"));
  const fetched: string[] = [];
  const get = revisions.get.bind(revisions);
  revisions.get = (keys) => {
    fetched.push(...keys);
    return get(keys);
  };
  const storage = composeStorage({
    meta: new SqliteMetaStore(join(dir, "meta.db")),
    revisions,
    blobs: new FsBlobStore(join(dir, "blobs")),
    inlineBytes: 0,
  });
  await storage.open(specs, () => {});
  await commit(storage, create(Article, { views: 1 }), create(Article, { views: 2 }));
  for (let round = 0; round < 30; round++) await storage.search("article", everything);
  expect(fetched).toHaveLength(2);
  await storage.close();
});

describe("known states", () => {
  const version = create(Article, { title: "one" });
  const { meta } = version;

  test("are of one type, one version and one instant", () => {
    const known = new KnownStates(1_000_000);
    const state = known.add("article", storedOf(version));
    expect(known.of("article").get(meta)).toBe(state);
    expect(state).toEqual(storedOf(version));
    expect(known.of("author").get(meta)).toBeUndefined();
    expect(known.of("article").get({ ...meta, version: 2 })).toBeUndefined();
    expect(known.of("article").get({ ...meta, updatedAt: meta.updatedAt + 1 })).toBeUndefined();
    known.forget(meta.id);
    expect(known.of("article").get(meta)).toBeUndefined();
  });

  test("go when there are too many, those first that nobody has asked for", () => {
    const known = new KnownStates(50_000);
    const states = Array.from({ length: 100 }, (_, views) => create(Article, { views }));
    for (const state of states) {
      known.add("article", storedOf(state));
      known.of("article").get(states[0]?.meta ?? meta);
    }
    const left = states.map((state) => known.of("article").get(state.meta) !== undefined);
    expect([left[0], left[1], left.at(-1)]).toEqual([true, false, true]);
    expect(left.filter(Boolean).length).toBeLessThanOrEqual(50);
  });

  test("are not kept where there is no memory for them", () => {
    const known = new KnownStates(0);
    known.add("article", storedOf(version));
    expect(known.of("article").get(meta)).toBeUndefined();
  });

  test("help where most of what was asked lately was there", () => {
    const known = new KnownStates(1_000_000).of("article");
    expect(known.helps).toBe(false);
    for (let i = 0; i < 20; i++) known.note(9, 10);
    expect(known.helps).toBe(true);
    known.note(0, 0);
    expect(known.helps).toBe(true);
    for (let i = 0; i < 20; i++) known.note(1, 10);
    expect(known.helps).toBe(false);
  });
});
