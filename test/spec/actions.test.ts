import { expect, test } from "vitest";
import { z } from "zod";
import { createPlatform, defineResource, type ResourceSpec, ref } from "../../src/index.ts";
import { readOperations, writeOperations } from "../../src/manager/plugins/events.ts";
import { memoryStorage } from "../../src/memory.ts";
import { reservedActions } from "../../src/spec/names.ts";

const handler = async () => {};
const define = (actions: unknown, name = "article"): ResourceSpec =>
  defineResource(name, { schema: z.object({ title: z.string() }), actions: actions as never });

test.each<[string, unknown, RegExp]>([
  ["actions that are no map", [handler], /Resource article: actions takes an object of actions by name/],
  ["a name that is not camelCase letters", { Publish: { handler } }, /Resource article, action Publish: a name is camelCase/],
  ["a name with digits", { publish2: { handler } }, /action publish2: a name is camelCase/],
  ["a name of JavaScript", JSON.parse('{ "__proto__": {} }'), /action __proto__: a name is camelCase/],
  ["a name that every object has", { constructor: { handler } }, /action constructor: the name is taken/],
  ["a promise's name", JSON.parse('{ "then": {} }'), /action then: the name is taken/],
  ["a name of an operation", { restore: { handler } }, /Resource article, action restore: the name is taken by an operation or a route/],
  ["a name of a route", { revisions: { handler } }, /action revisions: the name is taken/],
  ["one path twice", { aBc: { handler }, aBC: { handler } }, /action aBC: its path \/a-bc is that of the action aBc too/],
  ["an action that is none", { publish: true }, /Resource article, action publish takes an object of options, not true/],
  ["a misspelt option", { publish: { handler, imput: z.object({}) } }, /action publish has no option "imput"\. Did you mean input\?/],
  ["no handler", { publish: {} }, /action publish: handler takes a function/],
  ["an input that is no object", { publish: { handler, input: z.string() } }, /action publish: input takes a z\.object/],
  ["an input without fields", { publish: { handler, input: z.object({}) } }, /article, input of action publish: the schema has no fields/],
  [
    "a kind that cannot be mapped",
    { publish: { handler, input: z.object({ a: z.object({ when: z.date() }) }) } },
    /Resource article, input of action publish, field a\.when: z\.date\(\) is not JSON/,
  ],
  [
    "a kind that cannot be answered",
    { publish: { handler, output: z.object({ any: z.unknown() }) } },
    /Resource article, output of action publish, field any: z\.unknown\(\) has no type/,
  ],
])("%s: refused at definition, with which and why", (_, actions, message) => {
  expect(() => define(actions)).toThrow(message);
});

test("no operation can be the name of an action", () => {
  expect([...writeOperations, ...readOperations].filter((name) => !reservedActions.has(name))).toEqual([]);
});

test.each<[string, readonly ResourceSpec[], RegExp]>([
  ["types of another spec", [define({ publish: { handler } }), define({}, "publishArticle")], /both derive the type PublishArticle/],
  [
    "mutations of another spec",
    [define({ updateDraft: { handler } }), define({}, "draftArticle")],
    /Mutation\.updateDraftArticle|UpdateDraftArticle\w+ would be made by/,
  ],
  [
    "actions of another spec",
    [define({ sendDraft: { handler } }), define({ send: { handler } }, "draftArticle")],
    /both derive the type SendDraftArticle/,
  ],
  [
    "bulk mutations",
    [
      defineResource("articles", { schema: z.object({ n: z.int() }), plural: "articlesList", actions: { createNew: { handler } } }),
      define({}, "newArticle"),
    ],
    /Mutation\.createNewArticles would be made by/,
  ],
])("names that clash with %s are refused", (_, resources, message) => {
  expect(() => createPlatform({ resources, storage: memoryStorage(), log: false })).toThrow(message);
});

test("refs in actions lead to resources of the platform", () => {
  const Lost = define({ send: { handler, input: z.object({ to: ref("nobody") }) } });
  expect(() => createPlatform({ resources: [Lost], storage: memoryStorage(), log: false })).toThrow(/article refers to nobody/);
});
