/** What users see of types, pinned: `npm run check` compiles this file, and each expected error must be one. */
import { z } from "zod";
import { createClient } from "../../src/client.ts";
import { createPlatform, defineResource, type Plugin, query, ref } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";

const Author = defineResource("author", { schema: z.object({ name: z.string() }), index: ["name"] });
const Article = defineResource("article", {
  schema: z.object({
    title: z.string(),
    views: z.int().default(0),
    tags: z.array(z.string()),
    kind: z.enum(["news", "essay"]),
    address: z.object({ city: z.string(), geo: z.object({ lat: z.number() }) }).optional(),
    author: ref(Author),
    reviewer: ref(Author, { inverse: "reviewed" }).optional(),
    editors: z.array(ref(Author, { inverse: "edited" })).default([]),
    after: ref("article", { inverse: "before" }).optional(),
  }),
  index: ["title", "views", "tags", "kind", "address.city", "address.geo.lat", ["author", "views"]],
  unique: ["title"],
});

const platform = createPlatform({ resources: [Author, Article], storage: memoryStorage() });
const articles = platform.resource(Article);

export async function use(): Promise<void> {
  const created = await articles.create({ title: "One", tags: [], kind: "news", author: "author_x" });
  const views: number = created.data.views;
  const city: string | undefined = created.data.address?.city;
  await articles.search({
    where: { title: { startsWith: "O" }, authorId: { eq: "author_x" }, address: { geo: { lat: { gt: views } } } },
    orderBy: ["-views", "meta.createdAt"],
  });
  await articles.search(
    query(Article)
      .where((f) => f.or(f.kind.eq("essay"), f.tags.has("x"), f.reviewerId.isNull(true)))
      .orderBy("-address.city"),
  );
  await articles.patch(created.id, { merge: { title: city } }, { ifVersion: created.meta.version });

  await articles.upsert({ title: "One" }, { title: "One", tags: [], kind: "news", author: "author_x" });
  const [first] = await platform.transact([
    { type: "author", op: "create", data: { name: "Ann" }, as: "ann" },
    { type: "article", op: "patch", id: created.id, merge: { author: "$ann" }, ifVersion: 1 },
  ]);
  const changed: boolean | undefined = first?.changed;
  await articles.batch([{ op: "delete", id: changed ? created.id : "article_x" }]);

  // @ts-expect-error an author has no title
  await platform.transact([{ type: "author", op: "create", data: { title: "One" } }]);
  // @ts-expect-error there is no such spec
  await platform.transact([{ type: "page", op: "delete", id: "page_x" }]);
  // @ts-expect-error a modify needs a patch
  await articles.batch([{ op: "modify", id: "article_x", ifVersion: 1 }]);
  // @ts-expect-error not a field
  await articles.upsert({ titel: "One" }, { title: "One", tags: [], kind: "news", author: "author_x" });
  // @ts-expect-error views is a number
  await articles.create({ title: "One", tags: [], kind: "news", author: "author_x", views: "many" });
  // @ts-expect-error tags are missing
  await articles.create({ title: "One", kind: "news", author: "author_x" });
  // @ts-expect-error there is no such kind
  await articles.create({ title: "One", tags: [], kind: "poem", author: "author_x" });
  // @ts-expect-error views is compared with numbers
  await articles.search({ where: { views: { eq: "1" } } });
  // @ts-expect-error an enum has no order
  await articles.search({ where: { kind: { gt: "news" } } });
  // @ts-expect-error not a field
  await articles.search({ where: { titel: { eq: "x" } } });
  // @ts-expect-error not an indexed path
  await articles.search({ where: { address: { street: { eq: "x" } } } });
  // @ts-expect-error not a key to order by
  await articles.search({ orderBy: "tags.length" });
  // @ts-expect-error the resource is not the author's
  await platform.resource(Author).create({ title: "One" });
  // @ts-expect-error not a field of data
  created.data.body;
}

export async function relations(): Promise<void> {
  await articles.search({
    where: {
      author: { name: { eq: "Ada" } },
      reviewer: { not: { name: { startsWith: "B" } } },
      editors: { some: { name: { eq: "Ada" } } },
    },
  });
  await articles.search({ where: { or: [{ after: { title: { eq: "One" } } }] } });
  await articles.search(query(Article).where((f) => f.and(f.author.name.eq("Ada"), f.editors.none({ id: { eq: "author_x" } }))));
  // Which specs refer to authors, their own spec does not know.
  const back: object = { articles: { some: { views: { gte: 10 } } } };
  await platform.resource(Author).search({ where: back });
  // @ts-expect-error a name is compared with strings
  await articles.search({ where: { author: { name: { eq: 1 } } } });
  // @ts-expect-error not a field of the target
  await articles.search({ where: { author: { nom: { eq: "Ada" } } } });
  // @ts-expect-error of a list it must be said which
  await articles.search({ where: { editors: { name: { eq: "Ada" } } } });
  // @ts-expect-error not a field of the target
  query(Article).where((f) => f.author.nom.eq("Ada"));
}

