import { expect, test } from "vitest";
import type { Authorize } from "../../src/manager/authorize.ts";
import { memoryStorage } from "../../src/memory.ts";
import { framesOf, jsonOf } from "./frames.ts";
import { Article, Author, exported, openFull, openOn, pieces } from "./world.ts";

/** May export and import articles with few views, and no authors. */
const some: Authorize = async ({ operation, spec }) => {
  if (operation !== "export" && operation !== "import") return true;
  return spec.name === "article" ? { where: { views: { lt: 5 } } } : spec.name === "country";
};

test("who may not export a spec exports nothing; rows that may not be seen are left out", async () => {
  const archive = await exported(await openFull());
  const storage = memoryStorage();
  await (await openOn(storage)).import(pieces(archive));
  const asked: string[] = [];
  const guarded = await openOn(storage, {
    authorize: (request) => {
      asked.push(`${request.operation} ${request.spec.name} ${request.actor.id}`);
      return some(request);
    },
  });
  await expect(guarded.export()).rejects.toMatchObject({ code: "FORBIDDEN", details: { resource: "author" } });
  const eve = { id: "eve", roles: [], claims: {} };
  const parts = framesOf(await exported(guarded, { resources: [Article], actor: eve }));
  expect(asked.at(-1)).toBe("export article eve");
  // One has five views, and of the purged one nobody knows.
  const resources = parts.filter(({ kind }) => kind === "R").map(jsonOf);
  expect(resources).toHaveLength(2);
  expect(resources.some((each) => "purged" in each)).toBe(false);
  const bytes = Buffer.concat(parts.map(({ payload }) => payload)).toString();
  expect([bytes.includes("one, again"), bytes.includes('"two"')]).toEqual([false, true]);
});

test("who may not import asks nothing of the body, and writes no row that the rule leaves out", async () => {
  const archive = await exported(await openFull(), { resources: [Article] });
  const guarded = await openOn(memoryStorage(), { authorize: some });
  let read = 0;
  async function* counted() {
    for await (const chunk of pieces(archive)) {
      read += 1;
      yield chunk;
    }
  }
  const closed = await openOn(memoryStorage(), { authorize: async ({ operation }) => operation !== "import" });
  await expect(closed.import(counted())).rejects.toMatchObject({ code: "FORBIDDEN" });
  await expect(guarded.import(counted(), { resources: [Author] })).rejects.toMatchObject({
    code: "FORBIDDEN",
    details: { resource: "author" },
  });
  expect(read).toBe(0);
  const authors = await exported(await openFull(), { resources: [Author] });
  await expect(guarded.import(pieces(authors))).rejects.toMatchObject({ code: "FORBIDDEN", details: { resource: "author" } });
  for (const options of [{}, { resources: [Article] }])
    await expect(guarded.import(counted(), options)).rejects.toMatchObject({ code: "FORBIDDEN", details: { resource: "article" } });
  expect((await guarded.resource(Article).search({ includeDeleted: true })).items).toEqual([]);
});
