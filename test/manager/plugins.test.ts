import { expect, test } from "vitest";
import { changeLog } from "../../plugins/change-log.ts";
import type { Plugin } from "../../src/index.ts";
import { Article, specs } from "../support/articles.ts";
import { openPlatform } from "../support/open-platform.ts";

type Handlers = NonNullable<Plugin<typeof specs>["on"]>;
const plugin = (on: Handlers, name = "test"): Plugin<typeof specs> => ({ name, on });

test("before handlers change data, in the order of the list, and zod looks at it again", async () => {
  const first = plugin({
    "article.create.before": (event) => {
      event.data.title += "1";
    },
  });
  const second = plugin(
    {
      "*.*.before": (event) => {
        event.data.body = `${String(event.data.title)}!`;
      },
    },
    "second",
  );
  const articles = (await openPlatform(specs, { plugins: [first, second] })).resource(Article);
  expect((await articles.create({ title: "x" })).data).toMatchObject({ title: "x1", body: "x1!" });

  const breaking = plugin({
    "article.create.before": (event) => {
      event.data.title = "x".repeat(500);
    },
  });
  await expect((await openPlatform(specs, { plugins: [breaking] })).resource(Article).create({ title: "x" })).rejects.toMatchObject({
    code: "VALIDATION_FAILED",
  });
});

test("a before handler that throws refuses the write, and the failure handlers hear of it", async () => {
  const heard: string[] = [];
  const refusing = plugin({
    "article.delete.before": () => {
      throw Object.assign(new TypeError("no"), { secret: 1 });
    },
    "article.*.failure": ({ operation, error }) => void heard.push(`${operation} ${error.code}`),
  });
  const articles = (await openPlatform(specs, { plugins: [refusing] })).resource(Article);
  const { id } = await articles.create({ title: "x" });
  await expect(articles.delete(id)).rejects.toMatchObject({
    code: "INTERNAL",
    message: expect.stringContaining("The plugin test failed in article.delete.before"),
    details: { plugin: "test" },
    cause: { message: "no" },
  });
  await expect(articles.update(id, { title: "y" }, { ifVersion: 9 })).rejects.toThrow();
  expect(heard).toEqual(["delete INTERNAL", "update VERSION_MISMATCH"]);
  expect((await articles.get(id)).version).toBe(1);
});

test("after handlers see what was committed; no-ops tell nobody, and a throw fails nothing", async () => {
  const seen: unknown[] = [];
  const watching = plugin({
    "*.*.after": ({ operation, result, previous }) => {
      seen.push([operation, previous?.version, result?.version]);
      throw new TypeError("late");
    },
  });
  const articles = (await openPlatform(specs, { plugins: [watching] })).resource(Article);
  const { id } = await articles.create({ title: "x" });
  await articles.update(id, { title: "x" });
  await articles.patch(id, { merge: { title: "y" } });
  await articles.switch(id, 1);
  await articles.delete(id);
  await articles.restore(id);
  await articles.purge(id);
  expect(seen).toEqual([
    ["create", undefined, 1],
    ["patch", 1, 2],
    ["switch", 2, 3],
    ["delete", 3, 4],
    ["restore", 4, 5],
    ["purge", 5, 6],
  ]);
});

test("an event that does not exist is refused with the events that do", async () => {
  const wrong = { "article.publish.before": () => {} } as Handlers;
  await expect(openPlatform(specs, { plugins: [plugin(wrong, "mistaken")] })).rejects.toMatchObject({
    code: "BAD_REQUEST",
    message: expect.stringContaining("mistaken"),
  });
});

test("change-log tells of each committed change", async () => {
  const lines: unknown[] = [];
  const articles = (await openPlatform(specs, { plugins: [changeLog((line) => lines.push(line))] })).resource(Article);
  const { id } = await articles.create({ title: "x" });
  await articles.delete(id);
  expect(lines).toEqual([
    { resource: "article", operation: "create", id, version: 1, by: "anonymous" },
    { resource: "article", operation: "delete", id, version: 2, by: "anonymous" },
  ]);
});