export async function aggregates(): Promise<void> {
  const [all] = await articles.aggregate({});
  const count: number | undefined = all?.count;
  const [group] = await articles.aggregate({
    where: { views: { gte: count ?? 0 } },
    groupBy: ["kind", "authorId", "address.city", "meta.status"],
    sum: ["views", "meta.revisionCount"],
    avg: ["address.geo.lat"],
    min: ["title"],
    max: ["meta.createdAt"],
    countDistinct: ["reviewerId"],
    first: 5,
  });
  if (!group) return;
  const kind: "news" | "essay" | null = group.group.kind;
  const status: "draft" | "stable" | null = group.group.meta.status;
  const city: string | null = group.group.address.city;
  const sums: number = group.sum.views + group.sum.meta.revisionCount;
  const least: [string | null, string | null] = [group.min.title, group.max.meta.createdAt];
  await articles.aggregate({ groupBy: group.avg.address.geo.lat === sums || kind === status || city === least[0] ? [] : ["title"] });
  // @ts-expect-error not grouped by
  group.group.title;
  // @ts-expect-error not asked for
  group.sum.address;
  // @ts-expect-error lists are not grouped by
  await articles.aggregate({ groupBy: ["tags"] });
  // @ts-expect-error a title is no number
  await articles.aggregate({ sum: ["title"] });
  // @ts-expect-error ids have no order
  await articles.aggregate({ min: ["authorId"] });
  // @ts-expect-error not a field
  await articles.aggregate({ countDistinct: ["titel"] });
  // @ts-expect-error not an argument
  await articles.aggregate({ groupby: ["title"] });
}

export async function patches(id: string): Promise<void> {
  await articles.patch(id, { merge: { address: { geo: { lat: 1 } }, reviewer: null, views: null, kind: "essay", tags: ["a"] } });
  await articles.patch(id, {
    operations: [
      { op: "replace", path: "/views", value: 1 },
      { op: "remove", path: "/reviewer" },
      { op: "move", from: "/a", path: "/b" },
    ],
  });
  // @ts-expect-error not a field
  await articles.patch(id, { merge: { titel: "One" } });
  // @ts-expect-error views is a number
  await articles.patch(id, { merge: { views: "many" } });
  // @ts-expect-error a title cannot be removed
  await articles.patch(id, { merge: { title: null } });
  // @ts-expect-error not a field of the nested object
  await articles.patch(id, { merge: { address: { geo: { lon: 1 } } } });
  // @ts-expect-error lists are given whole
  await articles.patch(id, { merge: { tags: { 0: "a" } } });
  // @ts-expect-error replace needs a value
  await articles.patch(id, { operations: [{ op: "replace", path: "/views" }] });
  // @ts-expect-error move needs a from
  await articles.patch(id, { operations: [{ op: "move", path: "/views" }] });
}

const Country = defineResource("country", {
  schema: z.object({ cca3: z.string(), areas: z.record(z.string(), z.int()).optional() }),
  key: "cca3",
});
const Setting = defineResource("setting", { schema: z.object({ value: z.string() }), key: true });
const keyed = createPlatform({ resources: [Country, Setting], storage: memoryStorage() });

export async function keys(): Promise<void> {
  await keyed.resource(Setting).create({ value: "dark" }, { key: "theme" });
  await keyed.resource(Country).create({ cca3: "FRA" }, { status: "draft" });
  await keyed.resource(Country).patch("country_FRA", { merge: { areas: { land: 1, sea: null } } });
  // @ts-expect-error the key is a field of the data
  await keyed.resource(Country).create({ cca3: "FRA" }, { key: "FRA" });
  // @ts-expect-error ids are made by the server
  await articles.create({ title: "One", tags: [], kind: "news", author: "author_x" }, { key: "one" });
}

export const plugin: Plugin<[typeof Author, typeof Article]> = {
  name: "typed",
  on: {
    "article.create.before": (event) => {
      event.data.views += 1;
      // @ts-expect-error not a field of the data
      event.data.votes = 1;
    },
    "*.delete.after": (event) => void event.result?.version,
    // @ts-expect-error there is no such event
    "article.create.during": () => {},
  },
};

