import { expect, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { systemContext } from "../../src/storage/context.ts";
import { contentOf, framesOf, jsonOf } from "./frames.ts";
import { Article, Author, bytesOf, exported, openFull, openOn, pieces } from "./world.ts";

test("a delta brings a copy up to date: what was changed, created and purged since its cursor", async () => {
  const source = await openFull();
  const first = await source.export();
  const copy = await openOn();
  await copy.import(pieces(await bytesOf(first)));
  const articles = source.resource(Article);
  const { items } = await articles.search({ orderBy: ["id"] });
  const [one, three] = items;
  await articles.update(one?.id ?? "", { title: "changed" });
  await articles.purge(three?.id ?? "");
  await source.resource(Author).create({ name: "Eve" });
  const second = await source.export({ since: first.cursor });
  const bytes = await bytesOf(second);
  expect(framesOf(bytes).filter(({ kind }) => kind === "R")).toHaveLength(3);
  expect(await copy.import(pieces(bytes), { onConflict: "replace" })).toMatchObject({ created: 1, replaced: 2, unchanged: 0, skipped: 0 });
  expect(contentOf(await exported(copy))).toEqual(contentOf(await exported(source)));
  const third = await bytesOf(await source.export({ since: second.cursor }));
  expect(framesOf(third).map(({ kind }) => kind)).toEqual(["H", "E"]);
  expect(await copy.import(pieces(third))).toMatchObject({ created: 0, unchanged: 0 });
});

test("what changes while an archive is read is in it or in the next one", async () => {
  const source = await openOn();
  const articles = source.resource(Article);
  for (let i = 0; i < 600; i++) await articles.create({ title: `${i}`, text: "x".repeat(500) });
  const { items } = await articles.search({ first: 200, orderBy: ["id"] });
  const archive = await source.export();
  const chunks: Uint8Array[] = [];
  for await (const chunk of archive) {
    chunks.push(chunk);
    const next = items[chunks.length];
    if (next) await articles.update(next.id, { title: "meanwhile" });
    if (next) await articles.create({ title: "new meanwhile" });
  }
  const copy = await openOn();
  await copy.import(pieces(Buffer.concat(chunks)));
  await copy.import(await source.export({ since: archive.cursor }), { onConflict: "replace" });
  expect(contentOf(await exported(copy))).toEqual(contentOf(await exported(source)));
});

test("a cursor is of one export: of the same resources, on the same store, as far as the feed reaches", async () => {
  let now = Date.now();
  const context = { ...systemContext, now: () => now };
  const source = await openOn(memoryStorage({ context, feedRetentionMs: 1_000 }), { context });
  await source.resource(Article).create({ title: "one" });
  const { cursor } = await source.export();
  const refused = (code: string, reason?: string) => ({ code, ...(reason ? { details: { reason } } : {}) });
  await expect(source.export({ since: cursor, resources: [Article] })).rejects.toMatchObject(refused("BAD_REQUEST"));
  await expect(source.export({ since: "x".repeat(50) })).rejects.toMatchObject(refused("BAD_REQUEST"));
  await expect((await openOn()).export({ since: cursor })).rejects.toMatchObject(refused("BAD_REQUEST"));
  await source.resource(Article).create({ title: "missed" });
  now += 10_000;
  for (let i = 0; i < 3_000; i++) await source.resource(Author).create({ name: `${i}` });
  await expect(source.export({ since: cursor })).rejects.toMatchObject(refused("GONE", "retention"));
});

test("the header says what it is of, and where it stands in the feed", async () => {
  const source = await openFull();
  const [header] = framesOf(await exported(source, { resources: [Author, Article] }));
  expect(header && jsonOf(header)).toMatchObject({
    specs: [{ name: "author", prefix: "author", schemaVersion: 1 }, { name: "article" }],
    position: 13,
  });
});
