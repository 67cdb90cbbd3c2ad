import { defineResource } from "specstar";
import { z } from "zod";

export const stages = ["draft", "review", "published", "archived"] as const;

/** The same schema checks what comes in on both sides. */
export const articleSchema = z.object({
  title: z.string().min(1).max(200),
  body: z.string().max(100_000),
  stage: z.enum(stages),
  category: z.string().min(1).max(50),
  views: z.int().min(0),
  score: z.number(),
  publishedAt: z.iso.datetime(),
});

export type ArticleData = z.output<typeof articleSchema>;

/** Six indexed fields, and the composite index that the list of the bench wants. */
const index = ["title", "stage", "category", "views", "score", "publishedAt", ["category", "stage", "publishedAt"]] as const;
export const Article = defineResource("article", { schema: articleSchema, index });
export const KeptArticle = defineResource("article", { schema: articleSchema, index, history: true });

export const seeded = 100_000;
export const categories = 50;

const words = "version store revision field index commit durable switch author draft page feed cursor typed schema plain answer".split(" ");

/** 64 different texts of 1 KiB. */
const bodies = Array.from({ length: 64 }, (_, n) => {
  let text = "";
  for (let i = 0; text.length < 1024; i++) text += `${words[(i * (n + 3) + n) % words.length]} `;
  return text.slice(0, 1024);
});

/** The article of that number: always the same one. Each list of the bench (a category and a stage) matches one in 200. */
export function articleAt(n: number): ArticleData {
  return {
    title: `Article ${n} on ${words[n % words.length]} and ${words[(n * 7) % words.length]}`,
    body: bodies[n % bodies.length] ?? "",
    stage: stages[Math.floor(n / categories) % stages.length] ?? "draft",
    category: `category-${n % categories}`,
    views: (n * 7919) % 100_000,
    score: ((n * 104_729) % 10_007) / 100,
    publishedAt: new Date(1_600_000_000_000 + ((n * 15_485_863) % 150_000_000) * 1000).toISOString(),
  };
}

/** The same article as an editor left it: another title, another body, more views; the number of the edit says which. */
export function editedArticle(n: number, edit: number): ArticleData {
  const { title, body, views } = articleAt(edit);
  return { ...articleAt(n), title, body, views };
}
