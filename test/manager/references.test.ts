import { describe, expect, onTestFinished, test } from "vitest";
import { z } from "zod";
import { createPlatform, defineResource, ref } from "../../src/index.ts";
import type { Authorize } from "../../src/manager/authorize.ts";
import { openPlatform } from "../support/open-platform.ts";
import { withoutPostgres } from "../support/postgres-database.ts";
import { sharedPlaces } from "./shared-places.ts";

const Author = defineResource("author", { schema: z.object({ name: z.string() }), index: ["name"], key: true });
const Article = defineResource("article", {
  schema: z.object({
    title: z.string().default(""),
    author: ref(Author).optional(),
    credits: z.record(z.string(), ref(Author)).optional(),
    answers: ref("article", { pin: "revision" }).optional(),
  }),
  key: true,
});
const Comment = defineResource("comment", {
  schema: z.object({
    on: ref(Article, { onDelete: "cascade" }),
    reply: ref("comment", { onDelete: "cascade", inverse: "replies" }).optional(),
  }),
  key: true,
});
const Bookmark = defineResource("bookmark", {
  schema: z
    .object({ of: ref(Article, { onDelete: "set_null" }).nullable(), note: z.string().default("") })
    .refine(({ of, note }) => of !== null || note !== "", "An empty bookmark needs a note"),
  key: true,
});
const specs = [Author, Article, Comment, Bookmark] as const;
const ann = { id: "ann", roles: [], claims: {} };

async function library(options: Partial<Parameters<typeof openPlatform<typeof specs>>[1]> = {}) {
  const platform = await openPlatform(specs, options);
  const [authors, articles] = [platform.resource(Author), platform.resource(Article)];
  const [comments, bookmarks] = [platform.resource(Comment), platform.resource(Bookmark)];
  await authors.create({ name: "Ada" }, { key: "Ada" });
  await articles.create({ author: "author_Ada" }, { key: "one" });
  return { platform, authors, articles, comments, bookmarks };
}

describe("what a ref leads to", () => {
  test("must be there, and the error names field and id", async () => {
    const { articles, authors } = await library();
    await expect(articles.create({ author: "author_Ben" })).rejects.toMatchObject({
      code: "REFERENCE_VIOLATION",
      message: "article.author: there is no author author_Ben",
      details: { resource: "article", field: "author", id: "author_Ben" },
    });
    const within = articles.create({ credits: { text: "author_Ada", photo: "author_Ben" } });
    await expect(within).rejects.toMatchObject({ code: "REFERENCE_VIOLATION", details: { field: "credits.photo", id: "author_Ben" } });
    await authors.create({ name: "Ben" }, { key: "Ben" });
    await articles.create({ credits: { photo: "author_Ben" } }, { key: "two" });
    await expect(authors.delete("author_Ben")).rejects.toMatchObject({
      details: { id: "author_Ben", referrers: [{ type: "article", field: "credits.*", count: 1 }] },
    });
  });

  test("is told of only to who may read it: what is hidden and what is not there look alike", async () => {
    const decisions: Record<string, boolean | { where: unknown }> = {};
    const authorize: Authorize = async ({ actor, operation, spec }) =>
      actor.id === "ann" && operation === "get" && spec.name === "author" ? (decisions.get ?? true) : true;
    const { articles } = await library({ authorize });
    const link = (author: string) =>
      articles
        .as(ann)
        .create({ author })
        .then(
          () => "ok",
          ({ code, details }) => [code, { ...details, id: "?" }],
        );
    expect(await link("author_Ada")).toBe("ok");
    for (const decision of [false, { where: { name: { eq: "Ben" } } }]) {
      decisions.get = decision;
      expect(await link("author_Ada")).toEqual(["REFERENCE_VIOLATION", { resource: "article", field: "author", id: "?" }]);
      expect(await link("author_Zed")).toEqual(await link("author_Ada"));
      // What is held already may stay, and what was written before may come back.
      await articles.as(ann).patch("article_one", { merge: { title: decision === false ? "x" : "y" } });
    }
    await articles.as(ann).delete("article_one");
    await articles.as(ann).restore("article_one");
  });

  test("of a pinned ref is a revision that is there when it is written; deletion takes nothing from it", async () => {
    const { articles } = await library();
    for (const answers of ["article_one:2", "article_two:1"])
      await expect(articles.create({ answers })).rejects.toMatchObject({ code: "REFERENCE_VIOLATION", details: { field: "answers" } });
    await articles.create({ answers: "article_one:1" }, { key: "two" });
    await articles.delete("article_one");
    await articles.patch("article_two", { merge: { title: "still" } });
    await expect(articles.create({ answers: "article_one:1" })).rejects.toMatchObject({ code: "REFERENCE_VIOLATION" });
  });
});

