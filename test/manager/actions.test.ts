import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defineResource, type Plugin, SpecStarError } from "../../src/index.ts";
import { openPlatform, openStorage } from "../support/open-platform.ts";
import { Post, Writer } from "../support/posts.ts";

const specs = [Writer, Post] as const;
const at = "2026-01-01T00:00:00Z";

async function opened(options: Parameters<typeof openPlatform<typeof specs>>[1] = {}) {
  const storage = await openStorage();
  const platform = await openPlatform(specs, { ...options, storage });
  const head = async () => (await storage.state()).head;
  return { platform, posts: platform.resource(Post), writers: platform.resource(Writer), head };
}

describe("an action", () => {
  test("reads its input, writes the resource and others as one unit, and answers its output", async () => {
    const { posts, writers } = await opened();
    const ann = await writers.create({ name: "Ann" });
    const { id } = await posts.create({ title: "One", slug: "one", writer: ann.id });
    const done = await posts.actions.publish(id, { at });
    expect(done).toMatchObject({ id, changed: true, created: false, version: 2, data: { publishedAt: at } });
    expect(done.output).toEqual({ url: "/one", notified: true });
    expect(await writers.get(ann.id)).toMatchObject({ version: 2, data: { published: 1 } });
  });

  test("that writes nothing changes nothing", async () => {
    const { posts, head } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    const before = await head();
    expect(await posts.actions.touch(id)).toMatchObject({ changed: false, version: 1, output: undefined });
    expect(await posts.actions.rename(id, { title: "One" })).toMatchObject({ changed: false, version: 1 });
    expect(await head()).toBe(before);
  });

  test("may write a resource several times, delete it, and upsert others", async () => {
    const { posts, writers } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    const retired = await posts.actions.retire(id);
    expect(retired).toMatchObject({ changed: true, deleted: true, version: 3, data: { title: "Retired" } });
    expect(await writers.count({ name: { eq: "Nobody" } })).toBe(1);
    const other = await posts.create({ title: "Two", slug: "two" });
    await posts.actions.retire(other.id);
    expect(await writers.count()).toBe(1);
  });

  test("is checked in the order of every operation", async () => {
    const { posts } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    await expect(posts.actions.publish("post_00000000000000000000000000", { at: "x" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(posts.actions.publish(id, { at: "x" }, { ifVersion: 2 })).rejects.toMatchObject({
      code: "VERSION_MISMATCH",
      details: { expected: 2, actual: 1 },
    });
    await expect(posts.actions.publish(id, { at: "x", more: 1 } as never)).rejects.toMatchObject({
      code: "VALIDATION_FAILED",
      details: { resource: "post", issues: [{ path: ["more"] }, { path: ["at"] }] },
    });
    await expect(posts.actions.touch(id, { any: 1 } as never)).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    await posts.delete(id);
    await expect(posts.actions.publish(id, { at })).rejects.toMatchObject({ code: "GONE" });
    await expect(posts.perform({ op: "action", action: "sell" as never, id })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: 'post has no action "sell": it has publish, touch, rename, fork, retire',
    });
  });

  test("that is refused by its handler or by one of its writes leaves nothing", async () => {
    const { posts, writers, head } = await opened();
    const ann = await writers.create({ name: "Ann" });
    const { id } = await posts.create({ title: "One", slug: "one", publishedAt: at });
    const taken = await posts.create({ title: "Two", slug: "two", writer: ann.id });
    await writers.delete(ann.id);
    const before = await head();
    await expect(posts.actions.publish(id, { at })).rejects.toMatchObject({ code: "CONFLICT", message: "It is published" });
    await expect(posts.actions.publish(taken.id, { at })).rejects.toMatchObject({ code: "GONE", details: { resource: "writer" } });
    await expect(posts.actions.fork(id, { slug: "two" })).rejects.toMatchObject({
      code: "UNIQUE_VIOLATION",
      details: { resource: "post", field: "slug", id: taken.id },
    });
    await expect(posts.actions.rename(id, { title: "x".repeat(21) })).rejects.toMatchObject({ code: "VALIDATION_FAILED" });
    expect(await head()).toBe(before);
  });

  test("names the resource of another spec whose value is taken", async () => {
    const Counter = defineResource("counter", {
      schema: z.object({ n: z.int() }),
      actions: { clash: { handler: async ({ resources }) => void (await resources(Writer).create({ name: "Ann" })) } },
    });
    const platform = await openPlatform([Writer, Counter]);
    await platform.resource(Writer).create({ name: "Ann" });
    const { id } = await platform.resource(Counter).create({ n: 1 });
    await expect(platform.resource(Counter).actions.clash(id)).rejects.toMatchObject({
      code: "UNIQUE_VIOLATION",
      message: "Another writer has this name",
      details: { resource: "writer", field: "name" },
    });
  });
});

describe("rights", () => {
  test("to the action are rights to its resource; what it does to others is asked, with its name", async () => {
    const asked: unknown[] = [];
    const {
      platform,
      posts: all,
      writers,
    } = await opened({
      authorize: async ({ actor, operation, spec, action }) => {
        if (actor.id === "anonymous") return true;
        asked.push([spec.name, operation, action]);
        if (spec.name === "post") return operation === "publish" && { where: { title: { eq: "Mine" } } };
        return actor.roles.includes("editor") && action === "post.publish";
      },
    });
    const ann = await writers.create({ name: "Ann" });
    const mine = await all.create({ title: "Mine", slug: "mine", writer: ann.id });
    const other = await all.create({ title: "Other", slug: "other" });
    const editor = platform.resource(Post).as({ id: "ed", roles: ["editor"], claims: {} });
    const guest = platform.resource(Post).as({ id: "guest", roles: [], claims: {} });

    await expect(guest.actions.publish(mine.id, { at })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(editor.actions.publish(other.id, { at })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(editor.actions.touch(mine.id)).rejects.toMatchObject({ code: "FORBIDDEN" });
    asked.length = 0;
    expect(await editor.actions.publish(mine.id, { at })).toMatchObject({ changed: true });
    expect(asked).toEqual([
      ["post", "publish", undefined],
      ["writer", "get", "post.publish"],
      ["writer", "patch", "post.publish"],
    ]);
  });
});

describe("events", () => {
  test("of the action and of what it writes", async () => {
    const heard: unknown[] = [];
    const plugin: Plugin<typeof specs> = {
      name: "listening",
      on: {
        "post.publish.before": ({ input, data, previous }) => void heard.push(["before", input.at, data.title, previous?.version]),
        "post.publish.after": ({ input, result }) => void heard.push(["after", input.notify, result?.output.url, result?.version]),
        "post.publish.failure": ({ operation, error }) => void heard.push([operation, error.code]),
        "*.*.after": ({ type, operation, result }) => void heard.push([type, operation, result?.version]),
      },
    };
    const { posts } = await opened({ plugins: [plugin] });
    const { id } = await posts.create({ title: "One", slug: "one" });
    heard.length = 0;
    await posts.actions.publish(id, { at });
    await posts.actions.publish(id, { at }).catch(() => {});
    await posts.actions.touch(id);
    expect(heard).toEqual([
      ["before", at, "One", 1],
      ["after", true, "/one", 2],
      ["post", "publish", 2],
      ["post", "patch", 2],
      ["before", at, "One", 2],
      ["publish", "CONFLICT"],
    ]);
  });

  test("a before handler may refuse it", async () => {
    const plugin: Plugin<typeof specs> = {
      name: "refusing",
      on: {
        "post.publish.before": () => {
          throw new SpecStarError("FORBIDDEN", "Not today");
        },
      },
    };
    const { posts } = await opened({ plugins: [plugin] });
    const { id } = await posts.create({ title: "One", slug: "one" });
    await expect(posts.actions.publish(id, { at })).rejects.toMatchObject({ message: "Not today" });
  });

  test("an event of an action that does not exist is refused", async () => {
    const plugin = { name: "wrong", on: { "post.publisch.after": () => {} } };
    await expect(opened({ plugins: [plugin as never] })).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });
});

describe("under an idempotency key", () => {
  test("the first answer is given again, with its output", async () => {
    const { posts } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    const once = () => posts.actions.publish(id, { at }, { idempotencyKey: "k", ifVersion: 1 });
    const first = await once();
    await posts.patch(id, { merge: { title: "Later" } });
    const again = await once();
    expect([first.replayed, again.replayed]).toEqual([false, true]);
    expect(again).toMatchObject({ version: 2, data: { title: "One" }, output: { url: "/one", notified: true } });
    await expect(posts.actions.publish(id, { at, notify: false }, { idempotencyKey: "k" })).rejects.toMatchObject({
      code: "IDEMPOTENCY_KEY_REUSED",
    });
    expect(await posts.actions.rename(id, { title: "Two" }, { idempotencyKey: "k" })).toMatchObject({ replayed: false });
  });

  test("also what changed nothing; what was refused is not kept", async () => {
    const { posts } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    await posts.actions.touch(id, {}, { idempotencyKey: "t" });
    expect(await posts.actions.touch(id, undefined, { idempotencyKey: "t" })).toMatchObject({ replayed: true, changed: false });
    await posts.patch(id, { merge: { publishedAt: at } });
    await expect(posts.actions.publish(id, { at }, { idempotencyKey: "p" })).rejects.toMatchObject({ code: "CONFLICT" });
    await posts.patch(id, { merge: { publishedAt: null } });
    expect(await posts.actions.publish(id, { at }, { idempotencyKey: "p" })).toMatchObject({ changed: true, replayed: false });
  });

  test("a purge takes the kept output along", async () => {
    const { platform, posts } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    const operations = [
      { type: "writer", op: "create", data: { name: "Ann" } },
      { type: "post", op: "action", action: "publish", id, input: { at } },
    ] as const;
    const [, acted] = await platform.transact(operations, { idempotencyKey: "k" });
    expect((await platform.transact(operations, { idempotencyKey: "k" }))[1]).toMatchObject({
      replayed: true,
      output: { url: "/one", notified: true },
    });
    expect(acted).toMatchObject({ output: { url: "/one" } });
    await posts.purge(id);
    await expect(platform.transact(operations, { idempotencyKey: "k" })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("in transact", () => {
  test("it sees what those before it did, and those after it what it did", async () => {
    const { platform, posts, writers } = await opened();
    const results = await platform.transact([
      { type: "writer", op: "create", data: { name: "Ann" }, as: "ann" },
      { type: "post", op: "create", data: { title: "One", slug: "one", writer: "$ann" }, as: "post" },
      { type: "post", op: "action", action: "publish", id: "$post", input: { at } },
      { type: "post", op: "action", action: "fork", id: "$post", input: { slug: "copy", writer: "$ann" } },
      { type: "post", op: "patch", id: "$post", merge: { slug: "first" } },
      { type: "writer", op: "patch", id: "$ann", merge: { name: "Anna" } },
    ]);
    expect(results.map((result) => "version" in result && result.version)).toEqual([1, 1, 2, 3, 4, 3]);
    const [ann, post, , fork] = results;
    expect(fork).toMatchObject({ changed: true, data: { title: "One*" }, output: { copy: expect.stringMatching(/^post_/) } });
    expect(await writers.get(ann?.id ?? "")).toMatchObject({ data: { name: "Anna", published: 1 } });
    const { items } = await posts.search({ where: { slug: { eq: "copy" } } });
    expect(items[0]?.data).toEqual({ title: "One", slug: "copy", writer: ann?.id });
    expect(await posts.get(post?.id ?? "")).toMatchObject({ data: { title: "One*", slug: "first", publishedAt: at } });
  });

  test("it takes the others along when it is refused, with its place", async () => {
    const { platform, posts, head } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one", publishedAt: at });
    const before = await head();
    await expect(
      platform.transact([
        { type: "writer", op: "create", data: { name: "Ann" } },
        { type: "post", op: "action", action: "publish", id, input: { at } },
      ]),
    ).rejects.toMatchObject({ code: "CONFLICT", message: "It is published", details: { index: 1 } });
    await expect(
      platform.transact([
        { type: "post", op: "action", action: "touch", id },
        { type: "post", op: "action", action: "fork", id: id, input: { slug: "two", writer: "$ann" } },
      ]),
    ).rejects.toMatchObject({ code: "BAD_REQUEST", details: { index: 1 } });
    await expect(platform.transact([{ type: "post", op: "action", action: "touch", id, idempotencyKey: "k" }])).rejects.toMatchObject({
      code: "BAD_REQUEST",
      details: { index: 0 },
    });
    expect(await head()).toBe(before);
  });

  test("in a batch each is by itself", async () => {
    const { posts } = await opened();
    const { id } = await posts.create({ title: "One", slug: "one" });
    const [published, again] = await posts.batch([
      { op: "action", action: "publish", id, input: { at } },
      { op: "action", action: "publish", id, input: { at } },
    ]);
    expect(published).toMatchObject({ changed: true, output: { url: "/one" } });
    expect(again).toMatchObject({ code: "CONFLICT" });
  });
});
