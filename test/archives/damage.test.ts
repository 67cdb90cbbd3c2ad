import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { createPlatform } from "../../src/platform.ts";
import { changed, firstLine, forged, frame, framesOf, jsonOf, type Part } from "./frames.ts";
import { Article, Author, exported, openFull, openOn, pieces, type World } from "./world.ts";

let archive: Buffer;
let parts: Part[];
beforeAll(async () => {
  const source = await openFullOnce();
  archive = await exported(source);
  parts = framesOf(archive);
  await source.close();
});

/** Outside of a test nothing is closed by itself. */
async function openFullOnce(): Promise<World> {
  const made = createPlatform({ resources: [Author, Article], log: false, storage: memoryStorage() });
  const author = await made.resource(Author).create({ name: "Ann" });
  const cover = (await made.blobs.put(Buffer.alloc(1_000, "cover"), { contentType: "text/plain" })).id;
  const article = await made.resource(Article).create({ title: "one", author: author.id, cover });
  await made.resource(Article).update(article.id, { title: "two" });
  return made as never;
}

/** Refused, and nothing is there: no resource, no blob, no row of the feed. */
async function refused(bytes: Uint8Array, code: string, details: object = {}): Promise<void> {
  const platform = await openOn();
  await expect(platform.import(pieces(bytes, 999)), String(code)).rejects.toMatchObject({ name: "SpecStarError", code, details });
  const { items } = await platform.resource(Article).search({ includeDeleted: true });
  expect([items, (await platform.feed.poll({ id: "me", roles: [], claims: {} }, {})).items]).toEqual([[], []]);
  const blobs = parts.filter(({ kind }) => kind === "B").map((part) => String(jsonOf(part).id));
  expect(await platform.blobs.stat(blobs)).toEqual(blobs.map(() => undefined));
}

const at = (kind: string, n = 0): number => parts.findIndex((part) => part === parts.filter((each) => each.kind === kind)[n]);
const replaced = (place: number, ...by: readonly Part[]): Part[] => parts.toSpliced(place, 1, ...by);
const partAt = (place: number): Part => parts[place] ?? { kind: "H", payload: Buffer.from("{}") };

/** A revision's frame with other members, or another body under its right hash. */
function revised(place: number, members: Record<string, unknown>, body?: string): Part {
  const { payload } = partAt(place);
  const line = payload.indexOf("\n");
  const row = JSON.parse(payload.toString("utf8", 0, line));
  const text = body ?? payload.toString("utf8", line + 1);
  const hash = `sha256:${createHash("sha256").update(text).digest("hex")}`;
  return { kind: "V", payload: Buffer.from(`${JSON.stringify({ ...row, hash, ...members })}\n${text}`) };
}

