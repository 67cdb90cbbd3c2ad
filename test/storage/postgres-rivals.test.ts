import { assert, describe, expect, test } from "vitest";
import type { ChangeRow, UnitResult } from "../../src/storage/rows.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { postgresMissing } from "../support/postgres-database.ts";
import { commit, expectCurrent } from "./case.ts";
import { Article, Author, create, purge, remove, restore, unit, update, type Version } from "./fixtures.ts";
import { openPostgres, storageAt, temporaryPlace } from "./postgres-fixtures.ts";

const okOf = (results: readonly UnitResult[]): number => results.filter(({ ok }) => ok).length;

/** Several stores over the same data, as several processes have them. */
async function openMany(count: number): Promise<[IStorage, IStorage, ...IStorage[]]> {
  const place = await temporaryPlace();
  const [first, second] = [await openPostgres(place), await openPostgres(place)];
  const others = await Promise.all(Array.from({ length: count - 2 }, () => openPostgres(place)));
  return [first, second, ...others];
}

const committedBy = async (
  stores: readonly IStorage[],
  works: readonly Parameters<IStorage["commit"]>[0][number][],
): Promise<UnitResult[]> =>
  (await Promise.all(works.map(async (work, i) => (await stores[i % stores.length]?.commit([work])) ?? []))).flat();

