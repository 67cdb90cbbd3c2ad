import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import { composeStorage } from "../../src/storage/compose-storage.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import type { MetaStore } from "../../src/storage/meta-store.ts";
import type { RevisionStore } from "../../src/storage/revision-store.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "../../src/stores/fs/fs-revision-store.ts";
import { PostgresMetaStore } from "../../src/stores/postgres/postgres-meta-store.ts";
import type { ReadBytes } from "../../src/stores/sql/fill-batch.ts";
import { SqliteMetaStore } from "../../src/stores/sqlite/sqlite-meta-store.ts";
import { execute, postgresMissing, withoutPostgres } from "../support/postgres-database.ts";
import { commit, expectCode, found, idsOf, readOne } from "./case.ts";
import { damage, filesOf, tamper, temporaryDirectory } from "./disk-fixtures.ts";
import { create, remove, unit, update, type Version } from "./fixtures.ts";
import { openPostgres, temporaryPlace } from "./postgres-fixtures.ts";

const schema = z.object({ title: z.string().nullish() });
const Narrow = defineResource("note", { schema });
const Wide = defineResource("note", { schema, index: ["title"] });

const timeouts = { connectMs: 5_000, statementMs: 30_000, lockMs: 5_000, idleInTransactionMs: 10_000 };

/** Meta stores whose bytes are read by a function of the test, with the directory beside them. */
const metas: Readonly<Record<string, () => Promise<{ readonly dir: string; readonly meta: (readBytes: ReadBytes) => MetaStore }>>> = {
  sqlite: async () => {
    const dir = await temporaryDirectory();
    return { dir, meta: (readBytes) => new SqliteMetaStore(join(dir, "meta.db"), { readBytes }) };
  },
  ...(!withoutPostgres() && {
    postgres: async () => {
      const { url, schema, dir } = await temporaryPlace();
      return { dir, meta: (readBytes) => new PostgresMetaStore({ settings: { address: { url }, schema, pool: 3, timeouts }, readBytes }) };
    },
  }),
};

type Around = (read: () => ReturnType<ReadBytes>) => ReturnType<ReadBytes>;

/** Opens a storage without inline bodies; `around` is there whenever the filling reads some. */
async function opened(
  make: { dir: string; meta: (readBytes: ReadBytes) => MetaStore },
  spec: ResourceSpec,
  around: Around = (read) => read(),
): Promise<IStorage> {
  const revisions: RevisionStore = new FsRevisionStore(join(make.dir, "revisions"));
  const meta = make.meta((keys) => around(() => revisions.get(keys)));
  const storage = composeStorage({ meta, revisions, blobs: new FsBlobStore(join(make.dir, "blobs")), inlineBytes: 0 });
  await storage.open([spec], () => {});
  onTestFinished(() => storage.close());
  return storage;
}

async function written(make: Parameters<typeof opened>[0], notes: readonly Version[]): Promise<void> {
  const storage = await opened(make, Narrow);
  await storage.commit(notes.map((note) => unit(note)));
  await storage.close();
}

const under = (version: Version): Version => ({ ...version, spec: Wide });

afterEach(() => setCrashHandler(undefined));

describe.each(Object.entries(metas))("filling columns in %s", (_name, start) => {
  test("takes no notice of what is written or deleted between its reading and its writing", async () => {
    const make = await start();
    const [kept, changed, deleted, last] = ["kept", "changed", "deleted", "last"].map((title) => create(Narrow, { title }));
    if (!kept || !changed || !deleted || !last) return expect.unreachable();
    await written(make, [kept, changed, deleted, last]);
    let between: (() => Promise<void>) | undefined;
    let reads = 0;
    const storage = await opened(make, Wide, async (read) => {
      reads += 1;
      const bytes = await read();
      await between?.();
      between = undefined;
      return bytes;
    });
    between = () => commit(storage, update(under(changed), { title: "newer" }), remove(under(deleted)));
    await storage.schema.filled();
    const search = (title: string) => found(storage, Wide, { where: { title: { eq: title } }, includeDeleted: true });
    expect([await search("newer"), await search("changed"), await search("deleted")]).toEqual([idsOf([changed]), [], idsOf([deleted])]);
    expect(await found(storage, Wide, { orderBy: ["title"] })).toEqual(idsOf([kept, last, changed]));
    // What was deleted is read again, with those behind it.
    expect(reads).toBe(2);
  });

  test("is tried again while bytes cannot be read", async () => {
    const make = await start();
    const note = create(Narrow, { title: "one" });
    await written(make, [note]);
    let away = true;
    const storage = await opened(make, Wide, (read) => (away ? Promise.reject(new Error("out of reach")) : read()));
    await expect.poll(() => storage.schema.progress()[0]).toMatchObject({ done: 0, failure: "out of reach" });
    away = false;
    expect(await storage.schema.filled()).toEqual([]);
    expect(await found(storage, Wide, { where: { title: { eq: "one" } } })).toEqual(idsOf([note]));
  });

  test("ends with the storage, and leaves nothing behind", async () => {
    const make = await start();
    await written(make, [create(Narrow, { title: "one" })]);
    let begun = () => {};
    const reading = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const storage = await opened(make, Wide, async (read) => {
      begun();
      await new Promise((resolve) => setImmediate(resolve));
      return read();
    });
    const filled = storage.schema.filled();
    await reading;
    await storage.close();
    await filled;
    expect(storage.schema.progress()).toEqual([]);
  });

  test("goes past bytes that are damaged or gone, and counts them", async () => {
    const make = await start();
    const [sound, damaged] = [create(Narrow, { title: "sound" }), create(Narrow, { title: "damaged" })];
    await written(make, [sound, damaged]);
    expect(await damage(await filesOf(make.dir, "revisions"), "damaged")).toBe(1);
    setCrashHandler((point) => {
      if (point === "before-fields-ready") throw new Error(point);
    });
    const storage = await opened(make, Wide);
    await expect.poll(() => storage.schema.progress()[0]).toMatchObject({ done: 2, unfit: 1, unfitId: damaged.meta.id });
    setCrashHandler(undefined);
    await storage.schema.filled();
    await expectCode("DATA_CORRUPTION", found(storage, Wide, { where: { title: { isNull: true } } }));
    expect(await found(storage, Wide, { where: { title: { eq: "sound" } } })).toEqual(idsOf([sound]));
  });
});

