import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { temporaryDirectory } from "../storage/disk-fixtures.ts";
import { contentOf, framesOf } from "./frames.ts";
import { Article, exported, openFull, openOn, pieces, type World } from "./world.ts";

const type = "application/vnd.specstar.archive";

const send = (platform: World, path: string, body: Uint8Array | undefined, headers: Record<string, string> = { "content-type": type }) =>
  platform.fetch(new Request(`http://door${path}`, body ? { method: "POST", headers, body: new Uint8Array(body) } : { headers }));

const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

describe("over REST", () => {
  test("everything goes out by GET /export and in by POST /import", async () => {
    const source = await openFull();
    const answer = await send(source, "/export", undefined, {});
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      "content-type": type,
      "content-disposition": 'attachment; filename="export.specstar"',
      "cache-control": "no-store",
    });
    const archive = await bytesOf(answer);
    expect(contentOf(archive)).toEqual(contentOf(await exported(source)));
    const target = await openOn();
    const imported = await send(target, "/import", archive);
    expect([imported.status, await imported.json()]).toEqual([
      200,
      { created: 6, replaced: 0, unchanged: 0, skipped: 0, revisions: 6, blobs: 2 },
    ]);
    expect(contentOf(await exported(target))).toEqual(contentOf(archive));
    await source.resource(Article).create({ title: "later" });
    const since = answer.headers.get("archive-cursor") ?? "";
    const delta = await bytesOf(await send(source, `/export?since=${encodeURIComponent(since)}`, undefined, {}));
    expect(framesOf(delta).map(({ kind }) => kind)).toEqual(["H", "R", "V", "E"]);
    expect(await (await send(target, "/import?onConflict=replace", delta)).json()).toMatchObject({ created: 1 });
  });

  test("one spec, some of them, and one resource", async () => {
    const source = await openFull();
    const [one] = (await source.resource(Article).search({ where: { title: { eq: "one" } } })).items;
    const kinds = async (path: string) =>
      framesOf(await bytesOf(await send(source, path, undefined, {}))).filter(({ kind }) => kind === "R").length;
    expect(await kinds("/articles/export")).toBe(4);
    expect(await kinds(`/articles/export?id=${one?.id}`)).toBe(1);
    expect(await kinds("/export?types=author,country")).toBe(2);
    const archive = await bytesOf(await send(source, "/articles/export", undefined, {}));
    const target = await openOn();
    expect((await send(target, "/authors/import", archive)).status).toBe(400);
    expect(await (await send(target, "/articles/import", archive)).json()).toMatchObject({ created: 4 });
  });

  test("what cannot be is refused as a problem", async () => {
    const platform = await openFull();
    const archive = await exported(platform);
    const cases: readonly (readonly [string, Uint8Array | undefined, Record<string, string>, number, string])[] = [
      ["/export?types=comment", undefined, {}, 400, "BAD_REQUEST"],
      ["/export?id=article_x", undefined, {}, 400, "BAD_REQUEST"],
      ["/articles/export?since=x", undefined, {}, 400, "BAD_REQUEST"],
      ["/import", archive, { "content-type": "application/octet-stream" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
      ["/import", archive, { "content-type": type, "content-encoding": "gzip" }, 415, "UNSUPPORTED_MEDIA_TYPE"],
      ["/import", archive, { "content-type": type, "sec-fetch-site": "cross-site", origin: "http://evil.example" }, 403, "FORBIDDEN"],
      ["/import?onConflict=merge", archive, { "content-type": type }, 400, "BAD_REQUEST"],
      ["/import?force=1", archive, { "content-type": type }, 400, "BAD_REQUEST"],
      ["/import", archive.subarray(0, 400), { "content-type": type }, 400, "BAD_REQUEST"],
      ["/import", Buffer.from("PK"), { "content-type": type }, 400, "BAD_REQUEST"],
    ];
    for (const [path, body, headers, status, code] of cases) {
      const answer = await send(platform, path, body, headers);
      expect([path, answer.status, (await answer.json()).code]).toEqual([path, status, code]);
    }
  });

  test("a large archive goes through a socket both ways", async () => {
    const source = await openOn();
    const text = "long ".repeat(20_000);
    for (let i = 0; i < 60; i++) await source.resource(Article).create({ title: `${i}`, text });
    const { url } = await source.listen({ port: 0 });
    const target = await openOn();
    const { url: other } = await target.listen({ port: 0 });
    const { body } = await fetch(`${url}/articles/export`);
    const answer = await fetch(`${other}/articles/import`, {
      method: "POST",
      headers: { "content-type": type },
      body,
      duplex: "half",
    } as RequestInit);
    expect(await answer.json()).toMatchObject({ created: 60 });
    expect(contentOf(await exported(target))).toEqual(contentOf(await exported(source)));
  });
});

test("nothing is left where an archive was kept while it was verified", async () => {
  const directory = join(await temporaryDirectory(), "spool");
  await mkdir(directory);
  const archive = await exported(await openFull());
  const platform = await openOn(memoryStorage());
  await expect(platform.import(pieces(archive.subarray(0, 900)), { directory })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await platform.import(pieces(archive), { directory });
  expect(await readdir(directory)).toEqual([]);
  await expect(platform.import(pieces(archive), { directory: join(directory, "none") })).rejects.toMatchObject({ code: "UNAVAILABLE" });
});