describe.skipIf(postgresMissing !== undefined)(`stores that share a database ${postgresMissing ?? ""}`, () => {
  test("let exactly one of 64 writers of 4 stores succeed per version, and tell the others which it is", async () => {
    const stores = await openMany(4);
    let current = create(Article, { views: 0 });
    await commit(stores[0], current);
    for (let round = 1; round <= 15; round++) {
      const rivals = Array.from({ length: 64 }, (_, i) => update(current, { views: round * 100 + i }));
      const results = await committedBy(
        stores,
        rivals.map((rival) => unit(rival)),
      );
      expect(okOf(results)).toBe(1);
      const failures = results.flatMap((result) => (result.ok ? [] : [result.failure]));
      expect(failures).toEqual(failures.map(() => ({ kind: "version", id: current.meta.id, actual: round + 1 })));
      const winner = rivals[results.findIndex(({ ok }) => ok)];
      assert(winner);
      current = winner;
      for (const store of stores) await expectCurrent(store, current);
    }
  });

  test("give a unique value to one resource, whichever store asks, and free it again", async () => {
    const stores = await openMany(3);
    for (let round = 0; round < 8; round++) {
      const rivals = Array.from({ length: 30 }, () => create(Article, { slug: `slug ${round}` }));
      const results = await committedBy(
        stores,
        rivals.map((rival) => unit(rival)),
      );
      expect(okOf(results)).toBe(1);
      const winner = rivals[results.findIndex(({ ok }) => ok)];
      assert(winner);
      const failures = results.flatMap((result) => (result.ok ? [] : [result.failure]));
      expect(failures).toEqual(failures.map(() => ({ kind: "unique", type: "article", columns: ["slug"], holder: winner.meta.id })));
      const [removed] = await committedBy(stores, [unit(remove(winner))]);
      expect(removed).toEqual({ ok: true });
    }
  });

  test("pass unique values from hand to hand in units of several changes", async () => {
    const stores = await openMany(2);
    const ring = Array.from({ length: 4 }, (_, i) => create(Article, { slug: `s${i}` }));
    await commit(stores[0], ...ring);
    const [a, b, c, d] = ring as [Version, Version, Version, Version];
    // Each takes what the one before it has just let go of.
    const moved = [update(a, { slug: "free" }), update(b, { slug: "s0" }), update(c, { slug: "s1" }), update(d, { slug: "s2" })];
    expect(await committedBy(stores, [unit(...moved)])).toEqual([{ ok: true }]);
    const [one, two] = moved as [Version, Version];
    const swapped = unit(update(one, { slug: "s0" }), update(two, { slug: "free" }));
    expect(await committedBy(stores, [swapped])).toEqual([
      { ok: false, failure: { kind: "unique", type: "article", columns: ["slug"], holder: two.meta.id } },
    ]);
    await expectCurrent(stores[1], ...moved);
  });

  test("never let a deletion and a new referrer both succeed", async () => {
    const [one, other] = await openMany(2);
    for (let round = 0; round < 25; round++) {
      const author = create(Author, { name: "Ann" });
      const article = create(Article, { author: author.meta.id, editors: [author.meta.id] });
      await commit(one, author);
      const { id } = author.meta;
      const column = round % 2 === 0 ? "author" : "editors";
      const [removed, referred] = await Promise.all([
        one.commit([{ changes: [remove(author).change], guards: [{ kind: "noReferrers", type: "article", column, id }] }]),
        other.commit([{ changes: [article.change], guards: [{ kind: "exists", type: "author", id }] }]),
      ]);
      expect(okOf([...removed, ...referred])).toBe(1);
    }
  });

  test("never let two creations succeed that each ask for the other's absence", async () => {
    const [one, other] = await openMany(2);
    for (let round = 0; round < 15; round++) {
      const [a, b] = [create(Author, { name: "a" }), create(Author, { name: "b" })];
      const asking = (made: Version, absent: Version) => ({
        changes: [made.change],
        guards: [{ kind: "absent", type: "author", id: absent.meta.id } as const],
      });
      const results = await Promise.all([one.commit([asking(a, b)]), other.commit([asking(b, a)])]);
      expect(okOf(results.flat())).toBe(1);
    }
  });

  test("commit units over the same resources in any order, without a deadlock that anybody sees", async () => {
    const stores = await openMany(3);
    const authors = Array.from({ length: 6 }, (_, i) => create(Author, { name: `${i}` }));
    await commit(stores[0], ...authors);
    const names = new Map(authors.map((author) => [author.meta.id, author]));
    const rename = async (store: IStorage, ids: readonly string[], name: string): Promise<boolean> => {
      const stored = await store.read(
        "author",
        ids.map((id) => ({ id })),
      );
      const next = stored.map((each, i) => {
        const like = names.get(ids[i] ?? "");
        assert(each && like);
        return update({ ...like, ...each }, { name });
      });
      const [result] = await store.commit([unit(...next)]);
      return result?.ok ?? false;
    };
    let done = 0;
    const lanes = stores.flatMap((store, lane) =>
      Array.from({ length: 3 }, async (_, k) => {
        const ids = authors.map(({ meta }) => meta.id);
        const own = [ids[(lane + k) % 6] ?? "", ids[(lane * 2 + k + 3) % 6] ?? ""];
        const pair = own[0] === own[1] ? [own[0] ?? ""] : k % 2 === 0 ? own : own.toReversed();
        for (let round = 0; round < 10; )
          if (await rename(store, pair, `${lane} ${k} ${round}`)) {
            round += 1;
            done += 1;
          }
      }),
    );
    await Promise.all(lanes);
    expect(done).toBe(90);
  });

  test("show a reader one dense feed, whoever writes, in which nothing ever changes", async () => {
    const stores = await openMany(4);
    const [reader] = stores;
    const perLane = 12;
    const heard: ChangeRow[] = [];
    let writing = true;
    const following = (async () => {
      for (let more = true; more; ) {
        const last = !writing;
        const rows = await reader.changes({ after: heard.at(-1)?.position ?? 0, limit: 50 });
        heard.push(...rows);
        more = !last || rows.length > 0;
        await new Promise(setImmediate);
      }
    })();
    const lanes = stores.flatMap((store, s) =>
      Array.from({ length: 3 }, async (_, lane) => {
        let article = create(Article, { views: s, slug: `lane ${s} ${lane}` });
        await commit(store, article);
        for (let count = 1; count < perLane; count++) {
          article = count % 5 === 3 ? remove(article) : count % 5 === 4 ? restore(article) : update(article, { views: count });
          await commit(store, article);
          // Whoever has committed finds it in the feed, in any store.
          const other = stores[(s + 1) % stores.length];
          const rows = await other?.changes({ after: 0, limit: 1_000, id: article.meta.id });
          expect(rows?.map(({ version }) => version)).toEqual(Array.from({ length: count + 1 }, (_, i) => i + 1));
        }
        await commit(store, purge(article));
      }),
    );
    await Promise.all(lanes).finally(() => {
      writing = false;
    });
    await following;
    const total = 12 * (perLane + 1);
    expect(heard.map(({ position }) => position)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    for (const store of stores) expect(await store.changes({ after: 0, limit: 1_000 })).toEqual(heard);
    for (const versions of Map.groupBy(heard, ({ id }) => id).values())
      expect(versions.map(({ version }) => version)).toEqual(Array.from({ length: perLane + 1 }, (_, i) => i + 1));
    expect(await reader.state()).toMatchObject({ head: total, tail: 0 });
  });

  test("wake the readers of all of them", async () => {
    const place = await temporaryPlace();
    const writer = await openPostgres(place);
    const woken = Promise.withResolvers<void>();
    const reader = storageAt(place, "files");
    await reader.open([Author, Article], woken.resolve);
    await commit(writer, create(Author, { name: "Ann" }));
    await woken.promise;
    expect(await reader.changes({ after: 0, limit: 10 })).toHaveLength(1);
    await reader.close();
  });
});
