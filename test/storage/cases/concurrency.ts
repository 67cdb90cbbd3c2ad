import { assert, expect } from "vitest";
import { z } from "zod";
import type { UnitResult } from "../../../src/storage/rows.ts";
import type { IStorage } from "../../../src/storage/storage.ts";
import { type Case, commit, expectAbsent, expectCurrent, historyOf } from "../case.ts";
import { Article, Author, create, modify, purge, remove, unit, update, type Version } from "../fixtures.ts";

const bodySchema = z.object({ tags: z.array(z.string()) });

/** Adds a tag to whatever is current, and tries again as long as another was faster. Gives the tries that it took. */
async function addTag(storage: IStorage, like: Version, tag: string, tries = 1): Promise<number> {
  const [stored] = await storage.read("article", [{ id: like.meta.id }]);
  assert(stored, "the resource is there");
  const { tags } = bodySchema.parse(JSON.parse(stored.revision.body));
  const [result] = await storage.commit([unit(update({ ...like, ...stored }, { tags: [...tags, tag] }))]);
  if (result?.ok) return tries;
  assert(result?.failure.kind === "version", "only the version can be in the way");
  assert(tries < 1_000, "somebody else must win each time");
  return addTag(storage, like, tag, tries + 1);
}

const okOf = (results: readonly UnitResult[]): number => results.filter(({ ok }) => ok).length;

/** Many writers at once. */
export const concurrency: readonly Case[] = [
  {
    name: "200 writers that compare and set on one resource lose nothing",
    run: async ({ storage }) => {
      const article = create(Article, { tags: [] });
      await commit(storage, article);
      const tags = Array.from({ length: 200 }, (_, index) => `t${index}`);
      // Eight at a time are enough for every commit to have rivals.
      const lanes = Array.from({ length: 8 }, (_, lane) => tags.filter((_tag, index) => index % 8 === lane));
      await Promise.all(
        lanes.map(async (lane) => {
          for (const tag of lane) await addTag(storage, article, tag);
        }),
      );
      const [stored] = await storage.read("article", [{ id: article.meta.id }]);
      assert(stored);
      expect(bodySchema.parse(JSON.parse(stored.revision.body)).tags.toSorted()).toEqual(tags.toSorted());
      expect(stored.meta.version).toBe(201);
      const page = await historyOf(storage, "article", article.meta.id, { limit: 300, fromEnd: false });
      expect(page.rows.map(({ number }) => number)).toEqual(Array.from({ length: 201 }, (_, index) => index + 1));
    },
  },
  {
    name: "of 200 commits on one version exactly one succeeds, and the others learn the actual version",
    run: async ({ storage }) => {
      const article = create(Article, { views: 0 });
      await commit(storage, article);
      const rivals = Array.from({ length: 200 }, (_, index) => update(article, { views: index + 1 }));
      const results = (await Promise.all(rivals.map((rival) => storage.commit([unit(rival)])))).flat();
      expect(okOf(results)).toBe(1);
      const failures = results.flatMap((result) => (result.ok ? [] : [result.failure]));
      expect(failures).toEqual(failures.map(() => ({ kind: "version", id: article.meta.id, actual: 2 })));
      const winner = rivals[results.findIndex(({ ok }) => ok)];
      assert(winner);
      await expectCurrent(storage, winner);
    },
  },
  {
    name: "of 100 creates with one unique value exactly one succeeds",
    run: async ({ storage }) => {
      const rivals = Array.from({ length: 100 }, () => create(Article, { slug: "one" }));
      const results = (await Promise.all(rivals.map((rival) => storage.commit([unit(rival)])))).flat();
      expect(okOf(results)).toBe(1);
      const winner = rivals[results.findIndex(({ ok }) => ok)];
      assert(winner);
      const failures = results.flatMap((result) => (result.ok ? [] : [result.failure]));
      expect(failures).toEqual(failures.map(() => ({ kind: "unique", type: "article", columns: ["slug"], holder: winner.meta.id })));
      expect((await storage.state()).head).toBe(1);
    },
  },
  {
    name: "of 50 creates of one id exactly one succeeds",
    run: async ({ storage }) => {
      const rivals = Array.from({ length: 50 }, (_, views) => create(Article, { views }, { id: "article_one" }));
      const results = (await Promise.all(rivals.map((rival) => storage.commit([unit(rival)])))).flat();
      expect(okOf(results)).toBe(1);
      expect(results.flatMap((result) => (result.ok ? [] : [result.failure]))).toEqual(
        Array.from({ length: 49 }, () => ({ kind: "taken", id: "article_one" })),
      );
    },
  },
  {
    name: "a deletion and new referrers never both succeed",
    run: async ({ storage }) => {
      for (let round = 0; round < 10; round++) {
        const author = create(Author, { name: "Ann" });
        await commit(storage, author);
        const { id } = author.meta;
        const [removed, referred] = await Promise.all([
          storage.commit([{ changes: [remove(author).change], guards: [{ kind: "noReferrers", type: "article", column: "author", id }] }]),
          storage.commit([{ changes: [create(Article, { author: id }).change], guards: [{ kind: "exists", type: "author", id }] }]),
        ]);
        expect(okOf([...removed, ...referred])).toBe(1);
      }
    },
  },
  {
    name: "who reads beside modifications and a purge sees whole states only",
    run: async ({ storage }) => {
      let draft = create(Article, { text: "0".repeat(20_000), views: 0 }, { status: "draft" });
      await commit(storage, draft);
      const { id } = draft.meta;
      let writing = true;
      const readers = Array.from({ length: 4 }, async () => {
        while (writing) {
          const [stored] = await storage.read("article", [{ id }]);
          if (stored) expect(stored.revision.body).toContain(`"views":${stored.meta.columns.views}`);
          await historyOf(storage, "article", id, { limit: 1, fromEnd: false });
          await new Promise(setImmediate);
        }
      });
      const writer = async () => {
        for (let views = 1; views <= 30; views++) {
          draft = modify(draft, { text: String(views).repeat(10_000), views });
          await commit(storage, draft);
        }
        await commit(storage, purge(draft));
      };
      await Promise.all([
        writer().finally(() => {
          writing = false;
        }),
        ...readers,
      ]);
      await expectAbsent(storage, draft);
    },
  },
  {
    name: "the feed of many writers is dense, and each resource's versions stand in order",
    run: async ({ storage }) => {
      const writers = Array.from({ length: 20 }, async (_, writer) => {
        let article = create(Article, { views: writer });
        await commit(storage, article);
        for (let count = 0; count < 5; count++) {
          article = update(article, { views: writer, text: "x".repeat(count * 5_000) });
          await commit(storage, article);
        }
      });
      await Promise.all(writers);
      const rows = await storage.changes({ after: 0, limit: 1_000 });
      expect(rows.map(({ position }) => position)).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
      const versions = Map.groupBy(rows, ({ id }) => id);
      expect([...versions.values()].map((each) => each.map(({ version }) => version))).toEqual(
        Array.from({ length: 20 }, () => [1, 2, 3, 4, 5, 6]),
      );
    },
  },
];
