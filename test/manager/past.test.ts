import { expect, test } from "vitest";
import { type AccessRequest, query } from "../../src/index.ts";
import { systemContext } from "../../src/storage/context.ts";
import { Article, Author, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

const ann = { id: "ann", roles: [], claims: {} };
const day = (n: number): string => new Date(Date.UTC(2026, 0, n)).toISOString();

/** Three articles whose lives are days apart: on the second they were a b c, on the fourth b is deleted and c is renamed. */
async function lived(authorize = async (_: AccessRequest): Promise<boolean | { where: unknown }> => true) {
  let now = Date.UTC(2026, 0, 1);
  const on = (n: number) => {
    now = Date.UTC(2026, 0, n);
  };
  const platform = await openPlatform(specs, { authorize, context: { ...systemContext, now: () => now } });
  const articles = platform.resource(Article);
  const [a, b, c] = [
    await articles.create({ title: "a", views: 1 }),
    await articles.create({ title: "b", views: 2 }),
    await articles.create({ title: "c", views: 3 }),
  ];
  on(3);
  await articles.delete(b.id);
  await articles.patch(c.id, { merge: { title: "z", views: 0 } });
  on(5);
  await articles.restore(b.id);
  await articles.delete(a.id);
  return { platform, articles, ids: { a: a.id, b: b.id, c: c.id } };
}

const titlesOf = (page: { readonly items: readonly { readonly data: { readonly title: string } }[] }) =>
  page.items.map(({ data }) => data.title);

test("a search as of an instant answers what it would have answered then", async () => {
  const { articles, ids } = await lived();
  const asOf = (n: number, more = {}) => articles.search({ orderBy: "-views", asOf: day(n), ...more });
  expect(titlesOf(await asOf(1))).toEqual(["c", "b", "a"]);
  expect(titlesOf(await asOf(4))).toEqual(["a", "z"]);
  expect(titlesOf(await asOf(4, { includeDeleted: true }))).toEqual(["b", "a", "z"]);
  expect(titlesOf(await asOf(5))).toEqual(["b", "z"]);
  expect(titlesOf(await articles.search({ where: { title: { eq: "c" } }, asOf: day(2) }))).toEqual(["c"]);
  expect(await articles.search({ asOf: "2025-12-31T23:59:59.999Z", total: true })).toMatchObject({ items: [], totalCount: 0 });

  const page = await articles.search(
    query(Article)
      .where((f) => f.views.gte(2))
      .asOf(day(2))
      .first(1)
      .withTotal(),
  );
  expect(page).toMatchObject({ totalCount: 2, hasNextPage: true, hasPreviousPage: false });
  expect(page.items[0]).toMatchObject({ id: ids.b, version: 1, deleted: false });
  const [then] = (await articles.search({ where: { title: { eq: "c" } }, asOf: day(2) })).items;
  expect([then?.current.isCurrent, then?.meta.updatedAt]).toEqual([false, day(1)]);
  expect((await articles.get(ids.c, { asOf: day(2) })).toJSON()).toEqual(then?.toJSON());
});

test("cursors are bound to the instant", async () => {
  const { articles } = await lived();
  const first = await articles.search({ orderBy: "views", asOf: day(2), first: 1 });
  const after = first.pageInfo.endCursor ?? "";
  expect(titlesOf(await articles.search({ orderBy: "views", asOf: day(2), first: 5, after }))).toEqual(["b", "c"]);
  expect(titlesOf(await articles.search({ orderBy: "views", asOf: "2026-01-02T01:00:00+01:00", after }))).toEqual(["b", "c"]);
  for (const other of [{ asOf: day(4) }, {}])
    await expect(articles.search({ orderBy: "views", after, ...other })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  const now = (await articles.search({ orderBy: "views", first: 1 })).pageInfo.endCursor ?? "";
  await expect(articles.search({ orderBy: "views", after: now, asOf: day(4) })).rejects.toMatchObject({ code: "BAD_REQUEST" });
});

test("only what can be told of the past may be asked", async () => {
  const { platform, articles } = await lived();
  const refused = (asked: Promise<unknown>, message: string) =>
    expect(asked).rejects.toMatchObject({ code: "BAD_REQUEST", message: expect.stringContaining(message) });
  await refused(articles.search({ where: { author: { name: { eq: "x" } } }, asOf: day(2) }), "authorId");
  await refused(articles.search({ asOf: "yesterday" }), "asOf takes an instant");
  await refused(articles.referring("author", ["author_1"], { asOf: day(2) }), "as of an instant");
  // @ts-expect-error the spec keeps no history
  await refused(platform.resource(Author).search({ asOf: day(2) }), "history: true");
  await expect(articles.search({ where: { body: { eq: "x" } } as object, asOf: day(2) })).rejects.toMatchObject({ code: "NOT_INDEXED" });
});

test("an actor finds in the past what it may find today and could have found then", async () => {
  const { articles } = await lived(async ({ actor, operation }) =>
    actor.id === "ann" && operation === "search" ? { where: { views: { gte: 1 } } } : true,
  );
  expect(titlesOf(await articles.as(ann).search({ asOf: day(2) }))).toEqual(["a", "b"]);
  expect(titlesOf(await articles.as(ann).search({ asOf: day(4), includeDeleted: true }))).toEqual(["a", "b"]);
  expect(titlesOf(await articles.search({ asOf: day(2) }))).toEqual(["a", "b", "c"]);
});