describe("an archive is refused, and nothing of it is there,", () => {
  test("when it is cut, at every frame and in the midst of them", async () => {
    const platform = await openOn();
    let end = firstLine.length;
    const cuts = [0, 1, firstLine.length, ...parts.map(({ payload }) => (end += 9 + payload.length))].filter((cut) => cut < archive.length);
    for (const cut of cuts.flatMap((each) => [each - 1, each, each + 1, each + 7])) {
      if (cut < 0 || cut >= archive.length) continue;
      await expect(platform.import(pieces(archive.subarray(0, cut))), String(cut)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    }
    expect((await platform.resource(Article).search()).items).toEqual([]);
    await refused(archive.subarray(0, archive.length - 1), "BAD_REQUEST", { reason: "damaged" });
    expect(await platform.import(pieces(archive))).toMatchObject({ created: 2, blobs: 1 });
  });

  test("when any bit of it is another", async () => {
    const platform = await openOn();
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 0, max: 7 }), async (place, bit) => {
        const flipped = Buffer.from(archive);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << bit);
        await expect(platform.import(pieces(flipped))).rejects.toMatchObject({ name: "SpecStarError" });
      }),
      { numRuns: 400 },
    );
    expect((await platform.resource(Article).search()).items).toEqual([]);
  });

  test("when a frame was put in place of another, whose own checksum is right", async () => {
    const two = at("V", 2);
    const written = (list: readonly Part[]) => Buffer.concat([Buffer.from(firstLine), ...list.map(frame)]);
    expect(written(parts).equals(archive)).toBe(true);
    await refused(written(replaced(two, revised(two, { createdBy: "somebody else" }))), "BAD_REQUEST", { reason: "damaged" });
  });

  test("when it is something else, of a newer format, or goes on behind its end", async () => {
    for (const other of ["", "{}", "PK\u0003\u0004", "specstar archive\n", "x".repeat(100_000)])
      await refused(Buffer.from(other), "BAD_REQUEST", { reason: "foreign" });
    await refused(forged(parts, "specstar archive 2\n"), "BAD_REQUEST", { reason: "newer" });
    await refused(Buffer.concat([archive, archive]), "BAD_REQUEST");
    await refused(Buffer.concat([archive, Buffer.from("x")]), "BAD_REQUEST", { reason: "damaged" });
  });

  test("when frames are missing, twice, out of order or too large, even with the right checksums", async () => {
    const [header, blob, resource, revision, end] = ["H", "B", "R", "V", "E"].map((kind) => at(kind));
    for (const [i, part] of parts.entries()) {
      if (part.kind !== "E") await refused(forged(parts.toSpliced(i, 1)), "BAD_REQUEST");
      if (part.kind !== "E") await refused(forged(parts.toSpliced(i, 0, part)), "BAD_REQUEST");
    }
    await refused(forged(replaced(header ?? 0, changed(partAt(header ?? 0), { specs: [] }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(end ?? 0, changed(partAt(end ?? 0), { revisions: 2 }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(blob ?? 0, changed(partAt(blob ?? 0), { size: 999 }))), "BAD_REQUEST");
    await refused(forged(replaced(blob ?? 0, changed(partAt(blob ?? 0), { size: 10 ** 13 }))), "PAYLOAD_TOO_LARGE");
    await refused(forged(replaced(blob ?? 0, changed(partAt(blob ?? 0), { id: "../../etc/passwd" }))), "BAD_REQUEST", {
      reason: "malformed",
    });
    await refused(forged(replaced(resource ?? 0, changed(partAt(resource ?? 0), { extra: 1 }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(revision ?? 0, { kind: "V", payload: Buffer.from([0xff, 0xfe, 0x0a]) })), "BAD_REQUEST");
    const bomb = Buffer.concat([Buffer.from(firstLine), Buffer.from([0x48, 0xff, 0xff, 0xff, 0xff])]);
    await refused(bomb, "PAYLOAD_TOO_LARGE", { reason: "limit" });
  });

  test("when a resource is none that a platform has written", async () => {
    const [one, two] = [at("V", 1), at("V", 2)];
    const resource = at("R", 1);
    const pointers = jsonOf(partAt(resource)).pointers as [number, number, string, number, string][];
    const [first = [1, 1, "x", 1, "live"], second = [2, 2, "x", 2, "live"]] = pointers;
    const moved = (...list: unknown[]) => forged(replaced(resource, changed(partAt(resource), { pointers: list })));
    await refused(moved(first, [1, second[1], "x", 2, "live"]), "BAD_REQUEST", { reason: "malformed" });
    await refused(moved(first, [2, first[1], "x", 2, "live"]), "BAD_REQUEST", { reason: "malformed" });
    await refused(moved(first, [2, second[1], "x", 3, "live"]), "BAD_REQUEST", { reason: "malformed" });
    await refused(moved(first, [2, second[1], "x\0", 2, "live"]), "BAD_REQUEST", { reason: "malformed" });
    await refused(moved(), "BAD_REQUEST", { reason: "malformed" });
    for (const id of ["author_01m8qznhd8ehdthdp9et0b7cgj", "article_../../x", "article_", "__proto__"])
      await refused(forged(replaced(resource, changed(partAt(resource), { id }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(two, revised(two, { number: 3 }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(two, revised(two, { parent: 2 }))), "BAD_REQUEST", { reason: "malformed" });
    await refused(forged(replaced(two, revised(two, { hash: `sha256:${"0".repeat(64)}` }))), "BAD_REQUEST", { reason: "damaged" });
    await refused(forged(replaced(one, revised(one, { blobs: ["blob_01h455vb4pex5vsknk084sn02q"] }))), "BAD_REQUEST", {
      reason: "malformed",
    });
    await refused(forged(replaced(one, revised(one, { blobs: [] }))), "BAD_REQUEST", { reason: "malformed" });
  });

  test("when data does not fit the spec, or would alter objects", async () => {
    const two = at("V", 2);
    const data = { author: null, cover: null, tags: [], text: "", title: "two", views: 0 };
    const bodies = [
      '{"title":"two","__proto__":{"admin":true}}',
      canonicalize({ ...data, tags: [{ constructor: 1 }] }),
      '{"title": "two"}',
      canonicalize({ title: 7 }),
      canonicalize({ title: "two", cover: null, tags: [], text: "", unknown: 1, views: 0 }),
      canonicalize({ title: "two", cover: null, tags: [], text: "", views: 2 ** 60 }),
      "[".repeat(100_000) + "]".repeat(100_000),
      "null",
      "no json",
    ];
    for (const body of bodies) await refused(forged(replaced(two, revised(two, {}, body))), "VALIDATION_FAILED", { resource: "article" });
    expect(Object.getOwnPropertyNames(Object.prototype)).not.toContain("admin");
  });

  test("when its schema is newer, or of a spec that is not known or not wanted", async () => {
    const two = at("V", 2);
    await refused(forged(replaced(two, revised(two, { schemaVersion: 2 }))), "VALIDATION_FAILED", { resource: "article" });
    const specs = jsonOf(partAt(0)).specs as Record<string, unknown>[];
    const other = (members: object) => forged(replaced(0, changed(partAt(0), { specs: specs.map((spec) => ({ ...spec, ...members })) })));
    await refused(other({ schemaVersion: 2 }), "VALIDATION_FAILED");
    await refused(other({ name: "comment" }), "BAD_REQUEST", { reason: "spec" });
    await refused(other({ prefix: "x" }), "BAD_REQUEST", { reason: "malformed" });
    const platform = await openOn();
    const onlyAuthors = platform.import(pieces(archive), { resources: [Author] });
    await expect(onlyAuthors).rejects.toMatchObject({ code: "BAD_REQUEST", details: { reason: "spec" } });
  });

  test("when it is larger than the limits allow", async () => {
    for (const limits of [{ archiveBytes: 100 }, { resourceBytes: 200 }, { blobBytes: 10 }]) {
      const platform = await openOn(memoryStorage(), { limits });
      await expect(platform.import(pieces(archive)), JSON.stringify(limits)).rejects.toMatchObject({ code: "PAYLOAD_TOO_LARGE" });
      expect((await platform.resource(Article).search()).items).toEqual([]);
    }
  });
});

test("an archive of an older schema is read as today's, and its old revisions stay as they were", async () => {
  const Old = defineResource("memo", { schema: z.object({ text: z.string() }) });
  const New = defineResource("memo", {
    schema: z.object({ words: z.array(z.string()) }),
    index: ["words"],
    versions: [({ text }) => ({ words: String(text).split(" ") })],
  });
  const source = createPlatform({ resources: [Old], log: false, storage: memoryStorage() });
  const { id } = await source.resource(Old).create({ text: "two words" });
  const bytes = await exported(source as never);
  await source.close();
  const target = createPlatform({ resources: [New], log: false, storage: memoryStorage() });
  await target.import(pieces(bytes));
  const { items } = await target.resource(New).search({ where: { words: { has: "words" } } });
  expect(items.map((each) => [each.id, each.data])).toEqual([[id, { words: ["two", "words"] }]]);
  expect(framesOf(await exported(target as never)).filter(({ kind }) => kind === "V")).toEqual(
    framesOf(bytes).filter(({ kind }) => kind === "V"),
  );
  await target.close();
});

test("what is whole is imported by whoever reads the same archive in one piece or byte by byte", async () => {
  const small = await openFull();
  const bytes = await exported(small, { resources: [Author] });
  for (const size of [1, 7, bytes.length]) expect(await (await openOn()).import(pieces(bytes, size))).toMatchObject({ created: 1 });
});