describe("who refers to what is deleted", () => {
  test("is named, as far as the actor may find it", async () => {
    const authorize: Authorize = async ({ actor, operation, spec }) =>
      !(actor.id === "ann" && operation === "search" && spec.name === "article");
    const { articles, authors } = await library({ authorize });
    await articles.create({ author: "author_Ada" });
    await expect(authors.delete("author_Ada")).rejects.toMatchObject({
      code: "REFERENCE_VIOLATION",
      details: { resource: "author", id: "author_Ada", referrers: [{ type: "article", field: "author", count: 2 }] },
    });
    const blind = await authors
      .as(ann)
      .delete("author_Ada")
      .catch((error: unknown) => error);
    expect(blind).toMatchObject({ code: "REFERENCE_VIOLATION", details: { resource: "author", id: "author_Ada" } });
    expect(JSON.stringify(blind)).not.toContain("article");
  });

  test("goes with it in one unit, with events of its own, and comes not back by itself", async () => {
    const heard: string[] = [];
    const plugin = {
      name: "listening",
      on: {
        "*.*.before": ({ type, operation, id }: { type: string; operation: string; id: string | undefined }) => {
          if (operation !== "create") heard.push(`${type} ${operation} before ${id}`);
        },
        "*.*.after": ({ type, operation, id }: { type: string; operation: string; id: string | undefined }) => {
          if (operation !== "create") heard.push(`${type} ${operation} after ${id}`);
        },
      },
    };
    const { articles, comments, bookmarks } = await library({ plugins: [plugin] });
    await comments.create({ on: "article_one" }, { key: "a" });
    await comments.create({ on: "article_one", reply: "comment_a" }, { key: "b" });
    await bookmarks.create({ of: "article_one", note: "n" }, { key: "m", status: "draft" });
    await articles.delete("article_one", { ifVersion: 1 });
    const of = (phase: string) => heard.filter((each) => each.includes(` ${phase} `)).map((each) => each.replace(` ${phase}`, ""));
    const all = ["article delete article_one", "comment delete comment_a", "comment delete comment_b", "bookmark patch bookmark_m"];
    expect(of("before")).toEqual(all);
    expect(of("after")).toEqual(all);
    const { data, meta, revision } = await bookmarks.get("bookmark_m");
    expect([data, meta.version, meta.status, revision.number]).toEqual([{ of: null, note: "n" }, 2, "draft", 2]);
    await articles.restore("article_one");
    await expect(comments.get("comment_a")).rejects.toMatchObject({ code: "GONE" });
    await comments.restore("comment_a");
    await comments.restore("comment_b");
  });

  test("refuses all of it where a handler, a rule of its schema or a right says no", async () => {
    let refuse = "";
    const authorize: Authorize = async ({ operation, spec }) =>
      refuse === "filter" && spec.name === "comment" && operation === "delete"
        ? { where: { onId: { eq: "article_other" } } }
        : refuse !== `${spec.name}.${operation}`;
    const stop = {
      name: "stop",
      on: {
        "comment.delete.before": () => {
          if (refuse === "handler") throw new TypeError("no");
        },
      },
    };
    const { articles, comments, bookmarks } = await library({ authorize, plugins: [stop] });
    await comments.create({ on: "article_one" }, { key: "a" });
    await bookmarks.create({ of: "article_one", note: "n" }, { key: "m" });
    const codes: Record<string, string | undefined> = {};
    for (refuse of ["handler", "comment.delete", "filter", "bookmark.patch"])
      codes[refuse] = await articles.delete("article_one").then(
        () => "ok",
        ({ code, message }) => code ?? message,
      );
    expect(codes).toEqual({ handler: "INTERNAL", "comment.delete": "FORBIDDEN", filter: "FORBIDDEN", "bookmark.patch": "FORBIDDEN" });
    refuse = "";
    await bookmarks.update("bookmark_m", { of: "article_one" });
    await expect(articles.delete("article_one")).rejects.toMatchObject({ code: "REFERENCE_VIOLATION", details: { id: "bookmark_m" } });
    expect((await comments.get("comment_a")).version).toBe(1);
    expect((await articles.get("article_one")).version).toBe(1);
  });

  test("may be so many and no more", async () => {
    const { articles, comments } = await library({ limits: { cascade: 150 } });
    for (let i = 0; i < 3; i++)
      await comments.batch(Array.from({ length: 50 }, (_, n) => ({ op: "create", key: `${i}-${n}`, data: { on: "article_one" } })));
    await comments.create({ on: "article_one" }, { key: "last" });
    await expect(articles.delete("article_one")).rejects.toMatchObject({
      code: "BAD_REQUEST",
      message: expect.stringContaining("limits.cascade"),
    });
    await comments.delete("comment_last");
    await articles.delete("article_one");
    expect(await comments.count()).toBe(0);
  });

  test("in a transact is told with the place of the operation that would break it", async () => {
    const { platform, authors } = await library();
    const one = { type: "article", op: "create", key: "x", data: {} } as const;
    const broken = platform.transact([one, { type: "author", op: "delete", id: "author_Ada" }]);
    await expect(broken).rejects.toMatchObject({ code: "REFERENCE_VIOLATION", details: { index: 1 } });
    const dangling = platform.transact([
      { ...one, data: { author: "author_Ada" } },
      { type: "article", op: "delete", id: "article_one" },
      { type: "author", op: "delete", id: "author_Ada" },
    ]);
    await expect(dangling).rejects.toMatchObject({ code: "REFERENCE_VIOLATION", details: { index: 0, field: "author" } });
    await platform.transact([
      { type: "author", op: "delete", id: "author_Ada" },
      { type: "author", op: "restore", id: "author_Ada" },
    ]);
    expect((await authors.get("author_Ada")).version).toBe(3);
  });
});

