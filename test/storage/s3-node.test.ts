import { cp } from "node:fs/promises";
import { afterEach, describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { fail } from "../../src/errors.ts";
import { defineResource, type ResourceSpec } from "../../src/spec/resource.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import { commit, expectAbsent, expectCode, expectCurrent, expectFeed, found, refusal } from "./case.ts";
import { Article, create, modify, purge, remove, switchTo, unit, update } from "./fixtures.ts";
import { elsewhere, isLog, isLogPut, open, opening, S3World } from "./s3-fixtures.ts";

const world = new S3World();
afterEach(() => setCrashHandler(undefined));

describe("a node", () => {
  test.each([{}, { inlineBytes: 0 }, { snapshotBytes: 1 }])("that lost its folder finds everything again, with %o", async (options) => {
    const place = await world.newPlace(options);
    const storage = await open(place);
    const first = create(Article, { title: "1", slug: "one", tags: ["a"] });
    const second = update(first, { title: "2", slug: "one" });
    const back = switchTo(second, first);
    const draft = create(Article, { title: "draft" }, { status: "draft" });
    const modified = modify(draft, { title: "modified" });
    const gone = create(Article, { title: "gone" });
    const removed = remove(gone);
    const doomed = create(Article, { slug: "doomed" });
    const purged = purge(doomed);
    const all = [first, second, back, draft, modified, gone, removed, doomed, purged];
    await commit(storage, ...all);
    world.pass(60);
    const again = await open(await elsewhere(place));
    await expectCurrent(again, back, modified, removed);
    await expectAbsent(again, purged);
    await expectFeed(again, ...all);
    expect(await refusal(again, unit(create(Article, {}, { id: doomed.meta.id })))).toEqual({ kind: "taken", id: doomed.meta.id });
    const next = update(back, { title: "3", slug: "doomed" });
    await commit(again, next);
    await expectFeed(again, ...all, next);
  });

  test("shows nothing that is not in the log yet", async () => {
    const place = await world.newPlace({ timeouts: { attempts: 1, idleMs: 100 } });
    const storage = await open(place);
    const article = create(Article, { title: "1" });
    await commit(storage, article);
    world.plant("stall", isLogPut);
    const writing = storage.commit([unit(update(article, { title: "2" }))]);
    await expectCurrent(storage, article);
    await expectCode("UNAVAILABLE", writing);
    await expectCurrent(storage, article);
  });

  test("catches up with its own log before it answers, if it fell behind", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    const article = create(Article, { title: "1" });
    setCrashHandler((point) => {
      if (point === "after-journal") throw fail("UNAVAILABLE", "crashed");
    });
    await expectCode("UNAVAILABLE", storage.commit([unit(article)]));
    setCrashHandler(undefined);
    await expectCurrent(storage, article);
    const next = update(article, { title: "2" });
    await commit(storage, next);
    world.pass(60);
    const again = await open(await elsewhere(place));
    await expectFeed(again, article, next);
  });

  test("brings an older folder up to date, from the log or from a snapshot", async () => {
    const place = await world.newPlace({ retentionMs: 0 });
    const storage = await open(place);
    const first = create(Article, { title: "1" });
    await commit(storage, first);
    await storage.close();
    const old = await elsewhere(place);
    const older = await elsewhere(place);
    for (const { dir } of [old, older]) await cp(place.dir, dir, { recursive: true });
    const again = await open(place);
    const second = update(first, { title: "2" });
    await commit(again, second);
    await again.close();
    const fromLog = await open(old);
    await expectCurrent(fromLog, second);
    await fromLog.close();
    const snapping = await open({ ...place, snapshotBytes: 1 });
    await commit(snapping, ...Array.from({ length: 5 }, () => create(Article, {})));
    await snapping.close();
    // What the older folder lacks is in the log no more.
    expect(world.keysOf(place, "log").filter((key) => /\/0*[1-7]$/.test(key))).toEqual([]);
    await expectCurrent(await open(older), second);
  });

  test("that was opened with other indexed fields leaves a log that can be read", async () => {
    const place = await world.newPlace();
    const schema = Article.schema;
    const before = [defineResource("article", { schema, index: ["title"] })];
    const after = [defineResource("article", { schema, index: ["views"], unique: ["slug"] })];
    const inPlace = async (of: readonly ResourceSpec[], ...titles: readonly string[]) => {
      const storage = await open(await elsewhere(place), of);
      const [spec = Article] = of;
      for (const title of titles) await commit(storage, create(spec, { title, slug: title, views: titles.length }));
      return storage;
    };
    await (await inPlace(before, "a", "b")).close();
    await (await inPlace(after, "c")).close();
    const [spec = Article] = after;
    const last = await inPlace(after);
    expect(await last.schema.filled()).toEqual([]);
    expect(await found(last, spec, { where: { views: { eq: 2 } } })).toHaveLength(2);
    expect(await refusal(last, unit(create(spec, { slug: "a" })))).toMatchObject({ kind: "unique", columns: ["slug"] });
  });

  test("knows the fields that another node has seen, and asks before it loses them", async () => {
    const place = await world.newPlace();
    const openWith = async (schema: z.ZodObject) => open(await elsewhere(place), [defineResource("note", { schema })]);
    const title = z.object({ title: z.string() });
    const first = await openWith(title);
    await first.close();
    const second = await openWith(title.extend({ subtitle: z.string().optional() }));
    await commit(second, create(defineResource("note", { schema: title }), { title: "one" }));
    await second.close();
    await expectCode("BAD_REQUEST", openWith(title));
  });
});

