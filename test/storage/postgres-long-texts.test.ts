import { expect, test } from "vitest";
import { memoryStorage } from "../../src/memory.ts";
import { postgresMissing } from "../support/postgres-database.ts";
import { commit, found } from "./case.ts";
import { Article, create } from "./fixtures.ts";
import { openPostgres, temporaryPlace } from "./postgres-fixtures.ts";

/** Texts that differ at the end of what an index holds of them (120 characters), or just behind it, and some that are short. */
const start = "é".repeat(118);
const titles = ["", "a", start, ...["a", "b", "aa", "ab", "ba", "😀", "aaa", "aab", "a😀", "aaaa"].map((end) => start + end)];

test.skipIf(postgresMissing !== undefined)(`finds texts by more than an index holds of them ${postgresMissing ?? ""}`, async () => {
  const postgres = await openPostgres(await temporaryPlace(), {}, "sql");
  const memory = memoryStorage();
  await memory.open([Article], () => {});
  const articles = titles.map((title, i) => create(Article, { title, slug: `slug ${i}` }));
  for (const storage of [postgres, memory]) await commit(storage, ...articles);
  for (const text of titles)
    for (const title of [
      { eq: text },
      { ne: text },
      { in: [text, "a"] },
      { gt: text },
      { gte: text },
      { lt: text },
      { lte: text },
      { startsWith: text },
    ])
      expect([title, await found(postgres, Article, { where: { title } })]).toEqual([
        title,
        await found(memory, Article, { where: { title } }),
      ]);
});
