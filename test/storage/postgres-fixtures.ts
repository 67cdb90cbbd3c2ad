import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, onTestFinished } from "vitest";
import { type PostgresBaseOptions, postgresStorage } from "../../src/postgres.ts";
import type { ResourceSpec } from "../../src/spec/resource.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { FsBlobStore } from "../../src/stores/fs/fs-blob-store.ts";
import { FsRevisionStore } from "../../src/stores/fs/fs-revision-store.ts";
import { newDirectory } from "../support/new-directory.ts";
import { execute, newSchema } from "../support/postgres-database.ts";
import type { Opened, Variant } from "./conformance.ts";
import { specs } from "./fixtures.ts";

/** Where large bodies and blobs are: beside the database in files, or in it. */
export type Files = "files" | "sql";

export interface Place {
  readonly url: string;
  readonly schema: string;
  readonly dir: string;
}

export type PlaceOptions = PostgresBaseOptions & { readonly inlineBytes?: number };

/** A schema and a directory that nobody else has. */
export async function newPlace(): Promise<Place & { readonly remove: () => Promise<void> }> {
  const { url, schema, drop } = await newSchema();
  const dir = await newDirectory("postgres");
  const remove = async () => {
    await drop();
    await rm(dir, { recursive: true });
  };
  return { url, schema, dir, remove };
}

/** The same, removed when the test has finished. */
export async function temporaryPlace(): Promise<Place> {
  const { remove, ...place } = await newPlace();
  onTestFinished(remove);
  return place;
}

/** Few connections: the tests of all files share one server. */
export function storageAt({ url, schema, dir }: Place, files: Files, { inlineBytes, ...options }: PlaceOptions = {}): IStorage {
  const base = { url, schema, pool: 3, ...options };
  if (files === "sql") return postgresStorage({ ...base, revisions: "sql" });
  return postgresStorage({
    ...base,
    revisions: new FsRevisionStore(join(dir, "revisions")),
    blobs: new FsBlobStore(join(dir, "blobs")),
    ...(inlineBytes === undefined ? {} : { inlineBytes }),
  });
}

/** Opens it; closed when the test has finished, if it was not before. */
export async function openPostgres(
  place: Place,
  options: PlaceOptions = {},
  files: Files = "files",
  of: readonly ResourceSpec[] = specs,
): Promise<IStorage> {
  const storage = storageAt(place, files, options);
  await storage.open(of, () => {});
  onTestFinished(() => storage.close());
  return storage;
}

/** Of the tables of a schema: all rows but the definitions of its tables. Another store, in a fiftieth of the time that a new one takes. */
const emptied = `
  do $$ declare t text; begin
    for t in select tablename from pg_tables where schemaname = current_schema() and tablename not in ('specstar_spec', 'specstar_state') loop
      execute format('delete from %I', t);
    end loop;
  end $$;
  insert into specstar_head (id, position) values (1, 0);
  update specstar_state set epoch = gen_random_uuid(), secret = sha256(gen_random_uuid()::text::bytea);`;

/** Places that go from test to test, emptied in between. To be called where a suite is described. */
function emptiedPlaces(): { readonly take: () => Promise<Place>; readonly giveBack: (place: Place) => Promise<void> } {
  const all: Awaited<ReturnType<typeof newPlace>>[] = [];
  const free: Place[] = [];
  afterAll(async () => {
    for (const place of all) await place.remove();
  });
  const take = async () => {
    const place = free.pop();
    if (place) return place;
    const made = await newPlace();
    all.push(made);
    return made;
  };
  const giveBack = async (place: Place) => {
    await execute(place.url, `set search_path = ${place.schema}; ${emptied}`);
    free.push(place);
  };
  return { take, giveBack };
}

/** Opens a storage for each case of a suite, over data of its own. */
export function openedPostgres(files: Files): (variant: Variant) => Promise<Opened> {
  const { take, giveBack } = emptiedPlaces();
  return async (variant) => {
    const place = await take();
    const make = () => storageAt(place, files, variant);
    return { storage: make(), reopen: async () => make(), cleanup: () => giveBack(place) };
  };
}

/** A place for a test, given back when it has finished. */
export function borrowedPlaces(): () => Promise<Place> {
  const { take, giveBack } = emptiedPlaces();
  return async () => {
    const place = await take();
    onTestFinished(() => giveBack(place));
    return place;
  };
}