describe("a second node", () => {
  test("is refused while the first one works, and told which it is and how long to wait", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    const refused = opening(await elsewhere(place));
    await expect(refused).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("Another node, one,"),
      details: { retryAfter: expect.any(Number) },
    });
    await commit(storage, create(Article, {}));
    await storage.close();
    await open(await elsewhere(place));
  });

  test("takes over when the first one was silent for long, and then the first one is fenced off", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    const article = create(Article, { title: "1" });
    await commit(storage, article);
    world.pass(60);
    const other = await open(await elsewhere(place));
    const mine = update(article, { title: "mine" });
    const theirs = update(article, { title: "theirs" });
    await expect(storage.commit([unit(mine)])).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("two, has taken over"),
    });
    await expectCode("UNAVAILABLE", storage.read("article", [{ id: article.meta.id }]));
    await expectCode("UNAVAILABLE", storage.blobs(["blob_00000000000000000000000000"]));
    await commit(other, theirs);
    await expectFeed(other, article, theirs);
    await storage.close();
    await commit(other, create(Article, {}));
  });

  test("in the same folder is refused, whatever the lease says", async () => {
    const place = await world.newPlace();
    await open(place);
    world.pass(60);
    await expect(opening(place)).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("another process uses this folder"),
    });
  });

  test("that starts at the same moment on an empty bucket leaves one store", async () => {
    const place = await world.newPlace();
    const places = [place, await elsewhere(place), await elsewhere(place)];
    const opened = await Promise.allSettled(places.map((each) => open(each)));
    const winners = opened.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(winners).toHaveLength(1);
    for (const each of opened) if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "UNAVAILABLE" });
  });

  test("may take over from one that was cut off, which answers nothing until it reaches the bucket again", async () => {
    const place = await world.newPlace({ leaseMs: 300 });
    const storage = await open(place);
    const article = create(Article, { title: "1" });
    await commit(storage, article);
    world.plant("reset", () => true);
    const reading = () => storage.read("article", [{ id: article.meta.id }]);
    await vi.waitFor(() => expectCode("UNAVAILABLE", reading()), { timeout: 10_000, interval: 20 });
    world.heal();
    await vi.waitFor(() => expectCurrent(storage, article), { timeout: 10_000, interval: 20 });
  });
});

describe("an answer of the bucket that is lost", () => {
  test.each([1, Number.POSITIVE_INFINITY])("%d times leaves the write done once, and acknowledged", async (times) => {
    const place = await world.newPlace();
    const storage = await open(place);
    const [one, two] = [create(Article, { title: "1" }), create(Article, { title: "2" })];
    world.plant("lost-reply", isLogPut, times);
    await commit(storage, one, two);
    await expectFeed(storage, one, two);
    expect(await refusal(storage, unit(one))).toEqual({ kind: "taken", id: one.meta.id });
  });

  test("with nobody to ask is UNAVAILABLE, and found later: the next write stands behind it", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    const article = create(Article, { slug: "taken" });
    let arrived = false;
    world.double().fault = (request) => {
      if (!isLog(request)) return undefined;
      arrived ||= request.method === "PUT";
      return request.method === "PUT" ? "lost-reply" : "reset";
    };
    await expect(storage.commit([unit(article)])).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("unknown"),
    });
    expect(arrived).toBe(true);
    world.heal();
    expect(await refusal(storage, unit(create(Article, { slug: "taken" })))).toMatchObject({ kind: "unique", holder: article.meta.id });
    const next = update(article, { slug: "free" });
    await commit(storage, next);
    await expectFeed(storage, article, next);
    world.pass(60);
    await expectFeed(await open(await elsewhere(place)), article, next);
  });

  test("because nothing arrived is UNAVAILABLE, and nothing is there", async () => {
    const place = await world.newPlace();
    const storage = await open(place);
    const lost = create(Article, { title: "lost" });
    world.plant("reset", isLogPut);
    await expectCode("UNAVAILABLE", storage.commit([unit(lost)]));
    world.heal();
    await expectAbsent(storage, lost);
    const article = create(Article, {});
    await commit(storage, article, lost);
    world.pass(60);
    await expectFeed(await open(await elsewhere(place)), article, lost);
  });
});
