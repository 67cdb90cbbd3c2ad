import { expect, test } from "vitest";
import type { AccessDecision, AccessRequest, ResourceManager } from "../../src/index.ts";
import { Article, Author, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

const ann = { id: "ann", roles: ["editor"], claims: {} };
type Articles = ResourceManager<typeof Article>;

const operations: Record<string, (articles: Articles, id: string) => Promise<unknown>> = {
  create: (articles) => articles.create({ title: "x" }),
  update: (articles, id) => articles.update(id, { title: "y" }),
  patch: (articles, id) => articles.patch(id, { merge: { title: "y" } }),
  modify: (articles, id) => articles.modify(id, { merge: {} }, { ifVersion: 1 }),
  switch: (articles, id) => articles.switch(id, 1),
  delete: (articles, id) => articles.delete(id),
  restore: (articles, id) => articles.restore(id),
  purge: (articles, id) => articles.purge(id),
  get: (articles, id) => articles.get(id),
  search: (articles) => articles.search(),
  count: (articles) => articles.count(),
  revision: (articles, id) => articles.revision(id, { number: 1 }),
  revisions: (articles, id) => articles.revisions(id),
  diff: (articles, id) => articles.diff(id, 1),
};

test.each(Object.keys(operations))("%s asks, with actor, operation and spec, and a no is FORBIDDEN", async (operation) => {
  let allowed = true;
  const asked: AccessRequest[] = [];
  const authorize = async (request: AccessRequest) => {
    asked.push(request);
    return allowed;
  };
  const articles = (await openPlatform(specs, { authorize })).resource(Article).as(ann);
  const { id } = await articles.create({ title: "x" });
  allowed = false;
  asked.length = 0;
  await expect(operations[operation]?.(articles, id)).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(asked).toEqual([{ actor: ann, operation, spec: Article }]);
});

test.each(Object.keys(operations).filter((operation) => operation !== "create" && operation !== "search" && operation !== "count"))(
  "%s finds nothing outside of the filter that authorize answers",
  async (operation) => {
    const authorize = async ({ actor }: AccessRequest) => actor.id === "root" || { where: { views: { gt: 10 } } };
    const articles = (await openPlatform(specs, { authorize })).resource(Article);
    const { id } = await articles.as({ ...ann, id: "root" }).create({ title: "hidden", views: 1 });
    await expect(operations[operation]?.(articles.as(ann), id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  },
);

test("search, count and getMany stay within the filter, and so does create", async () => {
  const authorize = async ({ actor }: AccessRequest) => actor.id === "root" || { where: { views: { gt: 10 } } };
  const platform = await openPlatform(specs, { authorize });
  const root = platform.resource(Article).as({ ...ann, id: "root" });
  const ids = [await root.create({ title: "a", views: 1 }), await root.create({ title: "b", views: 20 })].map(({ id }) => id);
  const articles = platform.resource(Article).as(ann);
  expect((await articles.search({ total: true })).totalCount).toBe(1);
  expect(await articles.count({ views: { lt: 5 } })).toBe(0);
  expect((await articles.getMany(ids)).map((found) => found?.data.title)).toEqual([undefined, "b"]);
  expect((await articles.revisionsAt(ids.map((id) => ({ id, number: 1 })))).map((found) => found?.data.title)).toEqual([undefined, "b"]);
  await expect(articles.create({ title: "c", views: 2 })).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect((await articles.create({ title: "c", views: 11 })).meta.createdBy).toBe("ann");
});

const byOthers = { id: "anonymous", roles: [], claims: {} };

async function library(authorize: (request: AccessRequest) => Promise<AccessDecision>) {
  const root = { ...ann, id: "root" };
  const ask = async (request: AccessRequest) => request.actor.id === "root" || authorize(request);
  const platform = await openPlatform(specs, { authorize: ask });
  const authors = platform.resource(Author).as(root);
  const articles = platform.resource(Article).as(root);
  const [seen, hidden] = [await authors.create({ name: "Seen" }), await authors.create({ name: "Hidden" })];
  for (const author of [seen.id, hidden.id]) await articles.create({ title: `by ${author}`, author, views: 1 });
  return { platform, seen, hidden };
}

test("whoever may search may aggregate what it finds, and nobody else", async () => {
  const authorize = async ({ actor, operation }: AccessRequest) =>
    actor.id === "ann" && operation === "search" ? { where: { views: { gt: 10 } } } : actor.id !== "bob" || operation !== "search";
  const articles = (await openPlatform(specs, { authorize })).resource(Article);
  for (const views of [1, 20, 30]) await articles.create({ title: `t${views}`, views });
  expect(await articles.as(ann).aggregate({ sum: ["views"], min: ["title"] })).toMatchObject([
    { count: 2, sum: { views: 50 }, min: { title: "t20" } },
  ]);
  expect(await articles.as(ann).aggregate({ groupBy: ["views"], where: { views: { lt: 5 } } })).toEqual([]);
  await expect(articles.as({ ...ann, id: "bob" }).aggregate({})).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("a relational filter tells nothing of what the actor may not find", async () => {
  const { platform, seen } = await library(async ({ spec }) => (spec.name === "author" ? { where: { name: { eq: "Seen" } } } : true));
  const articles = platform.resource(Article).as(byOthers);
  const found = async (where: object) => (await articles.search({ where })).items.map(({ data }) => data.author);
  expect(await found({ author: { name: { eq: "Hidden" } } })).toEqual([]);
  expect(await found({ not: { author: { name: { eq: "x" } } } })).toEqual([seen.id]);
  expect(await articles.count({ author: {} })).toBe(1);
});

test("a relational filter over what the actor may not search at all is FORBIDDEN", async () => {
  const { platform } = await library(async ({ spec, operation }) => spec.name !== "article" || operation !== "search");
  const authors = platform.resource(Author).as(byOthers);
  const over = (where: object) => authors.search({ where });
  await expect(over({ articles: { some: {} } })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(over({ not: { or: [{ articles: { none: {} } }] } })).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(platform.resource(Article).as(byOthers).referring("author", [])).rejects.toMatchObject({ code: "FORBIDDEN" });
});

test("pages of referrers stay within the filter", async () => {
  const { platform, seen, hidden } = await library(async ({ spec }) =>
    spec.name === "article" ? { where: { authorId: { eq: hidden.id } } } : true,
  );
  const pages = await platform.resource(Article).as(byOthers).referring("author", [seen.id, hidden.id, seen.id], { total: true });
  expect(pages.map(({ totalCount, items }) => [totalCount, items.length])).toEqual([
    [0, 0],
    [1, 1],
    [0, 0],
  ]);
});

test("referrers leave out what the actor may not find, and specs that it may not search", async () => {
  const open = await library(async ({ spec, operation }) => spec.name === "author" || operation !== "search");
  expect(await open.platform.resource(Author).as(byOthers).referrers(open.seen.id)).toEqual([]);
  const some = await library(async ({ spec }) => (spec.name === "article" ? { where: { views: { gt: 5 } } } : true));
  expect(await some.platform.resource(Author).as(byOthers).referrers(some.seen.id)).toEqual([]);
  const root = some.platform.resource(Author).as({ ...ann, id: "root" });
  expect(await root.referrers(some.seen.id)).toMatchObject([{ type: "article", field: "author", count: 1 }]);
  await expect(root.referrers("author_00000000000000000000000000")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

test("a rule that asks about other resources is refused, because reads by id could not keep it", async () => {
  const { platform, seen } = await library(async () => ({ where: { author: { name: { eq: "Seen" } } } }));
  const articles = platform.resource(Article).as(byOthers);
  await expect(articles.search()).rejects.toMatchObject({ code: "BAD_REQUEST" });
  await expect(articles.get(seen.id)).rejects.toMatchObject({ code: "BAD_REQUEST" });
});
