import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { fail } from "../../src/errors.ts";
import { createPlatform } from "../../src/platform.ts";
import { crashPoints, setCrashHandler } from "../../src/storage/crash-points.ts";
import type { IStorage } from "../../src/storage/storage.ts";
import { Article, Author, Page, specs } from "../support/articles.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { type Opener, sharedPlaces } from "./shared-places.ts";

function opened(storage: IStorage) {
  const platform = createPlatform({ resources: specs, storage, log: false });
  onTestFinished(() => platform.close());
  return platform;
}

/** The same store in two processes. */
async function rivals(place: Opener) {
  const open = await place();
  const [one, other] = [opened(open()), opened(open())];
  await one.ready();
  await other.ready();
  return { one, other, either: (i: number) => (i % 2 ? one : other) };
}

describe.each(Object.entries(sharedPlaces()))("on %s", (name, place) => {
  if (name === "postgres" && withoutPostgres()) return;
  afterEach(() => setCrashHandler(undefined));

  test("fifty upserts of one value from two processes make one resource, and none is lost", async () => {
    const { one, either } = await rivals(place);
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        either(i)
          .resource(Page)
          .upsert({ slug: "a" }, { slug: "a", text: String(i) }),
      ),
    );
    expect(all.filter((each) => each.created)).toHaveLength(1);
    expect(new Set(all.map((each) => each.id)).size).toBe(1);
    expect((await one.resource(Page).search()).items).toMatchObject([{ version: 50 }]);
    expect(new Set(all.map((each) => each.version)).size).toBe(50);
  });

  test("units of two processes that cross are planned anew, and none is lost", async () => {
    const { one, other, either } = await rivals(place);
    const made = await one.transact([
      { type: "article", op: "create", data: { title: "a" } },
      { type: "article", op: "create", data: { title: "b" } },
    ]);
    const ids = made.map(({ id }) => id);
    await Promise.all(
      Array.from({ length: 20 }, (_, i) =>
        either(i).transact([
          ...(i % 4 < 2 ? ids : ids.toReversed()).map((id) => ({
            type: "article" as const,
            op: "patch" as const,
            id,
            operations: [{ op: "add" as const, path: "/tags/-", value: String(i) }],
          })),
          { type: "page", op: "upsert", by: { slug: "last" }, data: { slug: "last", text: String(i) } },
        ]),
      ),
    );
    const tags = (await one.resource(Article).getMany(ids)).map((article) => article?.data.tags);
    expect(tags[0]).toHaveLength(20);
    expect(tags[1]).toEqual(tags[0]);
    const [page] = (await other.resource(Page).search()).items;
    expect(page).toMatchObject({ version: 20, data: { text: tags[0]?.at(-1) } });
  });

  test.each(crashPoints)("a unit that was stopped at %s is there as a whole or not at all, and its key says which", async (point) => {
    const open = await place();
    const platform = opened(open());
    const { id } = await platform.resource(Article).create({ title: "old", body: "x".repeat(1_000) });
    const operations = [
      { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
      { type: "article", op: "update", id, data: { title: "new", author: "$ann", body: "y".repeat(1_000) } },
      { type: "page", op: "upsert", by: { slug: "a" }, data: { slug: "a", text: "z".repeat(1_000) } },
    ] as const;
    setCrashHandler((hit) => {
      if (hit === point) throw fail("UNAVAILABLE", `Crashed at ${point}`);
    });
    const acknowledged = await platform.transact(operations, { idempotencyKey: "k" }).then(
      () => true,
      () => false,
    );
    setCrashHandler(undefined);

    const after = opened(open());
    const counts = async () => [
      await after.resource(Author).count(),
      (await after.resource(Article).get(id)).version - 1,
      await after.resource(Page).count(),
    ];
    const found = await counts();
    expect([
      [0, 0, 0],
      [1, 1, 1],
    ]).toContainEqual(found);
    if (acknowledged) expect(found).toEqual([1, 1, 1]);
    const again = await after.transact(operations, { idempotencyKey: "k" });
    expect(again.map((result) => "replayed" in result && result.replayed)).toEqual(Array(3).fill(found[0] === 1));
    expect(await counts()).toEqual([1, 1, 1]);
  });
});
