import { rm } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { s3Storage } from "../../src/s3.ts";
import { newDirectory } from "../support/new-directory.ts";
import { type NewPrefix, onEachS3 } from "../support/s3-server.ts";
import { codeOf, openBlobs, ownPhotos, png } from "./blob-client.ts";

onEachS3((newPrefix) => {
  test("GET /blobs/{id} leads to the bytes in the store, whole and by range", async () => {
    const { send, upload } = await openLinks(newPrefix);
    const { url } = await upload(png, { "content-type": "image/png" });
    const answer = await send("GET", url);
    expect([answer.status, answer.headers.get("cache-control")]).toEqual([307, "no-store"]);
    const location = answer.headers.get("location") ?? "";
    const whole = await fetch(location);
    expect([whole.status, whole.headers.get("content-type")]).toEqual([200, "image/png"]);
    expect(whole.headers.get("content-disposition")).toMatch(/^inline; filename="blob_/);
    expect(Buffer.from(await whole.arrayBuffer()).equals(png)).toBe(true);
    const some = await fetch(location, { headers: { range: "bytes=1-3" } });
    expect([some.status, await some.text()]).toEqual([206, "PNG"]);
  });

  test("a presigned URL is good for what it was made for, and for a while", async () => {
    const { platform, upload } = await openLinks(newPrefix);
    const page = await upload("<script>", { "content-type": "text/html" });
    const other = await upload("other", { "content-type": "text/plain" });
    const given = new URL(await platform.blobs.presignedUrl(page.id, { expiresInSeconds: 2 }));
    const answer = await fetch(given);
    expect([await answer.text(), answer.headers.get("content-disposition")]).toEqual(["<script>", `attachment; filename="${page.id}"`]);
    const path = new URL(await platform.blobs.presignedUrl(other.id)).pathname;
    const longer = new URLSearchParams([...given.searchParams, ["X-Amz-Expires", "600"]]);
    const shown = new URLSearchParams(given.searchParams);
    shown.set("response-content-disposition", "inline");
    for (const forged of [path + given.search, `${given.pathname}?${longer}`, `${given.pathname}?${shown}`, given.pathname])
      expect((await fetch(new URL(forged, given))).status).toBe(403);
    await expect.poll(async () => (await fetch(given)).status, { timeout: 10_000 }).toBe(403);
  });
});

describe("who may read and who may not", () => {
  onEachS3((newPrefix) => {
    test("is asked before anybody is sent to the store", async () => {
      const { json, send, upload } = await openLinks(newPrefix);
      const { id, url } = await upload(png, { who: "ann" });
      await json("POST", "/photos", { title: "One", cover: id, owner: "ann" }, { who: "ann" });
      expect((await send("GET", url, { who: "ann" })).status).toBe(307);
      expect(await codeOf(await send("GET", url, { who: "bob" }))).toBe("404 NOT_FOUND");
      const head = await send("HEAD", url, { who: "ann" });
      expect([head.status, head.headers.get("content-length")]).toEqual([200, String(png.length)]);
      const etag = head.headers.get("etag") ?? "";
      expect((await send("GET", url, { who: "ann", "if-none-match": etag })).status).toBe(304);
    });
  });
});

test("storages without URLs of their own say so", async () => {
  const { platform, upload } = await openBlobs();
  const { id } = await upload(png);
  await expect(platform.blobs.presignedUrl(id)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(platform.blobs.presignedUrl(id, { expiresInSeconds: 0.5 })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await expect(platform.blobs.presignedUrl("blob_01m8")).rejects.toMatchObject({ code: "NOT_FOUND" });
  await expect(openBlobs({ storage: memoryStorage(), presignedUrls: {} })).rejects.toMatchObject({ code: "UNSUPPORTED" });
  await expect(openBlobs({ presignedUrls: { expiresInSeconds: 604_801 } })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

async function openLinks(newPrefix: NewPrefix) {
  const dir = await newDirectory("presigned");
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return openBlobs({ storage: s3Storage({ ...newPrefix(), dir }), authorize: ownPhotos, presignedUrls: {} });
}
