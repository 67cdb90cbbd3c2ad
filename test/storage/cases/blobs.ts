import { expect } from "vitest";
import type { BlobRow } from "../../../src/storage/rows.ts";
import { bytesOf, type Case, commit, type Env, expectAbsent, expectCode, expectCurrent, refusal } from "../case.ts";
import { Article, create, hashOf, modify, purge, streamOf, unit, update, type Version } from "../fixtures.ts";

let made = 0;
const rowOf = (contentType = "text/plain") => {
  made += 1;
  return { id: `blob_${String(made).padStart(26, "0")}`, contentType, createdAt: Date.now() + made, createdBy: "änn" };
};

const holding = (version: Version, ...blobs: readonly BlobRow[]): Version => ({
  ...version,
  change: { ...version.change, blobs: blobs.map(({ id }) => id) },
});

const isThere = async ({ storage }: Env, row: BlobRow): Promise<boolean> => {
  const [found] = await storage.blobs([row.id]);
  expect(
    await bytesOf(storage.readBlob(row)).then(
      () => true,
      () => false,
    ),
    "bytes and row go together",
  ).toBe(found !== undefined);
  return found !== undefined;
};

/** Blobs: bytes by content, rows by id, kept as long as a revision holds them. */
export const blobs: readonly Case[] = [
  {
    name: "a blob is put as a stream and read back to the byte",
    run: async ({ storage }) => {
      const bytes = Buffer.alloc(300_000, "0123456789\u00e9\0");
      const row = rowOf("image/png");
      const stored = await storage.putBlob(streamOf(bytes.subarray(0, 1), bytes.subarray(1, 70_000), "", bytes.subarray(70_000)), row);
      expect(stored).toEqual({ ...row, hash: hashOf(bytes), size: bytes.length });
      expect(await storage.blobs([row.id])).toEqual([stored]);
      expect((await bytesOf(storage.readBlob(stored))).equals(bytes)).toBe(true);
    },
  },
  {
    name: "an empty blob is a blob",
    run: async ({ storage }) => {
      const stored = await storage.putBlob(streamOf(), rowOf());
      expect(stored).toMatchObject({ size: 0, hash: hashOf("") });
      expect(await bytesOf(storage.readBlob(stored))).toHaveLength(0);
    },
  },
  {
    name: "the same bytes twice have two rows and one hash, and both are read",
    run: async ({ storage }) => {
      const [firstRow, secondRow] = [rowOf("text/plain"), rowOf("text/html")];
      const [first, second] = [await storage.putBlob(streamOf("same"), firstRow), await storage.putBlob(streamOf("sa", "me"), secondRow)];
      expect([first, second]).toEqual([firstRow, secondRow].map((row) => ({ ...row, hash: hashOf("same"), size: 4 })));
      expect(await storage.blobs([second.id, first.id])).toEqual([second, first]);
      for (const row of [first, second]) expect(String(await bytesOf(storage.readBlob(row)))).toBe("same");
    },
  },
  {
    name: "the same bytes put at once by many are kept and read",
    run: async ({ storage }) => {
      const rows = await Promise.all(Array.from({ length: 20 }, () => storage.putBlob(streamOf("x".repeat(100_000)), rowOf())));
      expect(await storage.blobs(rows.map(({ id }) => id))).toEqual(rows);
      for (const row of rows) expect(await bytesOf(storage.readBlob(row))).toHaveLength(100_000);
    },
  },
  {
    name: "unknown blobs are not answered, and their bytes are NOT_FOUND",
    run: async ({ storage }) => {
      const stored = await storage.putBlob(streamOf("known"), rowOf());
      const unknown = { ...rowOf(), hash: hashOf("never put"), size: 9 };
      expect(await storage.blobs([unknown.id, stored.id, unknown.id])).toEqual([undefined, stored, undefined]);
      expect(await storage.blobs([])).toEqual([]);
      await expectCode("NOT_FOUND", bytesOf(storage.readBlob(unknown)));
    },
  },
  {
    name: "a stream that breaks leaves no blob",
    run: async ({ storage }) => {
      const row = rowOf();
      async function* breaking(): AsyncGenerator<Uint8Array> {
        yield Buffer.from("half");
        throw new RangeError("the client went away");
      }
      await expect(storage.putBlob(breaking(), row)).rejects.toThrow();
      expect(await storage.blobs([row.id])).toEqual([undefined]);
      await expectCode("NOT_FOUND", bytesOf(storage.readBlob({ ...row, hash: hashOf("half"), size: 4 })));
    },
  },
  {
    name: "a change that holds an unknown blob is refused, and nothing of its unit is written",
    run: async ({ storage }) => {
      const known = await storage.putBlob(streamOf("kept"), rowOf());
      const [other, article] = [create(Article, { title: "other" }), holding(create(Article, { title: "1" }), known)];
      const unknown = { ...known, id: rowOf().id };
      const wrong = { ...article, change: { ...article.change, blobs: [known.id, unknown.id] } };
      expect(await refusal(storage, unit(other, wrong))).toEqual({ kind: "blob", id: unknown.id });
      await expectAbsent(storage, other, article);
      await commit(storage, article);
      await expectCurrent(storage, article);
    },
  },
  {
    name: "a purge takes the blobs of all its revisions along, row and bytes",
    run: async (env) => {
      const { storage } = env;
      const [first, second] = [await storage.putBlob(streamOf("purged 1"), rowOf()), await storage.putBlob(streamOf("purged 2"), rowOf())];
      const article = holding(create(Article, { title: "1" }), first);
      const updated = holding(update(article, { title: "2" }), second);
      await commit(storage, article, updated, purge(updated));
      expect([await isThere(env, first), await isThere(env, second)]).toEqual([false, false]);
      expect(await refusal(storage, unit(holding(create(Article, { title: "3" }), first)))).toEqual({ kind: "blob", id: first.id });
    },
  },
  {
    name: "a purge leaves blobs that another resource holds, and bytes that another blob shares",
    run: async (env) => {
      const { storage } = env;
      const shared = await storage.putBlob(streamOf("shared blob"), rowOf());
      const [own, twin] = [
        await storage.putBlob(streamOf("shared bytes"), rowOf()),
        await storage.putBlob(streamOf("shared bytes"), rowOf()),
      ];
      const article = holding(create(Article, { title: "1" }), shared, own);
      const other = holding(create(Article, { title: "2" }), shared, twin);
      await commit(storage, article, other, purge(article));
      expect(await storage.blobs([own.id])).toEqual([undefined]);
      expect([await isThere(env, shared), await isThere(env, twin)]).toEqual([true, true]);
      await commit(storage, purge(other));
      expect([await isThere(env, shared), await isThere(env, twin)]).toEqual([false, false]);
    },
  },
  {
    name: "a modified draft holds its new blobs instead of the old ones",
    run: async (env) => {
      const { storage } = env;
      const [old, fresh] = [await storage.putBlob(streamOf("old"), rowOf()), await storage.putBlob(streamOf("fresh"), rowOf())];
      const other = holding(create(Article, { title: "other" }), old);
      const draft = holding(create(Article, { title: "1" }, { status: "draft" }), old);
      const modified = holding(modify(draft, { title: "2" }), fresh);
      await commit(storage, other, draft, modified, purge(other));
      expect([await isThere(env, old), await isThere(env, fresh)]).toEqual([false, true]);
      await commit(storage, purge(modified));
      expect(await isThere(env, fresh)).toBe(false);
    },
  },
  {
    name: "a range of a blob has its bytes and no others",
    run: async ({ storage }) => {
      const bytes = Buffer.from(Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7919) % 251));
      const stored = await storage.putBlob(streamOf(bytes), rowOf());
      const ranges = [
        [0, 0],
        [0, 699_999],
        [699_999, 699_999],
        [262_143, 262_144],
        [300_000, 600_001],
        [699_990, 5_000_000],
      ] as const;
      for (const [start, end] of ranges) {
        const part = await bytesOf(storage.readBlob(stored, { start, end }));
        expect(part.equals(bytes.subarray(start, end + 1)), `${start}-${end}`).toBe(true);
      }
    },
  },
  {
    name: "holders of a blob are the resources of which a revision has it, in pages, until they are purged",
    run: async ({ storage }) => {
      const [blob, other] = [await storage.putBlob(streamOf("held"), rowOf()), await storage.putBlob(streamOf("other"), rowOf())];
      expect(await storage.holders.page(blob.id, "")).toEqual([]);
      const first = holding(create(Article, { title: "1" }), blob);
      const later = holding(update(first, { title: "2" }), other);
      const second = holding(create(Article, { title: "3" }), blob, other);
      await commit(storage, first, later, second);
      const ids = [first.meta.id, second.meta.id].toSorted();
      const pages: string[] = [];
      for (let page = await storage.holders.page(blob.id, ""); page.length > 0; ) {
        pages.push(...page);
        page = await storage.holders.page(blob.id, page.at(-1) ?? "");
      }
      expect(pages).toEqual(ids);
      expect(await storage.holders.page(blob.id, ids[0] ?? "")).toEqual([ids[1]]);
      await commit(storage, purge(later));
      expect(await storage.holders.page(blob.id, "")).toEqual([second.meta.id]);
    },
  },
];
