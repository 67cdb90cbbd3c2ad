import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { diskStorage } from "../../src/disk.ts";
import { memoryStorage } from "../../src/memory.ts";
import { s3Storage } from "../../src/s3.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import type { BackendName } from "../storage/conformance.ts";
import { temporaryDirectory } from "../storage/disk-fixtures.ts";
import { storageAt, temporaryPlace } from "../storage/postgres-fixtures.ts";
import { S3World } from "../storage/s3-fixtures.ts";
import { postgresMissing } from "../support/postgres-database.ts";
import { contentOf } from "./frames.ts";
import { Article, Author, exported, live, openFull, openOn, pieces, steps, type World } from "./world.ts";

const s3 = new S3World();

const storages: Record<BackendName, () => Promise<IStorage>> = {
  memory: async () => memoryStorage(),
  disk: async () => diskStorage(await temporaryDirectory(), { inlineBytes: 100 }),
  s3: async () => s3Storage(await s3.newPlace()),
  postgres: async () => storageAt(await temporaryPlace(), "files", { inlineBytes: 100 }),
  "postgres, revisions in sql": async () => storageAt(await temporaryPlace(), "sql"),
};
const names = Object.entries(storages).filter(([name]) => postgresMissing === undefined || !name.startsWith("postgres"));

/** What reads of a world say that do not come from its archive. */
async function seen(platform: World) {
  const articles = platform.resource(Article);
  const { items } = await articles.search({ first: 200, includeDeleted: true, orderBy: ["id"] });
  return Promise.all(
    items.map(async ({ id, data, meta }) => {
      const { items: revisions } = await articles.revisions(id, { first: 200 });
      const at = new Date(Date.parse(String(meta.createdAt)) + 1).toISOString();
      const then = await articles.get(id, { asOf: at, includeDeleted: true }).then(
        (found) => [found.version, found.data],
        (thrown: unknown) => String(thrown),
      );
      return { id, data, meta, then, revisions: revisions.map((each) => [each.number, each.hash, each.data, each.info]) };
    }),
  );
}

describe("an archive", () => {
  test.each(names)("goes from memory to %s and back, byte for byte", async (_name, open) => {
    const source = await openFull();
    const archive = await exported(source);
    const target = await openOn(await open());
    const result = await target.import(pieces(archive));
    expect(result).toEqual({ created: 6, replaced: 0, unchanged: 0, skipped: 0, revisions: 6, blobs: 2 });
    const again = await exported(target);
    expect(contentOf(again)).toEqual(contentOf(archive));
    expect(await seen(target)).toEqual(await seen(source));
    const back = await openOn();
    await back.import(pieces(again, 77));
    expect(contentOf(await exported(back))).toEqual(contentOf(archive));
  });

  test.each(names)("of any life is the same on %s", async (_name, open) => {
    const target = await openOn(await open());
    await fc.assert(
      fc.asyncProperty(steps, fc.integer({ min: 1, max: 5_000 }), async (life, size) => {
        const source = await openOn();
        await live(source, life);
        const archive = await exported(source);
        await target.import(pieces(archive, size));
        const ids = new Set((await seen(source)).map(({ id }) => id));
        expect((await seen(target)).filter(({ id }) => ids.has(id))).toEqual(await seen(source));
        // Once more it changes nothing.
        const { created, replaced, skipped } = await target.import(pieces(archive, size));
        expect([created, replaced, skipped]).toEqual([0, 0, 0]);
        const fresh = await openOn();
        await fresh.import(pieces(archive, size));
        expect(contentOf(await exported(fresh))).toEqual(contentOf(archive));
      }),
      { numRuns: 8 },
    );
  });

  test("has the resources of one spec, or one resource, where that is asked", async () => {
    const source = await openFull();
    const authors = await openOn();
    expect(await authors.import(await source.export({ resources: [Author] }), { resources: [Author] })).toMatchObject({
      created: 1,
      blobs: 0,
    });
    const [first] = (await source.resource(Article).search({ where: { title: { eq: "one" } } })).items;
    const one = await openOn();
    expect(await one.import(await source.export({ resources: [Article], id: first?.id }))).toMatchObject({
      created: 1,
      revisions: 2,
      blobs: 2,
    });
    await expect(source.export({ id: first?.id })).rejects.toMatchObject({ code: "BAD_REQUEST", details: { field: "id" } });
  });

  test("says how far it is, and ends with what it counted", async () => {
    const source = await openFull();
    const seenOf: Record<string, object> = {};
    const note = ({ phase, ...progress }: { readonly phase: string }) => {
      seenOf[phase] = progress;
    };
    const archive = await exported(source, { onProgress: note });
    const target = await openOn();
    await target.import(pieces(archive), { onProgress: note });
    const counts = { resources: 5, purged: 1, revisions: 6, blobs: 2, blobBytes: 300_006 };
    expect(seenOf.exporting).toEqual({ ...counts, bytes: archive.length });
    expect(seenOf.verifying).toMatchObject(counts);
    expect(seenOf.importing).toMatchObject(counts);
  });
});
