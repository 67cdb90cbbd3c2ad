import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { diskStorage } from "../../src/disk.ts";
import { createPlatform, defineResource, type PlatformOptions, planSchema, type ResourceSpec, schemaPlanText } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { setCrashHandler } from "../../src/storage/crash-points.ts";
import { temporaryDirectory } from "../storage/disk-fixtures.ts";

const First = defineResource("article", { schema: z.object({ name: z.string(), views: z.string() }), index: ["views"] });
const Second = defineResource("article", {
  schema: z.object({ title: z.string(), views: z.int32(), status: z.enum(["new", "old"]).default("old") }),
  index: ["title", "views"],
  versions: [({ name, views, ...rest }) => ({ ...rest, title: name, views: Number(views) })],
});

/** A platform over the directory that keeps its log lines; closed when the test has finished. */
async function opened<Spec extends ResourceSpec>(dir: string, spec: Spec, options: Partial<PlatformOptions> = {}) {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => lines.push(JSON.parse(line)) };
  const platform = createPlatform({ log: { destination }, ...options, resources: [spec], storage: diskStorage(dir) });
  onTestFinished(() => platform.close());
  return { platform, articles: platform.resource(spec), lines };
}

async function written(dir: string): Promise<string> {
  const { platform, articles } = await opened(dir, First);
  const { id } = await articles.create({ name: "One", views: "12" });
  await articles.update(id, { name: "Two", views: "13" });
  await platform.close();
  return id;
}

afterEach(() => setCrashHandler(undefined));

