import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Article, articleAt, editedArticle } from "./article.ts";
import { oeuvres } from "./library.ts";
import { openLibrary, openPlatform } from "./open-platform.ts";
import type { Place, Size } from "./place.ts";
import { say } from "./progress.ts";

const writers = 64;

/** Through the platform, as any program would: each article is created and then edited. */
export async function seedSpecStar(place: Place, { articles, edits }: Size): Promise<void> {
  const platform = await openPlatform(place);
  const manager = platform.resource(Article);
  const ids: string[] = [];
  let next = 0;
  const write = async () => {
    while (next < articles) {
      const n = next++;
      const { id } = await manager.create(articleAt(n));
      ids[n] = id;
      for (let edit = 1; edit <= edits; edit++) await manager.update(id, editedArticle(n, n + edit));
      if (n % 100_000 === 99_999) say(`… ${n + 1} articles`);
    }
  };
  await Promise.all(Array.from({ length: writers }, write));
  await platform.close();
  writeIds(place, ids);
}

export async function seedBaseline(place: Place, size: Size): Promise<void> {
  const { openBaseline } = await import("./baseline-store.ts");
  const { openPostgresBaseline } = await import("./postgres-baseline.ts");
  const store = place.postgres ? await openPostgresBaseline(place.postgres) : openBaseline(place.dir);
  const editsOf = (n: number) => Array.from({ length: size.edits }, (_, edit) => editedArticle(n, n + edit + 1));
  writeIds(place, await store.createAll(firstArticles(size), editsOf));
  await store.close();
}

export async function seedPostgraphile(place: Place, size: Size): Promise<void> {
  const { fillPostgraphileTable } = await import("./postgraphile-baseline.ts");
  writeIds(place, await fillPostgraphileTable(place, firstArticles(size)));
}

/** An author at a time, with all books and their reviews. */
export async function seedLibrary(place: Place): Promise<void> {
  const platform = await openLibrary(place);
  for (const { author, books } of oeuvres) {
    await platform.transact([
      { type: "author", op: "create", as: "author", data: author },
      ...books.flatMap(({ reviews, ...book }, n) => [
        { type: "book" as const, op: "create" as const, as: `book${n}`, data: { ...book, author: "$author" } },
        ...reviews.map((review) => ({ type: "review" as const, op: "create" as const, data: { ...review, book: `$book${n}` } })),
      ]),
    ]);
  }
  await platform.close();
  writeIds(place, []);
}

export async function seedLibraryTables(place: Place): Promise<void> {
  await (await import("./library-baseline.ts")).fillLibraryTables(place);
  writeIds(place, []);
}

const firstArticles = ({ articles }: Size) => Array.from({ length: articles }, (_, n) => articleAt(n));

const writeIds = ({ dir }: Place, ids: readonly string[]): void => writeFileSync(join(dir, "ids.json"), JSON.stringify(ids));