describe.each(Object.entries(sharedPlaces()))("two processes on %s", (name, place) => {
  if (name === "postgres" && withoutPostgres()) return;

  test("never both link to a resource and delete it, by any rule", async () => {
    const open = await place();
    const [one, other] = [open(), open()].map((storage) => createPlatform({ resources: specs, storage, log: false }));
    if (!one || !other) return;
    onTestFinished(async () => void (await Promise.all([one.close(), other.close()])));
    await one.ready();
    await other.ready();
    const settled = (all: readonly Promise<unknown>[]) =>
      Promise.allSettled(all).then((results) => results.map(({ status }) => status === "fulfilled"));
    let [deleted, refused] = [0, 0];
    for (let round = 0; round < 40; round++) {
      const key = `r${round}`;
      await one.resource(Author).create({ name: key }, { key });
      await one.resource(Article).create({}, { key });
      await Promise.all([0, 1, 2].map((i) => one.resource(Comment).create({ on: `article_${key}` }, { key: `${key}-${i}` })));
      const [authorGone, authorLinked, , commentLinked] = await settled([
        one.resource(Author).delete(`author_${key}`),
        other.resource(Article).create({ author: `author_${key}` }),
        one.resource(Article).delete(`article_${key}`),
        other.resource(Comment).create({ on: `article_${key}`, reply: `comment_${key}-1` }, { key: `${key}-new` }),
        other.resource(Bookmark).create({ of: `article_${key}`, note: key }, { key }),
      ]);
      expect(authorGone).toBe(!authorLinked);
      if (authorGone) deleted += 1;
      else refused += 1;
      // The deletion of the article always wins in the end, and takes whoever was linked before it.
      expect(await one.resource(Comment).count({ onId: { eq: `article_${key}` } })).toBe(0);
      const late = await one.resource(Comment).getMany([`comment_${key}-new`], { includeDeleted: true });
      expect(late.map((each) => each?.deleted)).toEqual([commentLinked ? true : undefined]);
      expect(await one.resource(Bookmark).count({ ofId: { eq: `article_${key}` } })).toBe(0);
    }
    expect(deleted + refused).toBe(40);
  });
});