describe("a store that does not fit the resources", () => {
  test("is planned, and left as it is", async () => {
    const dir = await temporaryDirectory();
    await written(dir);
    const changes = await planSchema({ storage: diskStorage(dir), resources: [Second] });
    expect(schemaPlanText(changes)).toBe(`article, views: drop index
    drop index "article__views___id___state__index"
article, views: set column aside
    alter table "article" rename column "views" to "_was__views"
article, title: add column
    alter table \`article\` add column \`title\` text null
article, views: add column
    alter table \`article\` add column \`views\` integer null
article, title: create index
    create index "article__title___id___state__index" on "article" ("title", "_id", "_state")
article, views: create index
    create index "article__views___id___state__index" on "article" ("views", "_id", "_state")
article, title: fill column of 1 resource, in the background
article, views: fill column of 1 resource, in the background`);
    expect(await planSchema({ storage: diskStorage(dir), resources: [First] })).toEqual([]);
    expect(await planSchema({ storage: memoryStorage(), resources: [Second] })).toEqual([]);
    expect(await planSchema({ storage: diskStorage(`${dir}/new`), resources: [First] })).toContainEqual(
      expect.objectContaining({ resource: "article", what: "create table" }),
    );
  });

  test("ends the start where changes are refused, with what would have to be done, and no SQL", async () => {
    const dir = await temporaryDirectory();
    await written(dir);
    const { platform, lines } = await opened(dir, Second, { schemaChanges: "refuse" });
    await expect(platform.ready()).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("article, views: set column aside"),
    });
    const answer = await platform.fetch(new Request("http://localhost/articles"));
    expect([answer.status, await answer.text()]).toEqual([503, expect.not.stringMatching(/alter table|meta\.db/)]);
    expect(lines).toContainEqual(
      expect.objectContaining({
        msg: "schema change refused",
        change: "set column aside",
        statements: [expect.stringContaining("alter table")],
      }),
    );
    const as = await opened(dir, First, { schemaChanges: "refuse" });
    expect((await as.articles.search({ where: { views: { eq: "13" } } })).items).toHaveLength(1);
  });

  test("is brought up to date with every step in the log", async () => {
    const dir = await temporaryDirectory();
    await written(dir);
    const changes = await planSchema({ storage: diskStorage(dir), resources: [Second] });
    const { platform, lines } = await opened(dir, Second);
    await platform.ready();
    expect(await platform.schemaFilled()).toEqual([]);
    await expect
      .poll(() => lines.map(({ msg }) => msg))
      .toEqual([...changes.map(() => "schema change"), "fields are being indexed", "fields are indexed"]);
    expect(lines.map(({ change }) => change)).toEqual([...changes.map(({ what }) => what), undefined, undefined]);
  });

  test("is begun with one line in the log, and no SQL", async () => {
    const { platform, lines } = await opened(await temporaryDirectory(), First);
    await platform.ready();
    await platform.close();
    expect(lines).toEqual([expect.objectContaining({ level: 30, msg: "tables created", resources: ["article"] })]);
  });

  test("serves while it is filled, and says what is not ready", async () => {
    const dir = await temporaryDirectory();
    const id = await written(dir);
    setCrashHandler((point) => {
      if (point === "before-fill-batch") throw new Error(point);
    });
    const authorize: PlatformOptions["authorize"] = async ({ actor }) =>
      actor.id === "reader" ? { where: { views: { isNull: true } } } : true;
    const { platform, articles } = await opened(dir, Second, { authorize });
    const get = async (path: string) => {
      const answer = await platform.fetch(new Request(`http://localhost${path}`));
      return [answer.status, await answer.json()];
    };
    expect(await get("/health/ready")).toEqual([
      200,
      {
        status: "ok",
        indexing: [
          { resource: "article", field: "title", done: 0, total: 1 },
          { resource: "article", field: "views", done: 0, total: 1 },
        ],
      },
    ]);
    const unready = { status: 503, code: "UNAVAILABLE", detail: "Field views of article is being indexed: 0 % done. Try again later" };
    expect(await get("/articles?views[gte]=1")).toEqual([503, expect.objectContaining(unready)]);
    expect(await get(`/articles/${id}`)).toEqual([200, expect.objectContaining({ data: { title: "Two", views: 13, status: "old" } })]);
    const query = { query: "{ articleCount(where: { views: { eq: 13 } }) }" };
    const graphql = await platform.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(query),
      }),
    );
    expect(await graphql.json()).toMatchObject({ errors: [{ message: unready.detail, extensions: { code: "UNAVAILABLE" } }] });
    // A rule about a field that is not filled must not let anything pass.
    await expect(articles.as({ id: "reader", roles: [], claims: {} }).get(id)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    setCrashHandler(undefined);
    await platform.schemaFilled();
    expect(await get("/health/ready")).toEqual([200, { status: "ok" }]);
    expect(await get("/articles/count?views[gte]=1")).toEqual([200, { count: 1 }]);
    await expect(articles.as({ id: "reader", roles: [], claims: {} }).get(id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  test("refuses options that do not exist", async () => {
    const options: object = { resources: [First], storage: memoryStorage(), schemaChanges: "ask" };
    expect(() => Reflect.apply(createPlatform, undefined, [options])).toThrow('schemaChanges takes "apply" or "refuse"');
    await expect(planSchema(Object({ resources: [First] }))).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("revisions of an older version", () => {
  test("are read, patched, compared and switched to as today's spec has them", async () => {
    const dir = await temporaryDirectory();
    const id = await written(dir);
    const { platform, articles } = await opened(dir, Second);
    await platform.ready();
    await platform.schemaFilled();
    expect((await articles.get(id)).data).toEqual({ title: "Two", views: 13, status: "old" });
    expect((await articles.revision(id, { number: 1 })).data).toEqual({ title: "One", views: 12, status: "old" });
    expect((await articles.get(id)).meta.schemaVersion).toBe(1);
    const [first] = (await articles.revisions(id)).items;
    const patched = await articles.patch(id, { merge: { views: 20 } });
    expect([patched.data, patched.meta.schemaVersion]).toEqual([{ title: "Two", views: 20, status: "old" }, 2]);
    expect((await articles.diff(id, 1, 3)).paths).toEqual(["title", "views"]);
    const switched = await articles.switch(id, 1);
    expect([switched.data, switched.meta.schemaVersion, switched.revision.hash]).toEqual([
      { title: "One", views: 12, status: "old" },
      1,
      first?.hash,
    ]);
    expect((await articles.search({ where: { title: { eq: "One" }, views: { eq: 12 } } })).items.map((item) => item.id)).toEqual([id]);
    const rest = await platform.fetch(new Request(`http://localhost/articles/${id}/revisions/2`));
    expect(await rest.json()).toMatchObject({ data: { title: "Two", views: 13, status: "old" }, schemaVersion: 1 });
    const query = {
      query: `{ articleRevision(id: "${id}", number: 2) { schemaVersion data { title views status } } articles { nodes { title views } } }`,
    };
    const graphql = await platform.fetch(
      new Request("http://localhost/graphql", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(query),
      }),
    );
    expect(await graphql.json()).toEqual({
      data: {
        articleRevision: { schemaVersion: 1, data: { title: "Two", views: 13, status: "old" } },
        articles: { nodes: [{ title: "One", views: 12 }] },
      },
    });
  });
});
