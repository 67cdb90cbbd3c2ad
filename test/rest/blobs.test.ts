import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { codeOf, openBlobs, png } from "./blob-client.ts";

const text = "0123456789";
const multipart = (...parts: readonly string[]): string => `${parts.map((part) => `--xx\r\n${part}\r\n`).join("")}--xx--\r\n`;
const filePart = (body: string, type = "text/plain") =>
  `Content-Disposition: form-data; name="f"; filename="../../a.txt"\r\nContent-Type: ${type}\r\n\r\n${body}`;
const form = { "content-type": "multipart/form-data; boundary=xx" };

describe("POST /blobs", () => {
  test("keeps the body and says what it is", async () => {
    const { send, upload } = await openBlobs();
    const blob = await upload(png, { "content-type": "image/png" });
    const hash = `sha256:${createHash("sha256").update(png).digest("hex")}`;
    expect(blob).toEqual({
      id: expect.stringMatching(/^blob_[0-9a-z]{26}$/),
      url: `/blobs/${blob.id}`,
      size: png.length,
      contentType: "image/png",
      hash,
    });
    const got = await send("GET", blob.url);
    expect(Buffer.from(await got.arrayBuffer()).equals(png)).toBe(true);
    const again = await upload(png);
    expect(again.id).not.toBe(blob.id);
    expect(again.hash).toBe(hash);
  });

  test("answers 201 with Location below the base path", async () => {
    const { send } = await openBlobs({ rest: { basePath: "/api" } });
    const response = await send("POST", "/api/blobs", { "content-type": "text/plain" }, text);
    expect(response.status).toBe(201);
    const { url } = await response.json();
    expect(response.headers.get("location")).toBe(url);
    expect(await (await send("GET", url)).text()).toBe(text);
  });

  test.each([
    ["bytes of a picture that are declared as text", png, "text/plain", "image/png"],
    ["bytes of a picture without a type", png, undefined, "image/png"],
    ["a page that is declared as a picture is what it was declared", "<script>", "image/png", "image/png"],
    ["a type with parameters", "hi", "text/markdown; charset=utf-8", "text/markdown"],
    ["a format within a container", "PK\x03\x04", "application/epub+zip", "application/epub+zip"],
    ["unknown bytes", "\x01\x02", undefined, "application/octet-stream"],
  ])("%s", async (_, bytes, declared, contentType) => {
    const { upload } = await openBlobs();
    const sent = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
    expect(await upload(sent, declared ? { "content-type": declared } : {})).toMatchObject({ contentType });
  });

  test("takes the one file of a form, and nothing of its name", async () => {
    const { send, upload } = await openBlobs();
    const blob = await upload(multipart(filePart(text)), form);
    expect(blob).toMatchObject({ size: 10, contentType: "text/plain" });
    expect(await (await send("GET", blob.url)).text()).toBe(text);
    const made = new FormData();
    made.set("file", new Blob([new Uint8Array(300_000)], { type: "application/x-thing" }), "big.bin");
    expect(await (await send("POST", "/blobs", {}, made)).json()).toMatchObject({ size: 300_000, contentType: "application/x-thing" });
  });

  test.each([
    ["two files", multipart(filePart("a"), filePart("b"))],
    ["a file and a field", multipart(filePart("a"), 'Content-Disposition: form-data; name="x"\r\n\r\n1')],
    ["a field alone", multipart('Content-Disposition: form-data; name="x"\r\n\r\n1')],
    ["no part", "--xx--\r\n"],
    ["nothing", ""],
    ["no end", `--xx\r\n${filePart("a".repeat(1000))}`],
    ["no form", "hello"],
  ])("refuses a form with %s, and keeps nothing", async (_, body) => {
    const kept: string[] = [];
    const storage = memoryStorage();
    const put = storage.putBlob.bind(storage);
    storage.putBlob = async (...args) => {
      const row = await put(...args);
      kept.push(row.id);
      return row;
    };
    const { send } = await openBlobs({ storage });
    expect(await codeOf(await send("POST", "/blobs", form, body))).toBe("400 BAD_REQUEST");
    expect(kept).toEqual([]);
  });

  test.each([
    ["a form of a page", { "content-type": "application/x-www-form-urlencoded" }, "415 UNSUPPORTED_MEDIA_TYPE"],
    ["what is no media type", { "content-type": "nonsense" }, "415 UNSUPPORTED_MEDIA_TYPE"],
    ["compressed bytes", { "content-encoding": "gzip" }, "415 UNSUPPORTED_MEDIA_TYPE"],
    ["a form without boundary", { "content-type": "multipart/form-data" }, "400 BAD_REQUEST"],
    ["pages of other sites", { "sec-fetch-site": "cross-site" }, "403 FORBIDDEN"],
    ["a login that has expired", { who: "expired" }, "401 UNAUTHENTICATED"],
    ["fewer bytes than were announced", { "content-length": "11" }, "400 BAD_REQUEST"],
  ])("refuses %s", async (_, headers, code) => {
    const { send } = await openBlobs();
    expect(await codeOf(await send("POST", "/blobs", headers, text))).toBe(code);
  });

  test("takes as many bytes as the limit says, and not one more", async () => {
    const { send } = await openBlobs({ limits: { blobBytes: 10 } });
    const status = async (body: RequestInit["body"], headers: Record<string, string> = {}) =>
      (await send("POST", "/blobs", headers, body)).status;
    expect(await status(text)).toBe(201);
    expect(await status(`${text}!`)).toBe(413);
    expect(await status(text, { "content-length": "11" })).toBe(413);
    expect(await status(new Blob([text, "!"]).stream())).toBe(413);
    expect(await status(multipart(filePart(text)), form)).toBe(201);
    expect(await status(multipart(filePart(`${text}!`)), form)).toBe(413);
  });

  test("an upload that breaks off leaves no bytes", async () => {
    const { platform, send, upload } = await openBlobs();
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(100_000)),
    }).pipeThrough(
      new TransformStream({
        transform: ((sent: number) => (chunk: Uint8Array, controller: TransformStreamDefaultController) => {
          sent += chunk.byteLength;
          if (sent > 1_000_000) controller.error(new TypeError("gone"));
          else controller.enqueue(chunk);
        })(0),
      }),
    );
    expect(await codeOf(await send("POST", "/blobs", {}, body))).toBe("400 BAD_REQUEST");
    const { id } = await upload(text);
    expect(await platform.blobs.stat([id])).toMatchObject([{ size: 10 }]);
  });

  test("other methods and parameters are refused", async () => {
    const { send, upload } = await openBlobs();
    const { url } = await upload(text);
    expect((await send("POST", "/blobs?x=1", {}, text)).status).toBe(400);
    expect((await send("GET", `${url}?x=1`)).status).toBe(400);
    expect((await send("GET", "/blobs")).headers.get("allow")).toBe("POST, OPTIONS");
    expect((await send("DELETE", url)).headers.get("allow")).toBe("GET, HEAD, OPTIONS");
  });
});

