import { expect } from "vitest";
import { bytesOf, type Case, commit, expectAbsent, expectCurrent, expectFeed, found, historyOf, idsOf, refusal } from "../case.ts";
import { Article, Author, create, purge, remove, streamOf, unit, update } from "../fixtures.ts";

/** What outlives the process. */
export const durability: readonly Case[] = [
  {
    name: "reopening keeps resources, history, feed, replies and blobs",
    needs: "durable",
    run: async ({ storage, reopen }) => {
      const first = create(Article, { title: "1", slug: "one", tags: ["\u{1F600}"] });
      const second = update(first, { title: "2", slug: "one", text: "x".repeat(50_000) });
      const author = create(Author, { name: "removed" });
      const removed = remove(author);
      const reply = { key: "key", payload: "p", id: first.meta.id, result: "r", expiresAt: Date.now() + 86_400_000 };
      await storage.commit([{ changes: [first.change], reply }]);
      await commit(storage, second, author, removed);
      const blob = await storage.putBlob(streamOf("bytes"), {
        id: "blob_00000000000000000000000000",
        contentType: "text/plain",
        createdAt: Date.now(),
        createdBy: "ann",
      });

      const again = await reopen();
      await expectCurrent(again, second, removed);
      expect(await again.read("article", [{ id: first.meta.id, number: 1 }])).toEqual([{ meta: second.meta, revision: first.revision }]);
      expect((await again.read("article", [{ id: first.meta.id, asOf: first.change.at }]))[0]?.revision).toEqual(first.revision);
      expect((await historyOf(again, "article", first.meta.id, { limit: 10, fromEnd: false })).rows).toEqual([
        first.revision,
        second.revision,
      ]);
      await expectFeed(again, first, second, author, removed);
      expect(await again.reply("key")).toEqual(reply);
      expect(await again.blobs([blob.id])).toEqual([blob]);
      expect(String(await bytesOf(again.readBlob(blob)))).toBe("bytes");
      expect(await found(again, Article, { where: { title: { eq: "2" } } })).toEqual(idsOf([first]));
    },
  },
  {
    name: "reopening keeps every rule: versions, unique values, reserved ids, the feed's positions",
    needs: "durable",
    run: async ({ storage, reopen }) => {
      const article = create(Article, { slug: "one" });
      const purged = create(Article, { slug: "two" });
      const gone = purge(purged);
      await commit(storage, article, purged, gone);
      const again = await reopen();
      expect(await refusal(again, unit(create(Article, { slug: "one" })))).toEqual({
        kind: "unique",
        type: "article",
        columns: ["slug"],
        holder: article.meta.id,
      });
      expect(await refusal(again, unit(create(Article, {}, { id: purged.meta.id })))).toEqual({ kind: "taken", id: purged.meta.id });
      expect(await refusal(again, unit(update(update(article, {}), {})))).toEqual({ kind: "version", id: article.meta.id, actual: 1 });
      await expectAbsent(again, purged);
      const second = update(article, { slug: "two" });
      await commit(again, second);
      await expectFeed(again, article, purged, gone, second);
    },
  },
  {
    name: "epoch and secret outlive the process",
    needs: "durable",
    run: async ({ storage, reopen }) => {
      await commit(storage, create(Article, {}));
      const before = await storage.state();
      expect(await (await reopen()).state()).toEqual(before);
    },
  },
  {
    name: "closing finishes the commits that were begun",
    needs: "durable",
    run: async ({ storage, reopen }) => {
      const articles = Array.from({ length: 40 }, (_, index) => create(Article, { text: "x".repeat(index * 1_000) }));
      const begun = Promise.all(articles.map((article) => storage.commit([unit(article)])));
      const again = await reopen();
      expect((await begun).flat()).toEqual(articles.map(() => ({ ok: true })));
      await expectCurrent(again, ...articles);
    },
  },
];
