import { expect } from "vitest";
import { bytesOf, type Case, commit, expectCode, expectCurrent, historyOf, searchQuery } from "../case.ts";
import { Article, create, hashOf, newId, paged, pagedOf, purge, streamOf, update } from "../fixtures.ts";

const texts = [
  "",
  " ",
  "\n\r\t\u0001\u007f",
  "caf\u00e9",
  "cafe\u0301",
  "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}",
  "\u{10FFFF}\u{10400}",
  "\uFFFD\uFEFF\uFFFF\u2028\u2029",
  "\u202Eabc",
  "\"'\\%_`$(x)--;",
  "İıßſΣς",
  "null",
];

/** Overwrites everything that can be reached in a value; what is frozen stays. */
function vandalise(value: unknown): void {
  if (value instanceof Uint8Array) value.fill(0);
  else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      vandalise(inner);
      Reflect.set(value, key, "vandalised");
    }
  }
}

/** Values come back as they went in, and nobody outside can reach into the store. */
export const values: readonly Case[] = [
  {
    name: "text of any script and form comes back byte by byte, in bodies and columns",
    run: async ({ storage }) => {
      const articles = texts.map((text) => create(Article, { title: text, slug: text, text, tags: [text, text] }, { by: `by ${text}` }));
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
      const page = await storage.search("article", searchQuery(Article, {}));
      expect(paged(page).rows).toEqual(articles.map(pagedOf()));
    },
  },
  {
    name: "numbers at the edges come back as they are, in bodies and columns",
    run: async ({ storage }) => {
      const scores = [0, -0, 5e-324, -5e-324, 1.797_693_134_862_315_7e308, 0.1 + 0.2, 1e21, 123_456_789.123_456_79, -1.5];
      const views = [0, -0, 1, -1, 2 ** 31, -(2 ** 31) - 1, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER];
      const articles = [
        ...scores.map((score) => create(Article, { score })),
        ...views.map((count) => create(Article, { views: count })),
        create(Article, { live: true }),
        create(Article, { live: false }),
      ];
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
    },
  },
  {
    name: "bodies of a megabyte, and of sizes around the limit of what is kept inline, come back",
    run: async ({ storage }) => {
      const sizes = [0, 1, 4_095, 4_096, 16_383 - 11, 16_384 - 11, 16_385 - 11, 65_535, 65_536, 1_048_576];
      const articles = [
        ...sizes.map((size) => create(Article, { text: "x".repeat(size) })),
        create(Article, { text: "\u{1F600}".repeat(262_144) }),
      ];
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
      const small = update(articles.at(-1) ?? create(Article, {}), {});
      await commit(storage, small);
      await expectCurrent(storage, small);
    },
  },
  {
    name: "missing stays missing, null stays null, empty stays empty",
    run: async ({ storage }) => {
      const articles = [create(Article, {}), create(Article, { title: null, tags: null }), create(Article, { title: "", tags: [] })];
      await commit(storage, ...articles);
      await expectCurrent(storage, ...articles);
    },
  },
  {
    name: "a body that does not match its hash is DATA_CORRUPTION wherever it is read",
    run: async ({ storage }) => {
      const bodies: readonly [damaged: string, size: number][] = [
        ["x", 1],
        ["y".repeat(50_000), 1],
      ];
      for (const [title] of bodies) {
        const healthy = create(Article, { text: title });
        const { revision } = healthy;
        const body = revision.body.replace(/.(?="})/, "z");
        const change = { ...healthy.change, revision: { ...revision, body } };
        expect(await storage.commit([{ changes: [change] }])).toEqual([{ ok: true }]);
        const { id } = healthy.meta;
        await expectCode("DATA_CORRUPTION", storage.read("article", [{ id }]));
        await expectCode("DATA_CORRUPTION", storage.read("article", [{ id, number: 1 }]));
        await expectCode("DATA_CORRUPTION", storage.search("article", searchQuery(Article, {})));
        await expectCode("DATA_CORRUPTION", historyOf(storage, "article", id, { limit: 10, fromEnd: false }));
        await commit(storage, purge(healthy));
        expect(await storage.search("article", searchQuery(Article, {}))).toMatchObject({ rows: [] });
      }
    },
  },
  {
    name: "what was given to a commit can be changed afterwards without harm",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One", tags: ["a", "b"] });
      const reply = { key: newId(Article), payload: "p", id: article.meta.id, result: "r", expiresAt: Date.now() + 86_400_000 };
      const given = structuredClone({ changes: [article.change], reply });
      expect(await storage.commit([given])).toEqual([{ ok: true }]);
      vandalise(given);
      await expectCurrent(storage, article);
      expect(await storage.reply(reply.key)).toEqual(reply);
      const chunk = Buffer.from("bytes");
      const row = { id: "blob_0000000000000000000000live", contentType: "text/plain", createdAt: Date.now(), createdBy: "ann" };
      const expected = { ...row, hash: hashOf("bytes"), size: 5 };
      const blob = await storage.putBlob(streamOf(chunk), row);
      vandalise(chunk);
      vandalise(row);
      expect(await storage.blobs([blob.id])).toEqual([expected]);
      expect(String(await bytesOf(storage.readBlob(expected)))).toBe("bytes");
    },
  },
  {
    name: "what a read answered can be changed without harm to the next one",
    run: async ({ storage }) => {
      const article = create(Article, { title: "One", tags: ["a", "b"], text: "x".repeat(50_000) });
      const { id } = article.meta;
      const reply = { key: id, payload: "p", id, result: "r", expiresAt: Date.now() + 86_400_000 };
      await storage.commit([{ changes: [article.change], reply }]);
      const blob = await storage.putBlob(streamOf("bytes"), {
        id: "blob_0000000000000000000000read",
        contentType: "text/plain",
        createdAt: Date.now(),
        createdBy: "ann",
      });
      const kept = { ...blob };
      const everything = async () => [
        await storage.read("article", [{ id }]),
        await storage.search("article", searchQuery(Article, {})),
        await historyOf(storage, "article", id, { limit: 10, fromEnd: false }),
        await storage.changes({ after: 0, limit: 10 }),
        await storage.state(),
        await storage.reply(id),
        await storage.blobs([kept.id]),
        await Array.fromAsync(storage.readBlob(kept)),
      ];
      const before = structuredClone(await everything());
      vandalise(blob);
      vandalise(await everything());
      expect(structuredClone(await everything())).toEqual(before);
    },
  },
];
