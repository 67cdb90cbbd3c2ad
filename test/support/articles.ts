import { z } from "zod";
import { defineResource, ref } from "../../src/index.ts";

/** The specs that the behaviour suites share. */
export const Author = defineResource("author", {
  schema: z.object({ name: z.string().min(1), email: z.string().optional() }),
  index: ["name"],
});

export const Article = defineResource("article", {
  schema: z.object({
    title: z.string().max(200),
    body: z.string().default(""),
    views: z.int().default(0),
    tags: z.array(z.string()).default([]),
    note: z.string().nullable().optional(),
    source: z.string().nullable().default(null),
    extra: z.record(z.string(), z.int()).optional(),
    author: ref(Author).optional(),
  }),
  index: ["title", "views", "tags", "note", ["author", "views"]],
  history: true,
});

export const Page = defineResource("page", { schema: z.object({ slug: z.string(), text: z.string() }), unique: ["slug"] });
export const Country = defineResource("country", {
  schema: z.object({ cca3: z.string(), name: z.string() }),
  key: "cca3",
  index: ["name"],
});
export const Setting = defineResource("setting", { schema: z.object({ value: z.string() }), key: true, requireVersion: true });
export const specs = [Author, Article, Page, Country, Setting] as const;