describe("GET /blobs/{id}", () => {
  test("answers the bytes with headers that keep them harmless", async () => {
    const { send, upload } = await openBlobs();
    const { url, id, hash } = await upload("<script>alert(1)</script>", { "content-type": "text/html" });
    for (const method of ["GET", "HEAD"]) {
      const { status, headers } = await send(method, url, { accept: "image/png" });
      expect(status).toBe(200);
      expect(Object.fromEntries(headers)).toMatchObject({
        "content-type": "text/html",
        "content-length": "25",
        "content-disposition": `attachment; filename="${id}"`,
        "x-content-type-options": "nosniff",
        "content-security-policy": "sandbox; default-src 'none'",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "private, max-age=3600, immutable",
        "accept-ranges": "bytes",
        etag: `"${hash}"`,
      });
    }
    expect(await (await send("HEAD", url)).text()).toBe("");
  });

  test.each([
    ["image/svg+xml", "attachment"],
    ["application/xml", "attachment"],
    ["application/pdf", "attachment"],
    ["application/xhtml+xml", "attachment"],
    ["text/css", "attachment"],
    ["text/plain", "inline"],
    ["image/webp", "inline"],
    ["video/mp4", "inline"],
  ])("%s is %s", async (contentType, disposition) => {
    const { send, upload } = await openBlobs();
    const { url } = await upload("<svg onload=alert(1)>", { "content-type": contentType });
    expect((await send("GET", url)).headers.get("content-disposition")).toMatch(new RegExp(`^${disposition};`));
  });

  test.each([
    ["bytes=0-3", "0123", "0-3"],
    ["bytes=3-", "3456789", "3-9"],
    ["bytes=-2", "89", "8-9"],
    ["bytes=-99", text, "0-9"],
    ["bytes=9-99", "9", "9-9"],
    ["BYTES = 0-0 ", "0", "0-0"],
  ])("%s", async (range, part, name) => {
    const { send, upload } = await openBlobs();
    const { url, hash } = await upload(text);
    const response = await send("GET", url, { range });
    expect([response.status, await response.text()]).toEqual([206, part]);
    expect(response.headers.get("content-range")).toBe(`bytes ${name}/10`);
    expect(response.headers.get("content-length")).toBe(String(part.length));
    expect(response.headers.get("etag")).toBe(`"${hash}"`);
    expect((await send("HEAD", url, { range })).status).toBe(200);
  });

  test.each([
    "bytes=10-",
    "bytes=5-2",
    "bytes=-0",
    "bytes=-",
    "bytes=",
    "bytes=a-b",
    "bytes=0-1,3-4",
    "bytes=0-0,0-0,0-0",
    `bytes=${"9".repeat(400)}-`,
    "bytes=1.5-2",
  ])("%s is not satisfiable", async (range) => {
    const { send, upload } = await openBlobs();
    const { url } = await upload(text);
    const response = await send("GET", url, { range });
    expect(response.headers.get("content-range")).toBe("bytes */10");
    expect(await codeOf(response)).toBe("416 RANGE_NOT_SATISFIABLE");
  });

  test("of an empty blob there is no range", async () => {
    const { send, upload } = await openBlobs();
    const { url } = await upload("");
    expect(await (await send("GET", url)).text()).toBe("");
    expect((await send("GET", url, { range: "bytes=0-" })).status).toBe(416);
  });

  test("ranges of another unit, and of other bytes, are the whole", async () => {
    const { send, upload } = await openBlobs();
    const { url, hash } = await upload(text);
    const status = async (headers: Record<string, string>) => (await send("GET", url, headers)).status;
    expect(await status({ range: "items=0-1" })).toBe(200);
    const range = "bytes=0-1";
    expect(await status({ range, "if-range": `"${hash}"` })).toBe(206);
    for (const other of [`W/"${hash}"`, '"other"', "Wed, 21 Oct 2065 07:28:00 GMT"])
      expect(await status({ range, "if-range": other })).toBe(200);
  });

  test("who has it is told so", async () => {
    const { send, upload } = await openBlobs();
    const { url, hash } = await upload(text);
    for (const tags of [`"${hash}"`, `W/"${hash}"`, `"x", "${hash}"`, "*"]) {
      const response = await send("GET", url, { "if-none-match": tags, range: "bytes=0-1" });
      expect([response.status, await response.text()]).toEqual([304, ""]);
      expect(response.headers.get("etag")).toBe(`"${hash}"`);
    }
    expect((await send("GET", url, { "if-none-match": '"other"' })).status).toBe(200);
    expect((await send("GET", url, { "if-none-match": "other" })).status).toBe(400);
  });

  test.each([
    "..%2f..%2fetc%2fpasswd",
    "%2e%2e%2f",
    "blob_%00",
    "blob_..\\..\\x",
    "con",
    "BLOB_01h455vb4pex5vsknk084sn02q",
    "blob_01h455vb4pex5vsknk084sn02",
    "blob_81h455vb4pex5vsknk084sn02q",
    "sha256:00",
    `blob_${"0".repeat(4096)}`,
    "photo_01h455vb4pex5vsknk084sn02q",
  ])("%s is no blob id", async (id) => {
    const { send } = await openBlobs();
    expect((await send("GET", `/blobs/${id}`)).status).toBeGreaterThanOrEqual(400);
    expect((await send("GET", `/blobs/${id}`)).status).toBeLessThanOrEqual(404);
    expect((await send("GET", "/blobs/blob_01h455vb4pex5vsknk084sn02q")).status).toBe(404);
  });
});
