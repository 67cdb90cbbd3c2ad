import { expect, test } from "vitest";
import { z } from "zod";
import { ref } from "../../src/spec/field.ts";
import { parseWhere } from "../../src/spec/query.ts";
import { query } from "../../src/spec/query-builder.ts";
import { relationsOf } from "../../src/spec/relations.ts";
import { defineResource } from "../../src/spec/resource.ts";

const Author = defineResource("author", { schema: z.object({ name: z.string(), email: z.string() }), index: ["name"] });
const Article = defineResource("article", {
  schema: z.object({
    title: z.string(),
    author: ref(Author),
    editors: z.array(ref(Author, { inverse: "edited" })),
    credit: z.object({ by: ref(Author, { inverse: false }) }),
    answers: ref("article", { pin: "revision" }).optional(),
    parts: z.array(z.object({ by: ref(Author) })),
  }),
  index: ["title"],
});
const relations = relationsOf([Author, Article]);

test("relations lead along the refs that are indexed, and back", () => {
  const named = (spec: string) =>
    [...(relations.get(spec)?.values() ?? [])].map(({ key, to, column, back }) => `${key} ${back ? "←" : "→"} ${to.name}.${column.name}`);
  expect(named("article")).toEqual(["author → author.author", "editors → author.editors", "credit.by → author.credit__by"]);
  expect(named("author")).toEqual(["articles ← article.author", "edited ← article.editors"]);
});

test("a filter along relations is plain data, and so is what the typed builder makes", () => {
  const { args } = query(Article).where((f) => f.and(f.author.name.eq("Ada"), f.editors.some({ name: { isNull: false } })));
  expect(args.where).toEqual({ and: [{ author: { name: { eq: "Ada" } } }, { editors: { some: { name: { isNull: false } } } }] });
  const { author, editors } = Object.fromEntries(Article.columns.map((column) => [column.name, column]));
  const name = Author.columns[0];
  expect(parseWhere(Article, args.where, undefined, relations)).toEqual({
    kind: "and",
    of: [
      {
        kind: "one",
        related: { type: "author", column: author, back: false },
        of: { kind: "test", column: name, of: "value", operator: "eq", operand: "Ada" },
      },
      {
        kind: "some",
        related: { type: "author", column: editors, back: false },
        of: { kind: "null", column: name, is: false },
        is: true,
      },
    ],
  });
});

const nested = (depth: number): unknown => (depth === 0 ? {} : { author: { articles: { some: nested(depth - 1) } } });

test.each([
  ["levels of all resources together", nested(3), /more than 8 levels/],
  ["conditions of all resources together", { author: { and: Array.from({ length: 46 }, () => ({ name: { eq: "x" } })) } }, /more than 50/],
  ["relations, each as five conditions", { and: Array.from({ length: 11 }, () => ({ author: {} })) }, /more than 50 conditions/],
  ["what is not a quantifier", { editors: { name: { eq: "x" } } }, /editors takes some, none, every/],
  ["a list where a filter is due", { author: [] }, /takes an object/],
  ["fields that are not indexed over there", { author: { email: { eq: "x" } } }, /email of author is not indexed/],
  ["refs inside of lists of objects", { parts: { by: { name: { eq: "x" } } } }, /cannot be filtered/],
])("limits and mistakes count on every level: %s", (_case, where, message) => {
  expect(() => parseWhere(Article, where, undefined, relations)).toThrow(message);
});

test("where relations may not be asked for, a ref is filtered by its id", () => {
  expect(() => parseWhere(Article, { author: { name: { eq: "x" } } })).toThrow(/filter, sort and group by its id, authorId/);
  expect(() => parseWhere(Author, { articles: { some: {} } })).toThrow(/no field "articles"/);
});
