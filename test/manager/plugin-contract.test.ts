import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createPlatform, definePlugin, defineResource, type Plugin } from "../../src/index.ts";
import { memoryStorage } from "../../src/memory.ts";
import { Article, Author, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

type Handlers = NonNullable<Plugin<typeof specs>["on"]>;
const plugin = (on: Handlers, more: Omit<Partial<Plugin<typeof specs>>, "on"> = {}): Plugin<typeof specs> => ({
  name: "test",
  on,
  ...more,
});

describe("what a handler gets", () => {
  test("time, ids, and the platform, on which it writes as itself or as whoever acts", async () => {
    const writing = plugin({
      "author.create.after": async ({ result, platform, actor, context }) => {
        const title = `${result?.data.name} ${typeof context.now()} ${context.uuid().length}`;
        await platform.resource(Article).create({ title });
        await platform.resource(Article).as(actor).create({ title: "hers" });
        await platform.transact([{ type: "article", op: "create", data: { title: "both" } }]);
      },
    });
    const platform = await openPlatform(specs, {
      plugins: [writing],
      authorize: async ({ actor, spec }) => actor.id === "ann" || spec.name === "author",
    });
    const ann = { id: "ann", roles: [], claims: {} };
    await platform.resource(Author).as(ann).create({ name: "Ann" });
    const { items } = await platform.resource(Article).as(ann).search();
    expect(items.map(({ data, meta }) => [data.title, meta.createdBy])).toEqual([
      ["Ann number 36", "plugin:test"],
      ["hers", "ann"],
      ["both", "plugin:test"],
    ]);
  });

  test("a way to refuse with a code of the table, which both APIs answer with", async () => {
    const refusing = plugin({
      "article.create.before": (event) => event.refuse("CONFLICT", "Not on a Sunday", { field: "title" }),
    });
    const platform = await openPlatform(specs, { plugins: [refusing] });
    const refused = { code: "CONFLICT", message: "Not on a Sunday", details: { field: "title", plugin: "test" } };
    await expect(platform.resource(Article).create({ title: "x" })).rejects.toMatchObject(refused);
    const headers = { "content-type": "application/json" };
    const rest = await platform.fetch(new Request("http://door/articles", { method: "POST", headers, body: '{"title":"x"}' }));
    expect([rest.status, await rest.json()]).toMatchObject([409, { code: "CONFLICT", plugin: "test", field: "title" }]);
    const query = 'mutation { createArticle(data: { title: "x" }) { __typename ... on Conflict { message } } }';
    const graphql = await platform.fetch(new Request("http://door/graphql", { method: "POST", headers, body: JSON.stringify({ query }) }));
    expect(await graphql.json()).toEqual({ data: { createArticle: { __typename: "Conflict", message: "Not on a Sunday" } } });
  });
});

describe("handlers that misbehave", () => {
  test.each<[string, NonNullable<Handlers["article.create.before"]>, { readonly code: string; readonly message: RegExp }]>([
    ["throws nonsense", () => Promise.reject(7), { code: "INTERNAL", message: /plugin test failed in article.create.before/ }],
    ["hangs", () => new Promise(() => {}), { code: "TIMEOUT", message: /plugin test has not finished article.create.before within 50 ms/ }],
    [
      "changes what is frozen",
      ({ actor }) => void Object.assign(Object.freeze({ ...actor }), { id: "root" }),
      { code: "INTERNAL", message: /plugin test/ },
    ],
    ["makes garbage of the data", (event) => void Reflect.set(event, "data", 7), { code: "VALIDATION_FAILED", message: /article/ }],
    [
      "writes",
      async ({ platform }) => void (await platform.resource(Author).create({ name: "x" })),
      { code: "INTERNAL", message: /plugin test writes by its platform in a before handler/ },
    ],
  ])("before: one that %s fails its write, and nothing is written", async (_, handler, error) => {
    const platform = await openPlatform(specs, { plugins: [plugin({ "article.create.before": handler })], limits: { handlerMs: 50 } });
    await expect(platform.resource(Article).create({ title: "x" })).rejects.toMatchObject({
      code: error.code,
      message: expect.stringMatching(error.message),
    });
    expect(await platform.resource(Article).count()).toBe(0);
    expect(await platform.resource(Author).count()).toBe(0);
    expect(await platform.resource(Author).create({ name: "still here" })).toMatchObject({ version: 1 });
  });

  test("one that returns something is not asked what", async () => {
    const telling = { "article.create.before": () => ({ title: "other" }) } as unknown as Handlers;
    const platform = await openPlatform(specs, { plugins: [plugin(telling)] });
    expect((await platform.resource(Article).create({ title: "x" })).data.title).toBe("x");
  });

  test("after: one whose writes cause it again comes to an end", async () => {
    const endless = plugin({
      "author.*.after": async ({ platform, result }) => {
        await platform.resource(Author).patch(result?.id ?? "", { merge: { name: `${result?.data.name}+` } });
      },
    });
    const platform = await openPlatform(specs, { plugins: [endless] });
    const { id } = await platform.resource(Author).create({ name: "a" });
    expect((await platform.resource(Author).get(id)).data.name).toBe(`a${"+".repeat(16)}`);
  });

  test("the signal ends with the time of a handler", async () => {
    let ended: unknown;
    const waiting = plugin({
      "article.create.before": ({ signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener("abort", () => {
            ended = signal.reason;
            reject(signal.reason);
          });
        }),
    });
    const platform = await openPlatform(specs, { plugins: [waiting], limits: { handlerMs: 30 } });
    await expect(platform.resource(Article).create({ title: "x" })).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(ended).toMatchObject({ code: "TIMEOUT", details: { plugin: "test" } });
  });
});

describe("a plugin's life", () => {
  const life = (name: string, log: string[], more: Partial<Plugin> = {}): Plugin => ({
    name,
    start: () => void log.push(`${name} starts`),
    stop: () => void log.push(`${name} stops`),
    ...more,
  });

  test("starts in the order of the list and stops in the opposite one, whatever the others do", async () => {
    const log: string[] = [];
    const broken = life("two", log, { stop: () => Promise.reject(new TypeError("no")) });
    const platform = createPlatform({
      resources: specs,
      storage: memoryStorage(),
      log: false,
      plugins: [life("one", log), broken, life("three", log)],
    });
    await platform.ready();
    await platform.close();
    expect(log).toEqual(["one starts", "two starts", "three starts", "three stops", "one stops"]);
  });

  test("may write while it starts; others wait, and one that does not start keeps the platform closed", async () => {
    let fails = true;
    const seeding: Plugin = {
      name: "seed",
      start: async ({ resource }) => {
        if (fails) throw new TypeError("no");
        await resource(Author).create({ name: "Ann" });
      },
    };
    const platform = createPlatform({ resources: specs, storage: memoryStorage(), log: false, plugins: [seeding] });
    onTestFinished(() => platform.close());
    await expect(platform.resource(Author).count()).rejects.toMatchObject({ code: "INTERNAL", details: { plugin: "seed" } });
    fails = false;
    expect(await Promise.all([platform.resource(Author).count(), platform.resource(Author).count()])).toEqual([1, 1]);
  });

  test("may bring resources of its own, which both APIs have", async () => {
    const Note = defineResource("note", { schema: z.object({ text: z.string() }) });
    const noting = plugin(
      {
        "article.create.after": async ({ platform, result }) => void (await platform.resource(Note).create({ text: `made ${result?.id}` })),
      },
      { resources: [Note] },
    );
    const platform = await openPlatform(specs, { plugins: [noting] });
    const { id } = await platform.resource(Article).create({ title: "x" });
    const found = await (await platform.fetch(new Request("http://door/notes"))).json();
    expect(found.items).toMatchObject([{ data: { text: `made ${id}` }, meta: { createdBy: "plugin:test" } }]);
    expect(platform.schema.getType("Note")).toBeDefined();
  });

  test("is checked: its name, that it is there once, and what it is made of", async () => {
    const make = (...plugins: readonly Plugin[]) => createPlatform({ resources: specs, storage: memoryStorage(), plugins });
    expect(() => make({ name: "Has Spaces" })).toThrow(/1 to 40 small letters/);
    expect(() => make({ name: "one" }, { name: "one" })).toThrow(/Two plugins are named one/);
    expect(() => make({ name: "one", onn: {} } as Plugin)).toThrow(/no option "onn". Did you mean on/);
    expect(() => make({ name: "one", feed: { attempts: 0 } })).toThrow(/attempts takes a whole number from 1 on/);
  });

  test("takes options by its zod schema", async () => {
    const slug = definePlugin({
      name: "slug",
      options: z.object({ to: z.string().default("source") }),
      setup: ({ to }) => ({
        on: {
          "*.create.before": (event) => {
            event.data[to] = String(event.data.title).toLowerCase();
          },
        },
      }),
    });
    const platform = await openPlatform([Article, Author] as const, { plugins: [slug({})] });
    expect((await platform.resource(Article).create({ title: "One" })).data.source).toBe("one");
    expect(() => slug({ to: 7 } as never)).toThrow(/Plugin slug: to: /);
  });
});