test("a process that waits for its columns stays alive while a failed reading pauses", async () => {
  const run = promisify(execFile);
  const child = join(import.meta.dirname, "filling-child.ts");
  const { stdout } = await run(process.execPath, ["--conditions=source", child, await temporaryDirectory()]);
  expect(JSON.parse(stdout)).toEqual({ failed: true, left: [] });
});

test("a batch of a former spec is nothing once another one has opened the SQLite file", async () => {
  const make = await metas.sqlite?.();
  if (!make) return expect.unreachable();
  const note = create(Narrow, { title: "one" });
  await written(make, [note]);
  const Both = defineResource("note", { schema: schema.extend({ views: z.int().default(3) }), index: ["title", "views"] });
  let formerHasWritten = false;
  let both: Promise<IStorage> | undefined;
  const former = await opened(make, Wide, async (read) => {
    both ??= opened(make, Both, (readAgain) => (formerHasWritten ? readAgain() : Promise.reject(new Error("later"))));
    await both;
    return read();
  });
  expect(await former.schema.filled()).toMatchObject([{ field: "title", stopped: true }]);
  formerHasWritten = true;
  const storage = await both;
  if (!storage) return expect.unreachable();
  await storage.schema.filled();
  expect(await found(storage, Both, { where: { title: { eq: "one" }, views: { eq: 3 } } })).toEqual(idsOf([note]));
});

test("a store of the former format is opened, and asked for nothing", async () => {
  const dir = await temporaryDirectory();
  const before = diskStorage(dir);
  await before.open([Narrow], () => {});
  const note = create(Narrow, { title: "one" });
  await commit(before, note);
  await before.close();
  for (const statement of [
    "update specstar_state set format = 1",
    "update specstar_spec set hash = 'of before'",
    ...["version", "fields", "fill"].map((column) => `alter table specstar_spec drop column ${column}`),
  ])
    tamper(dir, statement);
  const Other = defineResource("note", { schema: z.object({ heading: z.string().nullish() }), index: ["heading"] });
  expect((await diskStorage(dir).schema.plan([Other])).map(({ resource, field, what }) => [resource, field, what])).toEqual([
    ...[0, 1, 2].map(() => [undefined, undefined, "add column"]),
    ["note", "heading", "add column"],
    ["note", "heading", "create index"],
    ["note", "heading", "fill column"],
  ]);
  const after = diskStorage(dir);
  await after.open([Other], () => {});
  await after.schema.filled();
  expect(await found(after, Other, { where: { heading: { isNull: true } } })).toEqual(idsOf([note]));
  await after.close();
});

if (postgresMissing === undefined) {
  test("a program that knows a column by its former type on PostgreSQL is told to start again", async () => {
    const place = await temporaryPlace();
    const before = await openPostgres(place, { pool: 1 }, "files", [Wide]);
    const note = create(Wide, { title: "1" });
    await commit(before, note);
    await readOne(before, note);
    const Numbered = defineResource("note", { schema: z.object({ title: z.int().nullish() }), index: ["title"] });
    await openPostgres(place, {}, "files", [Numbered]);
    await expect(readOne(before, note)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("with the same resources"),
    });
  });

  test("an index whose making was cut short on PostgreSQL is made again", async () => {
    const place = await temporaryPlace();
    const before = await openPostgres(place, {}, "files", [Narrow]);
    const note = create(Narrow, { title: "one" });
    await commit(before, note);
    await before.close();
    setCrashHandler((point) => {
      if (point === "before-fields-ready") throw new Error(point);
    });
    const killed = await openPostgres(place, {}, "files", [Wide]);
    const invalid = `select count(*)::int as count from pg_index where indrelid = '${place.schema}.note'::regclass and not indisvalid`;
    const index = `'${place.schema}.note__title__start___id___state__index'`;
    await expect
      .poll(async () => (await execute(place.url, `select to_regclass(${index}) is not null as there`))[0])
      .toEqual({ there: true });
    await killed.close();
    await execute(place.url, `update pg_index set indisvalid = false where indexrelid = ${index}::regclass`);
    expect(await execute(place.url, invalid)).toEqual([{ count: 1 }]);
    setCrashHandler(undefined);
    const next = await openPostgres(place, {}, "files", [Wide]);
    expect(await next.schema.filled()).toEqual([]);
    expect(await execute(place.url, invalid)).toEqual([{ count: 0 }]);
    expect(await found(next, Wide, { where: { title: { eq: "one" } } })).toEqual(idsOf([note]));
  });
}