// @ts-expect-error the path does not exist
defineResource("wrong", { schema: z.object({ title: z.string() }), index: ["titel"] });
// @ts-expect-error the key is not a field
defineResource("wrong", { schema: z.object({ title: z.string() }), key: "code" });
// @ts-expect-error the key may be missing
defineResource("wrong", { schema: z.object({ title: z.string().optional() }), key: "title" });
// @ts-expect-error the key is no string
defineResource("wrong", { schema: z.object({ views: z.int() }), key: "views" });
// @ts-expect-error lists cannot be unique
defineResource("wrong", { schema: z.object({ tags: z.array(z.string()) }), unique: ["tags"] });

const client = createClient<readonly [typeof Author, typeof Article]>({ url: "http://localhost:4000" });

export async function ask(): Promise<void> {
  const created = await client.article.create({ title: "One", tags: [], kind: "news", author: "author_x" });
  created.data.views.toFixed();
  await client.article.search({ where: { kind: { eq: "news" }, author: { name: { eq: "Ann" } } }, orderBy: ["-views"] });
  const [group] = await client.article.aggregate({ groupBy: ["kind"], sum: ["views"] });
  group?.sum.views?.toFixed();
  await client.transact([{ type: "author", op: "create", data: { name: "Ann" } }]);
  // @ts-expect-error: there is no such resource
  await client.nothing.count();
  // @ts-expect-error: not a field of the spec
  await client.article.create({ title: "One", tags: [], kind: "news", author: "author_x", nothing: 1 });
  // @ts-expect-error: not indexed
  await client.author.search({ where: { nothing: { eq: 1 } } });
}

const Story = defineResource("story", {
  schema: z.object({ title: z.string(), author: ref(Author), views: z.int().default(0) }),
  actions: {
    publish: {
      input: z.object({ at: z.string().optional(), loud: z.boolean().default(false) }),
      output: z.object({ url: z.string(), loud: z.boolean().default(true) }),
      handler: async ({ input, resource, resources }) => {
        const loud: boolean = input.loud;
        const { data } = await resource.patch({ merge: { title: input.at ?? "" } });
        const author = await resources(Author).get(data.author);
        await resources("comment").create({ text: author.data.name });
        // @ts-expect-error not a field of the data
        await resource.patch({ merge: { titel: "One" } });
        // @ts-expect-error an author has no title
        await resources(Author).create({ title: "One" });
        // @ts-expect-error not a member of the input
        return { url: `${input.when}${resource.data.views.toFixed()}`, loud };
      },
    },
    hide: { handler: async ({ resource }) => void (await resource.delete()) },
    rename: { input: z.object({ title: z.string() }), handler: async ({ input }) => void input.title.trim() },
  },
});
const Plain = defineResource("plain", {
  schema: z.object({ n: z.int() }),
  actions: { add: { handler: async ({ resource }) => void (await resource.patch({ merge: { n: resource.data.n + 1 } })) } },
});
const acting = createPlatform({ resources: [Author, Story, Plain], storage: memoryStorage() });

export async function actions(id: string): Promise<void> {
  const stories = acting.resource(Story);
  const done = await stories.actions.publish(id, { at: "now" }, { ifVersion: 1, idempotencyKey: "k" });
  const shown: [string, boolean, string] = [done.output.url, done.output.loud, done.data.title];
  await stories.actions.publish(id);
  await stories.actions.hide(id, {}, { ifVersion: shown.length });
  await acting.resource(Plain).actions.add(id);
  await acting.transact([{ type: "story", op: "action", action: "rename", id, input: { title: "One" } }]);
  await createClient<readonly [typeof Story]>({ url: "http://localhost" }).story.actions.rename(id, { title: "Two" });
  // @ts-expect-error a rename needs a title
  await stories.actions.rename(id);
  // @ts-expect-error not a member of the input
  await stories.actions.publish(id, { when: "now" });
  // @ts-expect-error there is no such action
  await stories.actions.publisch(id);
  // @ts-expect-error an author has no actions
  await acting.resource(Author).actions.publish(id);
  // @ts-expect-error a title is a string
  await acting.transact([{ type: "story", op: "action", action: "rename", id, input: { title: 1 } }]);
  // @ts-expect-error hide answers nothing
  (await stories.actions.hide(id)).output.url;
}

export const actionPlugin: Plugin<[typeof Author, typeof Story]> = {
  name: "actions",
  on: {
    "story.publish.before": ({ input, data }) => void [input.loud, data.title],
    "story.publish.after": ({ result }) => void result?.output.url,
    // @ts-expect-error there is no such action
    "author.publish.after": () => {},
  },
};

defineResource("wrong", {
  schema: z.object({ n: z.int() }),
  actions: {
    count: {
      output: z.object({ n: z.int() }),
      // @ts-expect-error n is a number
      handler: async () => ({ n: "one" }),
    },
  },
});
