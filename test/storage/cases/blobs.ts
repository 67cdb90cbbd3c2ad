import { expect } from "vitest";
import { bytesOf, type Case, expectCode } from "../case.ts";
import { hashOf, streamOf } from "../fixtures.ts";

let made = 0;
const rowOf = (contentType = "text/plain") => {
  made += 1;
  return { id: `blob_${String(made).padStart(26, "0")}`, contentType, createdAt: 1_767_225_600_000 + made, createdBy: "änn" };
};

/** Blobs: bytes by content, rows by id. */
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
];
