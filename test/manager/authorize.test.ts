import { expect, test } from "vitest";
import type { AccessRequest, ResourceManager } from "../../src/index.ts";
import { Article, specs } from "../support/articles.ts";
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
